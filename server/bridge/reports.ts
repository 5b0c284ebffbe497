/** What an agent's result says of the case. Everything in it is checked here, nothing is believed. */
import {
  COMMANDS,
  verifyBytes,
  type CommandName,
  type CommandResult,
  type ResultFrame,
} from '../../bridge-agent/protocol.ts';
import { shanghaiDate, type Instant } from '../../renewal/calendar.ts';
import type { Case, TokenView } from '../../renewal/case.ts';
import type { Report } from '../../renewal/commands.ts';
import { ProblemError, PROBLEMS, type ProblemCode } from '../../renewal/problem.ts';
import { readCertificate, type CertificateView } from '../pki/certificate.ts';
import { issuerOf } from '../pki/chain.ts';
import { isSignedBy, sha256Hex } from '../pki/public-key.ts';
import { agentText } from './agent-text.ts';
import { verifyNonce, type BridgeEffect } from './commands.ts';
import { readRenewalRequest, type Registered } from './renewal-request.ts';
import type { ServerKeys } from './server-keys.ts';

export interface Bench {
  readonly case: Case;
  readonly keys: ServerKeys;
  /** The case's certificate as the registry has it. */
  readonly registered: Registered;
  readonly pinned: readonly CertificateView[];
  readonly now: Instant;
}

/** The result as news of the case: what it proves, or the problem that stopped it. */
export function reportOf(effect: BridgeEffect, outcome: ResultFrame['outcome'], bench: Bench): Report {
  if (!outcome.ok) return stopped(effect, problemOf(outcome.code));
  try {
    return proven(effect, outcome.data, bench);
  } catch (error) {
    if (error instanceof ProblemError) return stopped(effect, error.code);
    throw error;
  }
}

/** What an agent may name as the reason; anything else is a driver that failed. */
export function problemOf(code: string): ProblemCode {
  const known = Object.hasOwn(PROBLEMS, code) && /^(token|pin|proof|csr|certificate|verify|agent)\//.test(code);
  return known ? (code as ProblemCode) : 'token/driver-failed';
}

function proven(effect: BridgeEffect, data: unknown, bench: Bench): Report {
  switch (effect.type) {
    case 'bridge/cert.read': {
      const { token, certificate } = read('cert.read', data);
      if (sha256Hex(Buffer.from(certificate, 'base64')) !== bench.case.certificate.sha256)
        throw new ProblemError('token/other-certificate');
      return { type: 'report-token-looked', linkId: effect.linkId, token: tokenView(token) };
    }
    case 'bridge/renew.begin':
      read('renew.begin', data);
      return { type: 'report-consented', txnId: effect.txnId, attempt: effect.attempt };
    case 'bridge/renew.csr': {
      const { nonce, promisedDay, txnId } = effect;
      const expected = { ...bench, nonce, promisedDay, serverId: bench.keys.keyId };
      return { type: 'report-key-made', txnId, ...readRenewalRequest(read('renew.csr', data), expected, bench.now) };
    }
    case 'bridge/renew.write': {
      const { sha256 } = read('renew.write', data);
      if (sha256 !== effect.sha256) throw new ProblemError('token/changed-outside');
      return { type: 'report-certificate-written', txnId: effect.txnId, sha256 };
    }
    case 'bridge/renew.verify':
      return verified(effect, read('renew.verify', data), bench);
  }
}

/** Proven by use: the certificate on the token is the one issued, and its key signed what only now was asked. */
function verified(
  effect: Extract<BridgeEffect, { type: 'bridge/renew.verify' }>,
  result: CommandResult<'renew.verify'>,
  { case: theCase, keys, pinned }: Bench,
): Report {
  const { issuance, promised } = theCase;
  if (issuance.kind !== 'issued' || promised === 'none') throw new ProblemError('case/not-now');
  const der = Buffer.from(result.certificate, 'base64');
  if (!der.equals(Buffer.from(issuance.certificate, 'base64'))) throw new ProblemError('verify/failed');
  if (!result.oldObjects) throw new ProblemError('token/changed-outside');
  const certificate = readCertificate(der);
  const dates =
    certificate.notBefore === issuance.notBefore &&
    certificate.notAfter === issuance.notAfter &&
    shanghaiDate(certificate.notAfter) >= promised.promisedDay;
  const bytes = verifyBytes(effect.txnId, verifyNonce(effect.key, keys), issuance.sha256);
  const signed = isSignedBy(certificate.publicKey, bytes, Buffer.from(result.signature, 'base64'));
  const keyPair = certificate.spkiSha256 === issuance.spki;
  if (!dates || !signed || !keyPair || !issuerOf(certificate, pinned)) throw new ProblemError('verify/failed');
  const checks = { dates, chain: true, keyPair, testSignature: signed, oldObjects: true } as const;
  const tokenSerialTail = agentText(result.tokenSerialTail);
  return { type: 'report-verified', txnId: effect.txnId, checks: { ...checks, tokenSerialTail } };
}

function stopped(effect: BridgeEffect, problem: ProblemCode): Report {
  switch (effect.type) {
    case 'bridge/cert.read':
      return { type: 'report-look-failed', linkId: effect.linkId, problem };
    case 'bridge/renew.begin':
    case 'bridge/renew.csr':
      return { type: 'report-rekey-stopped', txnId: effect.txnId, attempt: effect.attempt, problem };
    case 'bridge/renew.write':
      return { type: 'report-write-failed', txnId: effect.txnId, attempt: effect.attempt, problem };
    case 'bridge/renew.verify':
      return { type: 'report-verify-failed', txnId: effect.txnId, attempt: effect.attempt, problem };
  }
}

/** @throws ProblemError token/driver-failed: not what this command gives */
function read<N extends CommandName>(name: N, data: unknown): CommandResult<N> {
  const result = COMMANDS[name].result.safeParse(data);
  if (!result.success) throw new ProblemError('token/driver-failed', {}, { cause: result.error });
  return result.data as CommandResult<N>;
}

function tokenView({ model, serialTail, algorithm, pin, certificates }: TokenView): TokenView {
  return {
    model: agentText(model),
    serialTail: agentText(serialTail),
    algorithm: agentText(algorithm),
    pin,
    certificates,
  };
}
