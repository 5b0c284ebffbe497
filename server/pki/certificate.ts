/** A certificate as we look at it (RFC 5280 §4.1), its names and key kept byte for byte. */
import { X509Certificate, type KeyObject } from 'node:crypto';
import { AsnConvert, OctetString } from '@peculiar/asn1-schema';
import {
  AuthorityKeyIdentifier,
  BasicConstraints,
  Certificate,
  Extensions,
  id_ce_authorityKeyIdentifier,
  id_ce_basicConstraints,
  id_ce_keyUsage,
  id_ce_subjectKeyIdentifier,
  KeyUsage,
  KeyUsageFlags,
  type Time,
} from '@peculiar/asn1-x509';
import type { Instant } from '../../renewal/calendar.ts';
import { DerError, readSequence, type Part } from './der.ts';
import { KeyError, readPublicKey, sha256Hex } from './public-key.ts';

export interface CertificateView {
  readonly der: Buffer;
  /** SHA-256 of the DER, lower-case hex. */
  readonly sha256: string;
  /** Upper-case hex without separators. */
  readonly serial: string;
  /** DER of the Name. */
  readonly issuer: Buffer;
  readonly subject: Buffer;
  /** SubjectPublicKeyInfo, DER; its SHA-256 in lower-case hex. */
  readonly spki: Buffer;
  readonly spkiSha256: string;
  readonly publicKey: KeyObject;
  readonly notBefore: Instant;
  readonly notAfter: Instant;
  readonly signatureAlgorithm: string;
  /** May it issue certificates (cA, and keyCertSign unless its usage is not restricted; RFC 5280 §4.2.1.3)? */
  readonly authority: boolean;
  /** Bits as in `KeyUsageFlags`; undefined when not restricted. */
  readonly keyUsage: number | undefined;
  /** Lower-case hex. */
  readonly subjectKeyId: string | undefined;
  readonly authorityKeyId: string | undefined;
}

export class CertificateError extends Error {
  override readonly name = 'CertificateError';
}

/** @throws CertificateError not a certificate, not exactly one, or of a key that we do not take */
export function readCertificate(der: Uint8Array): CertificateView {
  try {
    return view(Buffer.from(der));
  } catch (cause) {
    if (cause instanceof CertificateError) throw cause;
    const why = cause instanceof DerError || cause instanceof KeyError ? cause.message : 'not a certificate';
    throw new CertificateError(why, { cause });
  }
}

/** Did the holder of this key sign the certificate? */
export function isIssuedBy(certificate: CertificateView, issuerKey: KeyObject): boolean {
  return new X509Certificate(certificate.der).verify(issuerKey);
}

function view(der: Buffer): CertificateView {
  const { serialNumber } = new X509Certificate(der);
  const names = namesOf(der);
  const { tbsCertificate, signatureAlgorithm } = AsnConvert.parse(der, Certificate);
  if (signatureAlgorithm.algorithm !== tbsCertificate.signature.algorithm)
    throw new CertificateError('two signature algorithms');

  const extensions = new Map<string, Buffer>();
  for (const { extnID, extnValue } of tbsCertificate.extensions ?? new Extensions()) {
    if (extensions.has(extnID)) throw new CertificateError('an extension twice');
    extensions.set(extnID, Buffer.from(extnValue.buffer));
  }
  const keyUsage = read(extensions.get(id_ce_keyUsage), (bytes) => AsnConvert.parse(bytes, KeyUsage).toNumber());
  const constraints = read(extensions.get(id_ce_basicConstraints), (bytes) =>
    AsnConvert.parse(bytes, BasicConstraints),
  );
  const { notBefore, notAfter } = tbsCertificate.validity;
  return {
    ...names,
    der,
    sha256: sha256Hex(der),
    serial: serialNumber.toUpperCase(),
    spkiSha256: sha256Hex(names.spki),
    publicKey: readPublicKey(names.spki),
    notBefore: instantOf(notBefore),
    notAfter: instantOf(notAfter),
    signatureAlgorithm: signatureAlgorithm.algorithm,
    authority: constraints?.cA === true && ((keyUsage ?? KeyUsageFlags.keyCertSign) & KeyUsageFlags.keyCertSign) !== 0,
    keyUsage,
    subjectKeyId: read(extensions.get(id_ce_subjectKeyIdentifier), (bytes) =>
      hex(AsnConvert.parse(bytes, OctetString)),
    ),
    authorityKeyId: read(extensions.get(id_ce_authorityKeyIdentifier), (bytes) => {
      const { keyIdentifier } = AsnConvert.parse(bytes, AuthorityKeyIdentifier);
      return keyIdentifier && hex(keyIdentifier);
    }),
  };
}

/** tbsCertificate: [version] serialNumber signature issuer validity subject subjectPublicKeyInfo … */
function namesOf(der: Buffer): Pick<CertificateView, 'issuer' | 'subject' | 'spki'> {
  const tbs = readSequence(readSequence(der)[0]?.bytes ?? Buffer.alloc(0));
  const [, , issuer, , subject, spki] = tbs[0]?.tag === 0xa0 ? tbs.slice(1) : tbs;
  return { issuer: bytesOf(issuer), subject: bytesOf(subject), spki: bytesOf(spki) };
}

function bytesOf(part: Part | undefined): Buffer {
  if (!part) throw new DerError('a field is missing');
  return part.bytes;
}

function instantOf(time: Time): Instant {
  return time.getTime().getTime();
}

function read<T>(bytes: Buffer | undefined, parse: (bytes: Buffer) => T): T | undefined {
  return bytes && parse(bytes);
}

function hex(value: { readonly buffer: ArrayBuffer }): string {
  return Buffer.from(value.buffer).toString('hex');
}
