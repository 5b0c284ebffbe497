/** A key that is locked, full, read-only, pulled out or not there: told by its code, and nothing half done. */
import { createHash, randomBytes, X509Certificate } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeAll, beforeEach, expect, test } from 'vitest';
import type { Customer, PinQuestion } from '../../bridge-agent/customer.ts';
import { keyId } from '../../bridge-agent/key-names.ts';
import { AgentProblem } from '../../bridge-agent/problem.ts';
import type { DriverCommand } from '../../bridge-agent/token/process.ts';
import { Transaction } from '../../bridge-agent/transaction.ts';
import { FileDriver } from '../../sandbox/tokens/file-driver.ts';
import { makeToken, readToken, writeToken } from '../../sandbox/tokens/token-file.ts';
import { TestAuthority } from './test-authority.ts';
import { bundle, PIN, sandboxRig } from './token-rigs.ts';

const rig = sandboxRig();
const NOW = Date.parse('2026-05-20T10:00:00+08:00');
const OLD_ID = 'a1'.repeat(16);
const WRONG = '00000000';
const { signal } = new AbortController();

let authority: TestAuthority;
let serial: string;
let old: Buffer;
let asked: PinQuestion[];
let pins: string[];
let txnId: string;
let transaction: Transaction;

beforeAll(async () => {
  authority = await TestAuthority.create();
});
beforeEach(async () => {
  for (const token of new FileDriver(rig.folder).list()) rmSync(join(rig.folder, token.serial), { recursive: true });
  serial = await rig.addToken('Unit');
  old = await certificateOn(serial);
  asked = [];
  pins = [PIN];
  txnId = randomBytes(16).toString('hex');
  transaction = newTransaction();
});

async function certificateOn(on: string): Promise<Buffer> {
  const driver = new FileDriver(rig.folder);
  driver.login(on, Buffer.from(PIN));
  driver.generate(on, { id: OLD_ID, label: 'old', algorithm: 'P-256' });
  const spki = Buffer.from(driver.keys(on, OLD_ID).spki ?? '', 'base64');
  const der = await authority.issue({ spki, notAfter: new Date('2026-06-15T15:59:59Z') });
  driver.writeCertificate(on, { id: OLD_ID, label: 'old', der });
  return der;
}

function newTransaction(drivers: readonly DriverCommand[] = [rig.driver]): Transaction {
  const customer: Customer = {
    tell: () => undefined,
    tellProblem: () => undefined,
    agree: () => Promise.resolve(),
    pin: (question) => {
      asked.push(question);
      const next = pins.shift();
      return next === undefined ? Promise.reject(new AgentProblem('pin/refused')) : Promise.resolve(Buffer.from(next));
    },
  };
  return new Transaction(
    {
      drivers,
      customer,
      plugInMs: 0,
      dataFolder: mkdtempSync(join(tmpdir(), 'agent-')),
      issuers: [new X509Certificate(authority.certificate)],
      now: () => NOW,
      askedBy: () => '',
      reached: () => undefined,
    },
    txnId,
  );
}

const same = () => ({
  txnId,
  certificateSha256: createHash('sha256').update(old).digest('hex'),
  promisedDay: '2027-06-15',
});
const caseId = '00000000-0000-4000-8000-000000000001';
const begin = (t = transaction) =>
  t.begin({ ...same(), caseId, unit: '', askedBy: '', oldEndDay: '2026-06-15' }, signal);
const csr = () =>
  transaction.makeRequest(
    { ...same(), caseId, nonce: 'ab'.repeat(32), serverId: 'cd'.repeat(8), proofExpiresAt: NOW + 600_000 },
    signal,
  );
const write = (certificate: Buffer) =>
  transaction.write({ ...same(), certificate: certificate.toString('base64'), issuers: [] }, signal);
const newSpki = () => Buffer.from(new FileDriver(rig.folder).keys(serial, keyId(txnId, 'sign')).spki ?? '', 'base64');
const change = (changed: object) => writeToken(rig.folder, { ...readToken(rig.folder, serial), ...changed });

test('a wrong PIN is asked for again with what is left, and never tried again by itself', async () => {
  pins = [WRONG, PIN];
  await begin();
  expect(asked.map(({ tries, wrongBefore }) => ({ tries, wrongBefore }))).toEqual([
    { tries: 'ok', wrongBefore: false },
    { tries: 'low', wrongBefore: true },
  ]);
  await transaction.close();
});

test('the last try is named as such, and the key that it locks is told', async () => {
  pins = Array.from({ length: 6 }, () => WRONG);
  await expect(begin()).rejects.toMatchObject({ code: 'pin/locked' });
  expect(asked.map(({ tries }) => tries)).toEqual(['ok', 'low', 'low', 'low', 'low', 'final']);
});

test('a locked key is not asked for its PIN', async () => {
  change({ triesLeft: 0 });
  await expect(begin()).rejects.toMatchObject({ code: 'pin/locked' });
  expect(asked).toEqual([]);
});

test('a read-only key is refused before the PIN', async () => {
  change({ writeProtected: true });
  await expect(begin()).rejects.toMatchObject({ code: 'token/write-protected' });
  expect(asked).toEqual([]);
});

test('a key without its private key is refused', async () => {
  change({ objects: readToken(rig.folder, serial).objects.filter((object) => object.class !== 'private-key') });
  await expect(begin()).rejects.toMatchObject({ code: 'token/no-private-key' });
});

test('a full key keeps what it had', async () => {
  change({ room: 3 });
  const { objects } = readToken(rig.folder, serial);
  await begin();
  await expect(csr()).rejects.toMatchObject({ code: 'token/full' });
  expect(readToken(rig.folder, serial).objects).toEqual(objects);
  await transaction.close();
});

