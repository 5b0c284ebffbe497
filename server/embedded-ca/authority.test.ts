import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync, statSync, unlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Instant } from '../../renewal/calendar.ts';
import { newEnd } from '../../renewal/window.ts';
import { packedProof, softKey, type Algorithm, type SoftKey } from '../../tests/soft-key.ts';
import { readCertificate, type CertificateView } from '../pki/certificate.ts';
import { faultsOf } from '../pki/issued-certificate.ts';
import type { CertificateOrder } from '../providers/ca/port.ts';
import { openAuthority, type Authority } from './authority.ts';

const ISSUER = { country: 'CN', organization: 'Trial', commonName: 'Trial CA' };
const SUBJECT = { country: 'CN', organizationIdentifier: '91371400MA3C7XQF08', commonName: '德州示例建设有限公司' };
const TODAY = Date.parse('2026-06-01T10:20:30+08:00');

let folder: string;
let now: Instant;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'ca-'));
  now = TODAY;
});
afterEach(() => rmSync(folder, { recursive: true }));

function open(passphrase?: string): Authority {
  const settings = { folder, now: () => now, issuer: ISSUER, backdatedYears: 10 };
  return openAuthority({ ...settings, ...(passphrase !== undefined && { passphrase }) });
}

interface Customer {
  readonly key: SoftKey;
  readonly old: CertificateView;
}

function customer(ca: Authority, oldEnd = '2026-06-15T23:59:59+08:00', algorithm: Algorithm = 'P-256'): Customer {
  const key = softKey(algorithm);
  const notAfter = Date.parse(oldEnd);
  const dates = { notBefore: notAfter - 366 * 86_400_000, notAfter };
  return { key, old: readCertificate(ca.issueFirst({ subject: SUBJECT, spki: key.spki, ...dates })) };
}

function order({ key, old }: Customer, fresh: SoftKey, changes: Partial<CertificateOrder> = {}): CertificateOrder {
  const proof = {
    caseId: '7a6c8a52-1c9f-4a0e-9a53-3a1c6f0b2c11',
    serverId: '00'.repeat(8),
    nonce: '11'.repeat(32),
    oldCertificateSha256: old.sha256,
    newSpkiSha256: fresh.spkiSha256,
    promisedDay: '2027-06-01',
    expiresAt: now,
  };
  const notBefore = Math.floor(now / 1000) * 1000;
  return {
    requestId: `issue/${fresh.spkiSha256}`,
    csr: fresh.csr(old.subject),
    proof: packedProof(proof, key),
    profile: 'organisation',
    notBefore,
    notAfter: newEnd(old.notAfter, notBefore, 1),
    replaces: old.serial,
    ...changes,
  };
}

function issued(ca: Authority, asked: CertificateOrder): Buffer {
  const answer = ca.request(asked);
  if (answer.kind !== 'issued') throw new Error(answer.reason);
  return answer.certificate;
}

function pem(name: string, der: Buffer): string {
  const path = join(folder, name);
  writeFileSync(path, `-----BEGIN CERTIFICATE-----\n${der.toString('base64')}\n-----END CERTIFICATE-----\n`);
  return path;
}

function openssl(...args: string[]): string {
  return execFileSync('openssl', args, { encoding: 'utf8' });
}

