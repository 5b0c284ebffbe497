import { execFileSync } from 'node:child_process';
import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { proofBytes, type RenewalProof } from '../../bridge-agent/protocol.ts';
import { ProblemError } from '../../renewal/problem.ts';
import { signProof, softKey } from '../../tests/soft-key.ts';
import { CertificateError, readCertificate } from './certificate.ts';
import { issuerOf } from './chain.ts';
import { DerError, readSequence } from './der.ts';
import { checkProof, packProof, unpackProof } from './proof.ts';
import { KeyError, readPublicKey } from './public-key.ts';
import { readSigningRequest } from './signing-request.ts';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'pki-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

function openssl(...args: string[]): Buffer {
  return execFileSync('openssl', args, { cwd: folder, stdio: ['ignore', 'pipe', 'pipe'] });
}

const P256 = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256'];
const RSA = ['-newkey', 'rsa:2048'];

/** Made by the openssl command: a CA, and under it a certificate with any name. */
function certificateBy(key: string[], subject: string): { ca: Buffer; leaf: Buffer } {
  openssl('req', '-x509', ...key, '-nodes', '-subj', '/CN=CA', '-keyout', 'ca.key', '-out', 'ca.pem', '-days', '10');
  openssl('req', ...P256, '-nodes', '-utf8', '-subj', subject, '-keyout', 'leaf.key', '-out', 'leaf.csr');
  openssl('x509', '-req', '-in', 'leaf.csr', '-CA', 'ca.pem', '-CAkey', 'ca.key', '-days', '5', '-out', 'leaf.pem');
  const der = (name: string) => openssl('x509', '-in', name, '-outform', 'DER');
  return { ca: der('ca.pem'), leaf: der('leaf.pem') };
}

describe('certificates of another maker', () => {
  test.each([
    { by: 'P-256', key: P256 },
    { by: 'RSA', key: RSA },
  ])('are read as openssl reads them, issued by $by', ({ key }) => {
    const { ca, leaf } = certificateBy(key, '/C=CN/O=单位/CN=名称');
    const [issuer, view] = [readCertificate(ca), readCertificate(leaf)];
    const text = openssl('x509', '-in', 'leaf.pem', '-noout', '-serial', '-startdate', '-enddate').toString();
    const [, serial, from, until] = /serial=(\S+)\nnotBefore=(.+)\nnotAfter=(.+)\n/.exec(text)!;
    expect(view).toMatchObject({
      serial,
      notBefore: Date.parse(from!),
      notAfter: Date.parse(until!),
      authority: false,
    });
    expect(view.issuer).toEqual(issuer.subject);
    expect(issuerOf(view, [issuer])).toBe(issuer);
  });

  test('a CA of the same name is not the issuer', () => {
    const { leaf } = certificateBy(P256, '/CN=x');
    const other = readCertificate(certificateBy(P256, '/CN=x').ca);
    expect(issuerOf(readCertificate(leaf), [other])).toBeUndefined();
  });

  test('an end certificate issues nothing, not even itself', () => {
    openssl(
      'req',
      '-x509',
      ...P256,
      '-nodes',
      '-subj',
      '/CN=self',
      '-keyout',
      'k',
      '-out',
      's.pem',
      '-addext',
      'basicConstraints=critical,CA:FALSE',
    );
    const self = readCertificate(openssl('x509', '-in', 's.pem', '-outform', 'DER'));
    expect(issuerOf(self, [self])).toBeUndefined();
  });
});

describe('keys that are certified', () => {
  const spki = (key: KeyObject) => key.export({ type: 'spki', format: 'der' });
  const taken: [string, () => KeyObject][] = [
    ['P-256', () => generateKeyPairSync('ec', { namedCurve: 'P-256' }).publicKey],
    ['RSA 2048', () => generateKeyPairSync('rsa', { modulusLength: 2048 }).publicKey],
  ];
  test.each(taken)('%s', (_, make) => {
    expect(readPublicKey(spki(make())).type).toBe('public');
  });

  const refused: [string, () => Buffer][] = [
    ['RSA 1024', () => spki(generateKeyPairSync('rsa', { modulusLength: 1024 }).publicKey)],
    [
      'RSA with exponent 3',
      () => spki(generateKeyPairSync('rsa', { modulusLength: 2048, publicExponent: 3 }).publicKey),
    ],
    ['P-384', () => spki(generateKeyPairSync('ec', { namedCurve: 'P-384' }).publicKey)],
    ['SM2', () => spki(generateKeyPairSync('ec', { namedCurve: 'SM2' }).publicKey)],
    ['Ed25519', () => spki(generateKeyPairSync('ed25519').publicKey)],
    ['a point that is not on the curve', () => changed(softKey().spki, 80)],
    [
      'P-256 with its curve spelt out',
      () => spki(generateKeyPairSync('ec', { namedCurve: 'P-256', paramEncoding: 'explicit' }).publicKey),
    ],
    ['P-256 with bytes behind it', () => Buffer.concat([softKey().spki, Buffer.of(0)])],
    [
      'a compressed point',
      () => {
        openssl('ecparam', '-name', 'prime256v1', '-genkey', '-noout', '-out', 'c.key');
        openssl('ec', '-in', 'c.key', '-pubout', '-conv_form', 'compressed', '-outform', 'DER', '-out', 'c.der');
        return readFileSync(join(folder, 'c.der'));
      },
    ],
  ];
  test.each(refused)('not %s', (_, make) => {
    expect(() => readPublicKey(make())).toThrow(KeyError);
  });
});