test('no key, another key, the same certificate on two keys', async () => {
  writeFileSync(join(rig.folder, serial, 'unplugged'), '');
  await expect(begin()).rejects.toMatchObject({ code: 'token/none' });
  const other = await rig.addToken('Other');
  await expect(begin()).rejects.toMatchObject({ code: 'token/other-certificate' });
  rmSync(join(rig.folder, serial, 'unplugged'));
  makeToken(rig.folder, { serial: other, label: 'Copy', pin: PIN });
  writeToken(rig.folder, { ...readToken(rig.folder, serial), serial: other });
  await expect(begin()).rejects.toMatchObject({ code: 'token/several' });
});

test.each(['/nowhere/module.so', process.execPath])('%s is no PKCS#11 module', async (module) => {
  const driver = { command: process.execPath, args: [bundle('bridge-agent/token/pkcs11-worker.ts'), module], env: {} };
  await expect(begin(newTransaction([driver]))).rejects.toMatchObject({ code: 'token/driver-missing' });
});

test('a driver that does not start, ends at once or talks nonsense is told apart from a missing key', async () => {
  const missing = { command: join(rig.folder, 'no-such-program'), args: [], env: {} };
  await expect(begin(newTransaction([missing]))).rejects.toMatchObject({ code: 'token/driver-failed' });
  const ends = { command: process.execPath, args: ['-e', 'process.exit(3)'], env: {} };
  await expect(begin(newTransaction([ends]))).rejects.toMatchObject({ code: 'token/driver-failed' });
  const chatter = { command: process.execPath, args: ['-e', 'require("fs").writeSync(3, "hello\\n")'], env: {} };
  await expect(begin(newTransaction([chatter]))).rejects.toMatchObject({ code: 'token/driver-failed' });
  // another driver can still find the key
  await begin(newTransaction([ends, rig.driver]));
});

test('a key pulled out between two steps is told, and the next run goes on', async () => {
  await begin();
  const unplugged = join(rig.folder, serial, 'unplugged');
  writeFileSync(unplugged, '');
  await expect(csr()).rejects.toMatchObject({ code: 'token/removed' });
  rmSync(unplugged);
  pins = [PIN];
  await transaction.close();
  await begin();
  expect((await csr()).csr).not.toBe('');
  await transaction.close();
});

test('a request for an old nonce is sent again as it was; a new nonce gets a new proof over the same request', async () => {
  await begin();
  const first = await csr();
  expect(await csr()).toEqual(first);
  const args = { ...same(), caseId, nonce: 'ee'.repeat(32), serverId: 'cd'.repeat(8), proofExpiresAt: NOW + 600_000 };
  const second = await transaction.makeRequest(args, signal);
  expect(second.csr).toBe(first.csr);
  expect(second.proof).not.toBe(first.proof);
  await expect(
    transaction.makeRequest({ ...args, nonce: 'dd'.repeat(32), proofExpiresAt: NOW }, signal),
  ).rejects.toMatchObject({
    code: 'proof/expired',
  });
  await transaction.close();
});

test('a key that vanished after its request was sent is not made again', async () => {
  await begin();
  await csr();
  const id = keyId(txnId, 'sign');
  change({ objects: readToken(rig.folder, serial).objects.filter((object) => object.id !== id) });
  const args = { ...same(), caseId, nonce: 'ee'.repeat(32), serverId: 'cd'.repeat(8), proofExpiresAt: NOW + 600_000 };
  await expect(transaction.makeRequest(args, signal)).rejects.toMatchObject({ code: 'token/changed-outside' });
  await transaction.close();
});

test.each<[string, (spki: Buffer) => Promise<Buffer>]>([
  ['of another key', () => authority.issue({ spki: oldSpki(), notAfter: new Date('2027-06-15T10:00:00Z') })],
  [
    'of another CA',
    async (spki) => (await TestAuthority.create()).issue({ spki, notAfter: new Date('2027-06-15T10:00:00Z') }),
  ],
  [
    'for another subject',
    (spki) => authority.issue({ spki, subject: 'CN=Somebody', notAfter: new Date('2027-06-15T10:00:00Z') }),
  ],
  // 23:59:59 on the 14th in Shanghai
  ['that ends a day too early', (spki) => authority.issue({ spki, notAfter: new Date('2027-06-14T15:59:59Z') })],
  [
    'that has not begun',
    (spki) => authority.issue({ spki, notBefore: new Date('2026-05-21'), notAfter: new Date('2027-07-01') }),
  ],
  ['that is none', () => Promise.resolve(Buffer.from('30030201', 'hex'))],
])('a certificate %s is not written', async (_what, make) => {
  await begin();
  await csr();
  const certificate = await make(newSpki());
  await expect(write(certificate)).rejects.toMatchObject({ code: 'certificate/not-acceptable' });
  expect(new FileDriver(rig.folder).certificates(serial)).toHaveLength(1);
  await transaction.close();
});

test('a certificate that ends on the first second of the promised day is written once', async () => {
  await begin();
  await csr();
  const certificate = await authority.issue({ spki: newSpki(), notAfter: new Date('2027-06-14T16:00:00Z') });
  await write(certificate);
  await write(certificate);
  expect(new FileDriver(rig.folder).certificates(serial)).toHaveLength(2);
  // another certificate for the same key has no place
  const second = await authority.issue({ spki: newSpki(), notAfter: new Date('2027-06-15T16:00:00Z') });
  await expect(write(second)).rejects.toMatchObject({ code: 'token/changed-outside' });
});

function oldSpki(): Buffer {
  return Buffer.from(new FileDriver(rig.folder).keys(serial, OLD_ID).spki ?? '', 'base64');
}
