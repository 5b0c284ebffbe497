/** A public key object of a token as SubjectPublicKeyInfo (RFC 5480, RFC 8017). */
import type * as Pkcs11 from 'pkcs11js';
import { bitString, objectIdentifier, readFirst, sequence, unsignedInteger } from '../der.ts';

const EC_PUBLIC_KEY = objectIdentifier('1.2.840.10045.2.1');
const RSA_ENCRYPTION = objectIdentifier('1.2.840.113549.1.1.1');
const NULL = Buffer.from([5, 0]);

/** @param read the value of one attribute of the key */
export function spkiOf(p11: typeof Pkcs11, read: (type: number) => Buffer): Buffer {
  const keyType = read(p11.CKA_KEY_TYPE);
  if (keyType.readUIntLE(0, Math.min(keyType.length, 6)) === p11.CKK_RSA) {
    const key = sequence(unsignedInteger(read(p11.CKA_MODULUS)), unsignedInteger(read(p11.CKA_PUBLIC_EXPONENT)));
    return sequence(sequence(RSA_ENCRYPTION, NULL), bitString(key));
  }
  return sequence(sequence(EC_PUBLIC_KEY, read(p11.CKA_EC_PARAMS)), bitString(point(read(p11.CKA_EC_POINT))));
}

/** Octets of 04‖X‖Y on the 256, 384 and 521 bit curves (SEC 1 §2.3.3). */
const POINT_OCTETS = [65, 97, 133];

/** The standard has the point inside an OCTET STRING, whose tag is 04, too; some modules give it bare. */
function point(value: Buffer): Buffer {
  return POINT_OCTETS.includes(value.length) ? value : readFirst(value).content;
}