describe('signing requests', () => {
  test.each([
    { by: 'P-256', key: P256 },
    { by: 'RSA', key: RSA },
  ])('of openssl, with $by', ({ key }) => {
    openssl('req', ...key, '-nodes', '-utf8', '-subj', '/CN=名称', '-keyout', 'k', '-outform', 'DER', '-out', 'r.der');
    const request = readSigningRequest(readFileSync(join(folder, 'r.der')));
    const pem = openssl('pkey', '-in', 'k', '-pubout', '-outform', 'DER');
    expect(request.spki).toEqual(pem);
  });

  test('with another hash than SHA-256 are refused', () => {
    openssl('req', ...P256, '-nodes', '-sha384', '-subj', '/CN=x', '-keyout', 'k', '-outform', 'DER', '-out', 'r.der');
    expect(() => readSigningRequest(readFileSync(join(folder, 'r.der')))).toThrow('csr/invalid');
  });

  test('with any byte changed are refused', () => {
    const { subject } = readSigningRequest(softKey().csr(readCertificate(certificateBy(P256, '/CN=x').leaf).subject));
    const csr = softKey().csr(subject);
    for (let at = 0; at < csr.length; at++) expect(() => readSigningRequest(changed(csr, at))).toThrow(ProblemError);
  });
});

describe('bytes of anybody', () => {
  const bytes = fc.uint8Array({ maxLength: 200 }).map((array) => Buffer.from(array));
  test('are no certificate', () => {
    fc.assert(
      fc.property(bytes, (der) => {
        expect(() => readCertificate(der)).toThrow(CertificateError);
      }),
    );
  });
  test('are no signing request', () => {
    fc.assert(
      fc.property(bytes, (der) => {
        expect(() => readSigningRequest(der)).toThrow(ProblemError);
      }),
    );
  });
  test('are no packed proof', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        expect(() => unpackProof(text)).toThrow(ProblemError);
      }),
    );
  });
  test('are parts of DER or refused, never read beyond their end', () => {
    fc.assert(
      fc.property(bytes, (der) => {
        try {
          const parts = readSequence(der);
          expect(parts.reduce((sum, part) => sum + part.bytes.length, 0)).toBeLessThan(der.length);
        } catch (error) {
          expect(error).toBeInstanceOf(DerError);
        }
      }),
    );
  });
  test('changed anywhere in a certificate: another certificate, or none', () => {
    const { ca, leaf } = certificateBy(P256, '/CN=x');
    const pinned = [readCertificate(ca)];
    for (let at = 0; at < leaf.length; at++) {
      try {
        expect(issuerOf(readCertificate(changed(leaf, at)), pinned)).toBeUndefined();
      } catch (error) {
        expect(error).toBeInstanceOf(CertificateError);
      }
    }
  });
});

describe('renewal proofs', () => {
  const proof: RenewalProof = {
    caseId: '7a6c8a52-1c9f-4a0e-9a53-3a1c6f0b2c11',
    serverId: '01'.repeat(8),
    nonce: '11'.repeat(32),
    oldCertificateSha256: '22'.repeat(32),
    newSpkiSha256: '33'.repeat(32),
    promisedDay: '2027-06-15',
    expiresAt: 1,
  };
  const key = softKey('RSA-2048');
  const { publicKey } = keyOf(key.spki);

  test('hold what they say, packed and unpacked', () => {
    expect(checkProof(unpackProof(packProof(signProof(proof, key))), publicKey, proof)).toEqual(proof);
  });

  test.each(Object.keys(proof) as (keyof RenewalProof)[])('of another %s are refused', (field) => {
    const signed = signProof(proof, key);
    expect(() => checkProof(signed, publicKey, { ...proof, [field]: 'x' })).toThrow('proof/invalid');
  });

  test('with any byte changed are refused', () => {
    const { bytes, signature } = signProof(proof, key);
    for (let at = 0; at < bytes.length; at++)
      expect(() => checkProof({ bytes: changed(bytes, at), signature }, publicKey, {})).toThrow('proof/invalid');
  });

  test('in another spelling of the same JSON are refused', () => {
    const bytes = Buffer.concat([proofBytes(proof).subarray(0, 13), Buffer.from(JSON.stringify(proof, null, 1))]);
    expect(() => checkProof({ bytes, signature: key.sign(bytes) }, publicKey, {})).toThrow('proof/invalid');
  });
});

function keyOf(spki: Buffer) {
  return { publicKey: readPublicKey(spki) };
}

function changed(bytes: Buffer, at: number): Buffer {
  const copy = Buffer.from(bytes);
  copy.writeUInt8(copy.readUInt8(at) ^ 1, at);
  return copy;
}
