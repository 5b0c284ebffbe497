/**
 * The embedded CA: issues, remembers and revokes, and takes nothing on trust. It checks the CSR and the renewal
 * proof itself, the latter with the certificate that it issued before.
 *
 * One certificate per request id and one request id per public key, for ever, also when the process is killed at
 * any line: what `storage.ts` has kept decides, and only then is anything answered.
 */
import { createPrivateKey, generateKeyPairSync, type KeyObject } from 'node:crypto';
import { AsnConvert } from '@peculiar/asn1-schema';
import { Name } from '@peculiar/asn1-x509';
import { addYears, DAY_MS, shanghaiDate, type Instant } from '../../renewal/calendar.ts';
import { ProblemError } from '../../renewal/problem.ts';
import { readCertificate } from '../pki/certificate.ts';
import { checkProof, unpackProof } from '../pki/proof.ts';
import { readPublicKey, sha256Hex } from '../pki/public-key.ts';
import { readSigningRequest } from '../pki/signing-request.ts';
import type { CaAnswer, CertificateOrder, RevocationReason } from '../providers/ca/port.ts';
import { drawSerial, issueLeaf, issueRoot, nameOf, type Dates, type Names, type Signer } from './issue-certificate.ts';
import { openStorage, readIfThere, writeOnce, type Issued, type Storage } from './storage.ts';

export interface AuthoritySettings {
  /** Made for its owner only when it is not there. */
  readonly folder: string;
  /** Encrypts the CA's key (PKCS#8, PBES2). Without one the key lies in clear: evaluation only. */
  readonly passphrase?: string;
  readonly now: () => Instant;
  readonly issuer: Names;
  /** Years before today from which a new CA's own certificate counts, so that past certificates can be seeded. */
  readonly backdatedYears: number;
}

export interface FirstCertificate extends Dates {
  readonly subject: Names;
  /** SubjectPublicKeyInfo, DER. */
  readonly spki: Buffer;
}

/** No people stand behind this CA: nothing is ever pending. */
type Decided = Exclude<CaAnswer, { kind: 'pending' }>;

export interface Authority {
  /** The CA's own certificate, DER: what others pin. */
  readonly root: Buffer;
  request(order: CertificateOrder): Decided;
  ask(requestId: string): Decided | { readonly kind: 'unknown-request' };
  /** @throws AuthorityError never issued */
  confirm(requestId: string): void;
  /** @throws AuthorityError never issued */
  revoke(serial: string, reason: RevocationReason): void;
  /**
   * A first certificate, for operators: nothing is renewed, so nothing is proven. The same key gets the same
   * certificate again, with the dates of the first time.
   *
   * @returns DER
   * @throws KeyError a key that is not certified
   */
  issueFirst(first: FirstCertificate): Buffer;
}

/** The CA can't do it; `message` says why. */
export class AuthorityError extends Error {
  override readonly name = 'AuthorityError';
}

/** An order may have waited for us so long: the proof was fresh when it was taken (design §3, promise 5). */
const PROOF_KEPT_MS = 30 * DAY_MS;
/** How far an order's notBefore may be from our clock. */
const CLOCK_SKEW_MS = 5 * 60_000;
const ROOT_YEARS = 30;
/** No order adds more to the end of the old certificate, or to today. */
const MOST_YEARS = 5;
const PROFILES: readonly string[] = ['organisation'];

class Refusal extends Error {}