describe('a renewed certificate, as openssl reads it', () => {
  test.each<{ algorithm: Algorithm; oldEnd: string; today: string; end: string }>([
    { algorithm: 'P-256', oldEnd: '2026-06-15T23:59:59+08:00', today: '2026-06-01', end: 'Jun 15 15:59:59 2027 GMT' },
    {
      algorithm: 'RSA-2048',
      oldEnd: '2026-05-15T08:00:00+08:00',
      today: '2026-06-01',
      end: 'Jun  1 02:20:30 2027 GMT',
    },
    { algorithm: 'P-256', oldEnd: '2028-02-29T12:00:00+08:00', today: '2028-02-01', end: 'Feb 28 04:00:00 2029 GMT' },
    { algorithm: 'P-256', oldEnd: '2027-02-28T12:00:00+08:00', today: '2027-02-01', end: 'Feb 28 04:00:00 2028 GMT' },
    { algorithm: 'P-256', oldEnd: '2027-02-28T12:00:00+08:00', today: '2028-02-29', end: 'Feb 28 02:20:30 2029 GMT' },
    { algorithm: 'P-256', oldEnd: '2049-12-31T12:00:00+08:00', today: '2049-12-20', end: 'Dec 31 04:00:00 2050 GMT' },
  ])('$algorithm, $oldEnd renewed on $today ends $end', ({ algorithm, oldEnd, today, end }) => {
    now = Date.parse(`${today}T10:20:30.456+08:00`);
    const ca = open();
    const who = customer(ca, oldEnd, algorithm);
    const fresh = softKey(algorithm);
    const asked = order(who, fresh, {});
    const path = pem('new.pem', issued(ca, asked));
    const root = pem('root.pem', ca.root);

    expect(
      openssl('verify', '-attime', String(asked.notBefore / 1000), '-x509_strict', '-CAfile', root, path),
    ).toContain('new.pem: OK');
    const text = openssl('x509', '-in', path, '-noout', '-text', '-nameopt', 'utf8');
    expect(text).toContain(`Not After : ${end}`);
    expect(text).toMatch(/X509v3 Key Usage: critical\s+Digital Signature, Non Repudiation\n/);
    expect(text).toMatch(/X509v3 Basic Constraints: critical\s+CA:FALSE/);
    expect(text).toContain('Issuer: C=CN, O=Trial, CN=Trial CA');
    expect(text).toContain('Subject: C=CN, organizationIdentifier=91371400MA3C7XQF08, CN=德州示例建设有限公司');
    expect(openssl('x509', '-in', path, '-noout', '-pubkey')).toBe(
      `-----BEGIN PUBLIC KEY-----\n${fresh.spki.toString('base64').replace(/.{64}(?=.)/g, '$&\n')}\n-----END PUBLIC KEY-----\n`,
    );

    const certificate = readCertificate(issued(ca, asked));
    const pinned = [readCertificate(ca.root)];
    const ordered = { spki: fresh.spkiSha256, replaced: who.old, years: 1, pinned };
    expect(faultsOf(certificate, ordered, now)).toEqual([]);
    expect(openssl('x509', '-in', path, '-noout', '-serial').trim()).toBe(`serial=${certificate.serial}`);
    expect(certificate.serial).toMatch(/^[4-7][0-9A-F]{31}$/);
  });
});

describe('one certificate per request and per key', () => {
  test('the same request gives the same certificate, also from a CA that was started again later', () => {
    const ca = open();
    const who = customer(ca);
    const asked = order(who, softKey());
    const first = issued(ca, asked);
    now += 3 * 86_400_000;
    const again = open();
    expect(issued(again, { ...asked, notBefore: asked.notBefore + 86_400_000 })).toEqual(first);
    expect(again.ask(asked.requestId)).toEqual({ kind: 'issued', certificate: first });
    expect(readdirSync(join(folder, 'issued'))).toHaveLength(2);
  });

  test('a second request for a certified key is refused', () => {
    const ca = open();
    const who = customer(ca);
    const fresh = softKey();
    issued(ca, order(who, fresh));
    expect(ca.request(order(customer(ca), fresh, { requestId: 'issue/again' }))).toEqual({
      kind: 'rejected',
      reason: 'key was certified before',
    });
  });

  test('a certificate has one living successor: another only after the first was revoked', () => {
    const ca = open();
    const who = customer(ca);
    const first = readCertificate(issued(ca, order(who, softKey())));
    const another = order(who, softKey());
    expect(ca.request(another)).toEqual({ kind: 'rejected', reason: 'certificate was replaced before' });
    ca.revoke(first.serial, 'cessationOfOperation');
    expect(ca.request(another).kind).toBe('issued');
    expect(ca.request(order(who, softKey())).kind).toBe('rejected');
  });

  test('a proof that ran out more than a month ago proves nothing any more', () => {
    const ca = open();
    const who = customer(ca);
    const asked = order(who, softKey());
    now += 31 * 86_400_000;
    const notBefore = Math.floor(now / 1000) * 1000;
    expect(ca.request({ ...asked, notBefore, notAfter: newEnd(who.old.notAfter, notBefore, 1) })).toEqual({
      kind: 'rejected',
      reason: 'proof is too old',
    });
  });

  test('the key that is renewed is not certified again', () => {
    const ca = open();
    const who = customer(ca);
    expect(ca.request(order(who, who.key)).kind).toBe('rejected');
  });

  test('an id is not taken for another request', () => {
    const ca = open();
    const who = customer(ca);
    const asked = order(who, softKey());
    issued(ca, asked);
    expect(ca.request(order(who, softKey(), { requestId: asked.requestId })).kind).toBe('rejected');
  });

  test('a first certificate is given once per key', () => {
    const ca = open();
    const { key, old } = customer(ca);
    const later = { notBefore: now, notAfter: now + 86_400_000 };
    expect(ca.issueFirst({ subject: SUBJECT, spki: key.spki, ...later })).toEqual(old.der);
  });

  test.each(['keys', 'requests'])('killed after writing into %s, the next try finishes the same request', (last) => {
    const ca = open();
    const who = customer(ca);
    const asked = order(who, softKey());
    const first = readCertificate(issued(ca, asked));
    // what a kill at that line leaves behind
    unlinkSync(join(folder, 'issued', `${first.serial}.der`));
    if (last === 'keys') unlinkSync(newest(join(folder, 'requests'), asked.requestId));

    const second = readCertificate(issued(open(), asked));
    expect(second.serial === first.serial).toBe(last === 'requests');
    expect(readdirSync(join(folder, 'issued'))).toContain(`${second.serial}.der`);
    expect(open().ask(asked.requestId)).toEqual({ kind: 'issued', certificate: second.der });
  });
});

