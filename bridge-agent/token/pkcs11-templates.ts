/** What is asked of a PKCS#11 token for a new pair and a certificate (PKCS#11 v3.1 §4.6, §4.9, §6.1, §6.3). */
import type * as Pkcs11 from 'pkcs11js';
import { objectIdentifier } from '../der.ts';
import { readCertificate } from '../certificate.ts';
import type { Algorithm } from './port.ts';

const P_256 = objectIdentifier('1.2.840.10045.3.1.7');
const RSA_BITS = 2048;
const RSA_EXPONENT = Buffer.from([1, 0, 1]);

export function keyPairTemplates(
  p11: typeof Pkcs11,
  { id, label, algorithm }: { readonly id: string; readonly label: string; readonly algorithm: Algorithm },
): { mechanism: number; publicKey: Pkcs11.Template; privateKey: Pkcs11.Template } {
  const both = [
    { type: p11.CKA_TOKEN, value: true },
    { type: p11.CKA_ID, value: Buffer.from(id, 'hex') },
    { type: p11.CKA_LABEL, value: label },
  ];
  const elliptic = algorithm === 'P-256';
  return {
    mechanism: elliptic ? p11.CKM_EC_KEY_PAIR_GEN : p11.CKM_RSA_PKCS_KEY_PAIR_GEN,
    publicKey: [
      ...both,
      { type: p11.CKA_PRIVATE, value: false },
      { type: p11.CKA_VERIFY, value: true },
      ...(elliptic
        ? [{ type: p11.CKA_EC_PARAMS, value: P_256 }]
        : [
            { type: p11.CKA_MODULUS_BITS, value: RSA_BITS },
            { type: p11.CKA_PUBLIC_EXPONENT, value: RSA_EXPONENT },
          ]),
    ],
    privateKey: [
      ...both,
      { type: p11.CKA_PRIVATE, value: true },
      { type: p11.CKA_SENSITIVE, value: true },
      { type: p11.CKA_EXTRACTABLE, value: false },
      { type: p11.CKA_SIGN, value: true },
    ],
  };
}

export function certificateTemplate(
  p11: typeof Pkcs11,
  { id, label, der }: { readonly id: string; readonly label: string; readonly der: Buffer },
): Pkcs11.Template {
  const certificate = readCertificate(der);
  return [
    { type: p11.CKA_CLASS, value: p11.CKO_CERTIFICATE },
    { type: p11.CKA_CERTIFICATE_TYPE, value: p11.CKC_X_509 },
    { type: p11.CKA_TOKEN, value: true },
    { type: p11.CKA_PRIVATE, value: false },
    { type: p11.CKA_ID, value: Buffer.from(id, 'hex') },
    { type: p11.CKA_LABEL, value: label },
    { type: p11.CKA_SUBJECT, value: certificate.subject },
    { type: p11.CKA_ISSUER, value: certificate.issuer },
    // with its INTEGER tag: what other programs search for
    { type: p11.CKA_SERIAL_NUMBER, value: certificate.serialNumber },
    { type: p11.CKA_VALUE, value: der },
  ];
}
