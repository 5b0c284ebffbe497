/** What a token asks to be certified: PKCS#10 (RFC 2986), checked over the bytes that were signed. */
import type { KeyObject } from 'node:crypto';
import { CertificationRequest } from '@peculiar/asn1-csr';
import { AsnConvert } from '@peculiar/asn1-schema';
import { ProblemError } from '../../renewal/problem.ts';
import { readSequence } from './der.ts';
import { isSignedBy, readPublicKey, sha256Hex, signatureAlgorithmOf } from './public-key.ts';

export interface SigningRequest {
  /** DER of the Name. */
  readonly subject: Buffer;
  /** SubjectPublicKeyInfo, DER; its SHA-256 in lower-case hex. */
  readonly spki: Buffer;
  readonly spkiSha256: string;
  readonly publicKey: KeyObject;
}

/**
 * @param der exactly one CertificationRequest
 * @throws ProblemError csr/invalid: malformed, a key that is not certified, or not signed by its own key
 */
export function readSigningRequest(der: Buffer): SigningRequest {
  try {
    return checked(der);
  } catch (cause) {
    throw new ProblemError('csr/invalid', {}, { cause });
  }
}

function checked(der: Buffer): SigningRequest {
  const [info, , signed, ...more] = readSequence(der);
  // a BIT STRING of whole bytes (X.690 §8.6.2.2), and nothing behind it
  if (!info || signed?.content[0] !== 0 || more.length > 0) throw new Error('not three fields');
  const [version, subject, spki] = readSequence(info.bytes);
  if (!version || !subject || !spki) throw new Error('a field is missing');
  const { certificationRequestInfo, signature, signatureAlgorithm } = AsnConvert.parse(der, CertificationRequest);
  if (certificationRequestInfo.version !== 0) throw new Error('not version 1');
  const publicKey = readPublicKey(spki.bytes);
  if (signatureAlgorithm.algorithm !== signatureAlgorithmOf(publicKey)) throw new Error('signature algorithm');
  if (!isSignedBy(publicKey, info.bytes, Buffer.from(signature))) throw new Error('not signed by its own key');
  return { subject: subject.bytes, spki: spki.bytes, spkiSha256: sha256Hex(spki.bytes), publicKey };
}
