/**
 * Which public keys are certified: P-256 and RSA of 2048 to 8192 bits, in the one encoding that everybody hashes
 * alike (RFC 5480 §2, RFC 3279 §2.3.1). Node reads SM2 keys too but does not sign SM2 with them: not taken here.
 */
import { createHash, createPublicKey, verify, type KeyObject } from 'node:crypto';

export const SHA256_WITH_RSA = '1.2.840.113549.1.1.11';
export const ECDSA_WITH_SHA256 = '1.2.840.10045.4.3.2';

/** SubjectPublicKeyInfo of an uncompressed point on the named curve prime256v1, without its 64 bytes X and Y. */
const P256_HEADER = Buffer.from('3059301306072a8648ce3d020106082a8648ce3d03010703420004', 'hex');
const P256_BYTES = P256_HEADER.length + 64;

/** A key that may not be certified. */
export class KeyError extends Error {
  override readonly name = 'KeyError';
}

/**
 * @param spki SubjectPublicKeyInfo, DER
 * @throws KeyError another algorithm, curve, size, exponent or encoding
 */
export function readPublicKey(spki: Buffer): KeyObject {
  const key = decode(spki);
  if (!key.export({ type: 'spki', format: 'der' }).equals(spki)) throw new KeyError('not the canonical encoding');
  if (key.asymmetricKeyType === 'ec') {
    if (spki.length !== P256_BYTES || !spki.subarray(0, P256_HEADER.length).equals(P256_HEADER))
      throw new KeyError('not an uncompressed P-256 key');
    return key;
  }
  if (key.asymmetricKeyType !== 'rsa') throw new KeyError('neither P-256 nor RSA');
  const { modulusLength = 0, publicExponent = 0n } = key.asymmetricKeyDetails ?? {};
  if (modulusLength < 2048 || modulusLength > 8192) throw new KeyError('RSA modulus not of 2048 to 8192 bits');
  if (publicExponent < 65537n || publicExponent % 2n === 0n) throw new KeyError('RSA exponent below 65537 or even');
  return key;
}

/** The signature algorithm that goes with a key: always SHA-256. */
export function signatureAlgorithmOf(key: KeyObject): typeof SHA256_WITH_RSA | typeof ECDSA_WITH_SHA256 {
  return key.asymmetricKeyType === 'rsa' ? SHA256_WITH_RSA : ECDSA_WITH_SHA256;
}

/** Is this the key's signature (PKCS#1 v1.5, or ECDSA as DER) over SHA-256 of the bytes? Never throws. */
export function isSignedBy(key: KeyObject, bytes: Buffer, signature: Buffer): boolean {
  try {
    return verify('sha256', bytes, key, signature);
  } catch {
    return false;
  }
}

/** Lower-case hex. */
export function sha256Hex(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

function decode(spki: Buffer): KeyObject {
  try {
    return createPublicKey({ key: spki, format: 'der', type: 'spki' });
  } catch (cause) {
    throw new KeyError('not a SubjectPublicKeyInfo', { cause });
  }
}
