/**
 * Is what a token handed in, a CSR and the proof by the old key, enough to ask the CA (design §3, promise 5)?
 *
 * The old key is the one of the registry's certificate, never of the wire. An expired certificate is normal here:
 * its signature, issuer and status are looked at, and the days of the case, not its notAfter.
 */
import { PROOF_LIFE_MS, type CommandResult } from '../../bridge-agent/protocol.ts';
import { shanghaiDate, type Instant } from '../../renewal/calendar.ts';
import type { Case } from '../../renewal/case.ts';
import { ProblemError } from '../../renewal/problem.ts';
import type { CertificateView } from '../pki/certificate.ts';
import { issuerOf } from '../pki/chain.ts';
import { checkProof, packProof } from '../pki/proof.ts';
import { readSigningRequest } from '../pki/signing-request.ts';

export interface Registered {
  readonly certificate: CertificateView;
  readonly status: 'good' | 'suspended' | 'revoked';
}

export interface Expected {
  readonly case: Case;
  readonly nonce: string;
  readonly serverId: string;
  readonly promisedDay: string;
  readonly registered: Registered;
  readonly pinned: readonly CertificateView[];
}

export interface RenewalRequest {
  /** SHA-256 of the new SubjectPublicKeyInfo, lower-case hex. */
  readonly spki: string;
  /** base64: PKCS#10 DER; proof as `packProof` gives it. */
  readonly csr: string;
  readonly proof: string;
}

/** Two of our processes may differ by so much. */
const CLOCK_SKEW_MS = 60_000;

/** @throws ProblemError the first thing that is not as it must be */
export function readRenewalRequest(
  result: CommandResult<'renew.csr'>,
  expected: Expected,
  now: Instant,
): RenewalRequest {
  const { case: theCase, nonce, serverId, promisedDay, registered, pinned } = expected;
  const old = registered.certificate;
  if (registered.status === 'revoked') throw new ProblemError('certificate/revoked');
  if (registered.status === 'suspended') throw new ProblemError('certificate/suspended');
  if (old.sha256 !== theCase.certificate.sha256) throw new ProblemError('proof/invalid', { fields: 'registry' });
  if (!issuerOf(old, pinned)) throw new ProblemError('proof/invalid', { fields: 'chain' });
  if (theCase.promised === 'none') throw new ProblemError('case/not-now');
  const { writeUntil } = theCase.promised;
  if (shanghaiDate(now) > writeUntil) throw new ProblemError('window/too-late', { closedOn: writeUntil });

  const csr = readSigningRequest(Buffer.from(result.csr, 'base64'));
  if (!csr.subject.equals(old.subject)) throw new ProblemError('csr/invalid', { fields: 'subject' });
  if (csr.spkiSha256 === old.spkiSha256) throw new ProblemError('csr/invalid', { fields: 'old key' });

  const signed = {
    bytes: Buffer.from(result.proof, 'base64'),
    signature: Buffer.from(result.proofSignature, 'base64'),
  };
  const { expiresAt } = checkProof(signed, old.publicKey, {
    caseId: theCase.id,
    serverId,
    nonce,
    oldCertificateSha256: old.sha256,
    newSpkiSha256: csr.spkiSha256,
    promisedDay,
  });
  if (expiresAt <= now) throw new ProblemError('proof/expired');
  if (expiresAt > now + PROOF_LIFE_MS + CLOCK_SKEW_MS) throw new ProblemError('proof/invalid', { fields: 'expiresAt' });
  return { spki: csr.spkiSha256, csr: result.csr, proof: packProof(signed) };
}
