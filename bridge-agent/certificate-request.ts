/** A PKCS #10 request (RFC 2986) over a key on the token, its subject copied octet for octet from a certificate. */
import { createPublicKey } from 'node:crypto';
import { bitString, encode, objectIdentifier, sequence, unsignedInteger } from './der.ts';

const ECDSA_WITH_SHA256 = sequence(objectIdentifier('1.2.840.10045.4.3.2'));
const SHA256_WITH_RSA = sequence(objectIdentifier('1.2.840.113549.1.1.11'), Buffer.from([5, 0]));
const NO_ATTRIBUTES = encode(0xa0);

/** @param sign by the key of `spki`: SHA-256 with ECDSA (DER) or RSA (PKCS #1 v1.5) */
export async function buildRequest(
  subject: Buffer,
  spki: Buffer,
  sign: (data: Buffer) => Promise<Buffer>,
): Promise<Buffer> {
  const info = sequence(unsignedInteger(Buffer.from([0])), subject, spki, NO_ATTRIBUTES);
  const elliptic = createPublicKey({ key: spki, type: 'spki', format: 'der' }).asymmetricKeyType === 'ec';
  return sequence(info, elliptic ? ECDSA_WITH_SHA256 : SHA256_WITH_RSA, bitString(await sign(info)));
}
