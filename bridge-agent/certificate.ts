/**
 * A certificate as the agent uses it: the parts that are copied or compared byte for byte (RFC 5280 §4.1), the
 * dates, and Node's own reading for signatures.
 */
import { createHash, X509Certificate } from 'node:crypto';
import { readAll, readFirst } from './der.ts';

export interface CertificateParts {
  readonly der: Buffer;
  /** SHA-256 of the DER, lower-case hex. */
  readonly sha256: string;
  /** DER with its tag. */
  readonly serialNumber: Buffer;
  readonly issuer: Buffer;
  readonly subject: Buffer;
  /** SubjectPublicKeyInfo. */
  readonly spki: Buffer;
  /** ms since the epoch */
  readonly notBefore: number;
  readonly notAfter: number;
  /** Common name: the unit, in an organisation's certificate; the organisation where there is none. */
  readonly unit: string;
  readonly x509: X509Certificate;
}

/** @throws Error when the bytes are not exactly one certificate */
export function readCertificate(der: Buffer): CertificateParts {
  const x509 = new X509Certificate(der);
  const [outer, ...after] = readAll(der);
  if (!outer || after.length > 0 || !x509.raw.equals(der)) throw new RangeError('not one certificate');
  const fields = readAll(readFirst(outer.content).content);
  // [0] version is absent in v1
  const [serialNumber, , issuer, , subject, spki] = fields[0]?.tag === 0xa0 ? fields.slice(1) : fields;
  if (!serialNumber || !issuer || !subject || !spki) throw new RangeError('not a certificate');
  return {
    der,
    sha256: createHash('sha256').update(der).digest('hex'),
    serialNumber: serialNumber.whole,
    issuer: issuer.whole,
    subject: subject.whole,
    spki: spki.whole,
    notBefore: Date.parse(x509.validFrom),
    notAfter: Date.parse(x509.validTo),
    unit: unitOf(x509),
    x509,
  };
}

export const spkiSha256 = (spki: Buffer) => createHash('sha256').update(spki).digest('hex');

/** Asia/Shanghai, UTC+08:00 without summer time since 1991: the day that is told to customers. */
export function shanghaiDay(at: number): string {
  return new Date(at + 8 * 3_600_000).toISOString().slice(0, 10);
}

function unitOf(x509: X509Certificate): string {
  const subject = x509.toLegacyObject().subject as unknown as Readonly<Record<string, string | string[] | undefined>>;
  const name = subject['CN'] ?? subject['O'] ?? '';
  return Array.isArray(name) ? name.join(' ') : name;
}
