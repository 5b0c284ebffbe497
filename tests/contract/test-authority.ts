/** A certification authority for tests: issues what it is asked for, over the library that the product's CA uses. */
import 'reflect-metadata';
import { createPublicKey, webcrypto } from 'node:crypto';
import * as x509 from '@peculiar/x509';

export interface Wanted {
  readonly spki: Buffer;
  readonly subject?: string;
  readonly notBefore?: Date;
  readonly notAfter: Date;
}

export class TestAuthority {
  readonly certificate: Buffer;
  readonly #keys: webcrypto.CryptoKeyPair;
  readonly #name: string;

  private constructor(name: string, keys: webcrypto.CryptoKeyPair, certificate: Buffer) {
    this.#name = name;
    this.#keys = keys;
    this.certificate = certificate;
  }

  static async create(name = 'CN=Test CA, O=Test, C=CN'): Promise<TestAuthority> {
    const keys = await webcrypto.subtle.generateKey(ECDSA, true, ['sign', 'verify']);
    const certificate = await x509.X509CertificateGenerator.createSelfSigned({
      name,
      keys,
      notBefore: new Date('2020-01-01'),
      notAfter: new Date('2050-01-01'),
      signingAlgorithm: ECDSA,
      extensions: [new x509.BasicConstraintsExtension(true, 0, true)],
    });
    return new TestAuthority(name, keys, Buffer.from(certificate.rawData));
  }

  async issue({ spki, subject = UNIT, notBefore = new Date('2026-01-01'), notAfter }: Wanted): Promise<Buffer> {
    const algorithm =
      createPublicKey({ key: spki, type: 'spki', format: 'der' }).asymmetricKeyType === 'ec'
        ? ECDSA
        : { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256' };
    const certificate = await x509.X509CertificateGenerator.create({
      subject,
      issuer: this.#name,
      notBefore,
      notAfter,
      publicKey: await webcrypto.subtle.importKey('spki', spki, algorithm, true, ['verify']),
      signingKey: this.#keys.privateKey,
      signingAlgorithm: ECDSA,
      extensions: [new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature)],
    });
    return Buffer.from(certificate.rawData);
  }
}

const ECDSA = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const;
export const UNIT = 'CN=山东测试建设有限公司, O=山东测试建设有限公司, C=CN';
