/** A customer's key pair in software, for tests: makes the CSR and the renewal proof that a token would make. */
import { createHash, generateKeyPairSync, sign, type KeyObject } from 'node:crypto';
import { CertificationRequest, CertificationRequestInfo } from '@peculiar/asn1-csr';
import { AsnConvert } from '@peculiar/asn1-schema';
import { AlgorithmIdentifier, Name, SubjectPublicKeyInfo } from '@peculiar/asn1-x509';
import { proofBytes, type RenewalProof } from '../bridge-agent/protocol.ts';
import { packProof, type SignedProof } from '../server/pki/proof.ts';

export type Algorithm = 'P-256' | 'RSA-2048';

export interface SoftKey {
  readonly privateKey: KeyObject;
  readonly spki: Buffer;
  readonly spkiSha256: string;
  sign(bytes: Buffer): Buffer;
  /** @param subject DER of the Name */
  csr(subject: Buffer): Buffer;
}

export function softKey(algorithm: Algorithm = 'P-256'): SoftKey {
  const { privateKey, publicKey } =
    algorithm === 'P-256'
      ? generateKeyPairSync('ec', { namedCurve: 'P-256' })
      : generateKeyPairSync('rsa', { modulusLength: 2048 });
  const spki = publicKey.export({ type: 'spki', format: 'der' });
  const signature = algorithm === 'P-256' ? '1.2.840.10045.4.3.2' : '1.2.840.113549.1.1.11';
  const parameters = algorithm === 'P-256' ? {} : { parameters: null };
  const signBytes = (bytes: Buffer) => sign('sha256', bytes, privateKey);
  return {
    privateKey,
    spki,
    spkiSha256: createHash('sha256').update(spki).digest('hex'),
    sign: signBytes,
    csr(subject) {
      const certificationRequestInfo = new CertificationRequestInfo({
        subject: AsnConvert.parse(subject, Name),
        subjectPKInfo: AsnConvert.parse(spki, SubjectPublicKeyInfo),
      });
      const info = Buffer.from(AsnConvert.serialize(certificationRequestInfo));
      const request = new CertificationRequest({
        certificationRequestInfo,
        signatureAlgorithm: new AlgorithmIdentifier({ algorithm: signature, ...parameters }),
        signature: new Uint8Array(signBytes(info)).buffer,
      });
      return Buffer.from(AsnConvert.serialize(request));
    },
  };
}

export function signProof(proof: RenewalProof, oldKey: SoftKey): SignedProof {
  const bytes = proofBytes(proof);
  return { bytes, signature: oldKey.sign(bytes) };
}

export function packedProof(proof: RenewalProof, oldKey: SoftKey): string {
  return packProof(signProof(proof, oldKey));
}