describe('what the CA refuses', () => {
  const refusals: [string, (who: Customer, ca: Authority) => CertificateOrder][] = [
    ['another profile', (who) => order(who, softKey(), { profile: 'server' })],
    ['a replaced certificate it never issued', (who) => order(who, softKey(), { replaces: 'AB' })],
    [
      'a replaced certificate that is revoked',
      (who, ca) => {
        ca.revoke(who.old.serial, 'superseded');
        return order(who, softKey());
      },
    ],
    ['a proof by another key', (who) => order({ ...who, key: softKey() }, softKey())],
    [
      'the proof of another certificate',
      (who, ca) => order({ ...who, old: customer(ca).old }, softKey(), { replaces: who.old.serial }),
    ],
    ['the proof of another new key', (who) => order(who, softKey(), { csr: softKey().csr(who.old.subject) })],
    ['no proof', (who) => order(who, softKey(), { proof: '' })],
    ['another subject', (who, ca) => order(who, softKey(), { csr: softKey().csr(readCertificate(ca.root).subject) })],
    ['a CSR that is none', (who) => order(who, softKey(), { csr: Buffer.from('x') })],
    ['a CSR with a changed byte', (who) => order(who, softKey(), { csr: changed(softKey().csr(who.old.subject)) })],
    ['a start that is not now', (who) => order(who, softKey(), { notBefore: TODAY - (TODAY % 1000) - 301_000 })],
    ['a start within a second', (who) => order(who, softKey(), { notBefore: TODAY + 1 })],
    ['an end before the start', (who) => order(who, softKey(), { notAfter: TODAY - 60_000 })],
    [
      'an end before the promised day',
      (who) => order(who, softKey(), { notAfter: Date.parse('2027-05-31T23:59:59+08:00') }),
    ],
    [
      'more years than anybody gives',
      (who) => order(who, softKey(), { notAfter: Date.parse('2031-06-16T00:00:00+08:00') }),
    ],
  ];
  test.each(refusals)('%s', (_, make) => {
    const ca = open();
    const who = customer(ca);
    const asked = make(who, ca);
    expect(ca.request(asked).kind).toBe('rejected');
    expect(ca.ask(asked.requestId)).toEqual({ kind: 'unknown-request' });
  });
});

test('revoking and confirming what was never issued is an error; doing it twice is not', () => {
  const ca = open();
  const { old } = customer(ca);
  expect(() => ca.revoke('AB', 'superseded')).toThrow('never issued');
  expect(() => ca.confirm('issue/none')).toThrow('never issued');
  ca.revoke(old.serial, 'superseded');
  ca.revoke(old.serial, 'superseded');
  ca.confirm(`first/${old.spkiSha256}`);
  ca.confirm(`first/${old.spkiSha256}`);
});

test('the key is encrypted under a passphrase and opens with that one only', () => {
  const { root } = open('correct horse');
  expect(open('correct horse').root).toEqual(root);
  expect(() => open('wrong')).toThrow('does not open');
  expect(() => open()).toThrow('needs its passphrase');
});

test('a key in clear is not taken for an encrypted one', () => {
  open();
  expect(() => open('late')).toThrow('without passphrase');
});

test('only its owner can read the folder', () => {
  open();
  expect(statSync(join(folder, 'root.key')).mode & 0o077).toBe(0);
  expect(statSync(join(folder, 'requests')).mode & 0o077).toBe(0);
});

function changed(der: Buffer): Buffer {
  const copy = Buffer.from(der);
  copy.writeUInt8(copy.readUInt8(60) ^ 1, 60);
  return copy;
}

function newest(requests: string, requestId: string): string {
  const found = readdirSync(requests).find((name) => {
    const text = execFileSync('cat', [join(requests, name)], { encoding: 'utf8' });
    return text.includes(`"${requestId}"`);
  });
  return join(requests, found!);
}