/** @throws AuthorityError when the key is there but not to be opened with this passphrase */
export function openAuthority(settings: AuthoritySettings): Authority {
  const { now } = settings;
  const storage = openStorage(settings.folder);
  const key = openKey(storage, settings.passphrase);
  const { root, signer } = openRoot(storage, key, settings);
  const rootEnd = readCertificate(root).notAfter;

  /** A certificate has one living successor; another is issued only after the first was revoked. */
  function replace(serial: string, requestId: string): void {
    for (let earlier = 0; ; earlier++) {
      const owner = storage.claimSuccessor(serial, requestId, earlier);
      if (owner === requestId) return;
      const successor = storage.issuedFor(owner);
      if (!successor || !storage.isRevoked(successor.serial)) throw new Refusal('certificate was replaced before');
    }
  }

  function issue(requestId: string, questionSha256: string, spki: Buffer, subject: Name, dates: Dates): Issued {
    if (storage.claimKey(sha256Hex(spki), requestId) !== requestId) throw new Refusal('key was certified before');
    const serial = drawSerial();
    const certificate = issueLeaf({ subject, spki, ...dates }, serial, signer);
    return storage.keepIssued({
      requestId,
      questionSha256,
      serial: serial.toString('hex').toUpperCase(),
      certificate: certificate.toString('base64'),
    });
  }

  /** What is checked before a new record is made; throws what `request` gives as the reason. */
  function examine(order: CertificateOrder): { spki: Buffer; subject: Name } {
    const { notBefore, notAfter, replaces } = order;
    if (!PROFILES.includes(order.profile)) throw new Refusal('unknown profile');
    const der = storage.certificate(replaces);
    if (!der) throw new Refusal('replaced certificate is not ours');
    if (storage.isRevoked(replaces)) throw new Refusal('replaced certificate is revoked');
    const old = readCertificate(der);
    const csr = readSigningRequest(order.csr);
    if (!csr.subject.equals(old.subject)) throw new Refusal('subject is not that of the replaced certificate');
    const proven = { oldCertificateSha256: old.sha256, newSpkiSha256: csr.spkiSha256 };
    const { promisedDay, expiresAt } = checkProof(unpackProof(order.proof), old.publicKey, proven);
    if (expiresAt + PROOF_KEPT_MS < now()) throw new Refusal('proof is too old');

    if (notBefore % 1000 !== 0 || notAfter % 1000 !== 0) throw new Refusal('dates are not whole seconds');
    if (Math.abs(notBefore - now()) > CLOCK_SKEW_MS) throw new Refusal('notBefore is not now');
    if (notAfter <= notBefore || notAfter > rootEnd) throw new Refusal('notAfter is out of range');
    if (notAfter > addYears(Math.max(old.notAfter, notBefore), MOST_YEARS)) throw new Refusal('too many years');
    if (shanghaiDate(notAfter) < promisedDay) throw new Refusal('ends before the day that was promised');
    return { spki: csr.spki, subject: AsnConvert.parse(old.subject, Name) };
  }

  return {
    root,
    request(order) {
      const questionSha256 = sha256Hex(order.csr);
      try {
        const kept = storage.issuedFor(order.requestId);
        if (kept && kept.questionSha256 !== questionSha256) throw new Refusal('this id belongs to another request');
        // kept again: the process may have been killed before the certificate had its own file
        if (kept) return answer(storage.keepIssued(kept));
        const { spki, subject } = examine(order);
        replace(order.replaces, order.requestId);
        return answer(issue(order.requestId, questionSha256, spki, subject, order));
      } catch (error) {
        if (error instanceof Refusal) return { kind: 'rejected', reason: error.message };
        if (error instanceof ProblemError) return { kind: 'rejected', reason: error.code };
        throw error;
      }
    },
    ask(requestId) {
      const kept = storage.issuedFor(requestId);
      return kept ? answer(storage.keepIssued(kept)) : { kind: 'unknown-request' };
    },
    confirm(requestId) {
      if (!storage.issuedFor(requestId)) throw new AuthorityError('never issued');
      storage.keepConfirmed(requestId, now());
    },
    revoke(serial, reason) {
      if (!storage.certificate(serial)) throw new AuthorityError('never issued');
      storage.keepRevoked(serial, reason, now());
    },
    issueFirst({ spki, subject, notBefore, notAfter }) {
      readPublicKey(spki);
      const requestId = `first/${sha256Hex(spki)}`;
      const kept = storage.issuedFor(requestId);
      const dates = { notBefore, notAfter };
      const record = kept ? storage.keepIssued(kept) : issue(requestId, sha256Hex(spki), spki, nameOf(subject), dates);
      return Buffer.from(record.certificate, 'base64');
    },
  };
}

function answer({ certificate }: Issued): { kind: 'issued'; certificate: Buffer } {
  return { kind: 'issued', certificate: Buffer.from(certificate, 'base64') };
}

const ENCRYPTED = '-----BEGIN ENCRYPTED PRIVATE KEY-----';

function openKey(storage: Storage, passphrase: string | undefined): KeyObject {
  const path = storage.path('root.key');
  const pem = (readIfThere(path) ?? writeOnce(path, Buffer.from(newKey(passphrase)))).toString('utf8');
  const encrypted = pem.startsWith(ENCRYPTED);
  if (encrypted && passphrase === undefined) throw new AuthorityError('the key of the CA needs its passphrase');
  if (!encrypted && passphrase !== undefined) throw new AuthorityError('the key of the CA was made without passphrase');
  try {
    return createPrivateKey({ key: pem, ...(passphrase !== undefined && { passphrase }) });
  } catch (cause) {
    throw new AuthorityError('the key of the CA does not open with this passphrase', { cause });
  }
}

function newKey(passphrase: string | undefined): string {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const protection = passphrase === undefined ? {} : { cipher: 'aes-256-cbc', passphrase };
  return privateKey.export({ type: 'pkcs8', format: 'pem', ...protection }).toString();
}

function openRoot(storage: Storage, key: KeyObject, settings: AuthoritySettings): { root: Buffer; signer: Signer } {
  const path = storage.path('root.der');
  const signer = { key, name: nameOf(settings.issuer) };
  const today = Math.floor(settings.now() / 1000) * 1000;
  const notBefore = addYears(today, -settings.backdatedYears);
  const dates = { notBefore, notAfter: addYears(today, ROOT_YEARS) };
  const root = readIfThere(path) ?? writeOnce(path, issueRoot(signer, dates));
  // an older root keeps its own name
  return { root, signer: { key, name: AsnConvert.parse(readCertificate(root).subject, Name) } };
}
