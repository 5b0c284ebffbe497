/**
 * Killed at any point and run again: exactly one new pair and one certificate, and everything that was on the key
 * before is untouched. Real processes, real SIGKILL, on every kind of key.
 */
import { createHash, createPublicKey, randomBytes, X509Certificate } from 'node:crypto';
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, statSync, truncateSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { readCertificate } from '../../bridge-agent/certificate.ts';
import { keyId } from '../../bridge-agent/key-names.ts';
import { readProof, verifyBytes } from '../../bridge-agent/protocol.ts';
import type { CommandResult } from '../../bridge-agent/protocol.ts';
import type { Algorithm, TokenObject } from '../../bridge-agent/token/port.ts';
import { TokenProcess } from '../../bridge-agent/token/process.ts';
import { verify } from 'node:crypto';
import type { Renewal } from './renewal-on-token.ts';
import { TestAuthority } from './test-authority.ts';
import { bundle, PIN, sandboxRig, softHsmRig } from './token-rigs.ts';
import type { Rig } from './token-rigs.ts';

const NOW = Date.parse('2026-05-20T10:00:00+08:00');
const OLD_END = new Date('2026-06-15T15:59:59Z');
const NEW_END = new Date('2027-06-15T15:59:59Z');
const OLD_ID = 'a1'.repeat(16);

const POINTS = [
  ...['T3 done', 'T2 done'],
  ...['T4 begin', 'T4 inside', 'T4 acted', 'T4 done'],
  ...['T6 begin', 'T6 acted', 'T6 done'],
  ...['T9 done', 'T10 begin', 'T10 inside', 'T10 acted', 'T10 done'],
  ...['T12 begin', 'T12 acted', 'T12 done'],
];

/** Where the token and the journal know different things. */
const DOUBTFUL = ['T4 acted', 'T4 done', 'T6 done', 'T10 acted', 'T10 done'];

let authority: TestAuthority;
let entry: string;
beforeAll(async () => {
  authority = await TestAuthority.create();
  entry = bundle('tests/contract/renewal-on-token.ts');
});

interface Ready {
  readonly rig: Rig;
  readonly serial: string;
  readonly old: Buffer;
  readonly before: readonly TokenObject[];
  readonly renewal: Renewal;
}

async function keyToRenew(rig: Rig, algorithm: Algorithm = 'P-256'): Promise<Ready> {
  const serial = await rig.addToken(`Unit ${randomBytes(4).toString('hex')}`);
  const tokens = new TokenProcess(rig.driver);
  try {
    await tokens.login(serial, Buffer.from(PIN));
    await tokens.generate(serial, { id: OLD_ID, label: 'old', algorithm });
    const spki = Buffer.from((await tokens.keys(serial, OLD_ID)).spki ?? '', 'base64');
    const old = await authority.issue({ spki, notBefore: new Date('2025-06-15'), notAfter: OLD_END });
    await tokens.writeCertificate(serial, { id: OLD_ID, label: 'old', der: old });
    const renewal = {
      driver: rig.driver,
      dataFolder: mkdtempSync(join(tmpdir(), 'agent-')),
      txnId: randomBytes(16).toString('hex'),
      certificateSha256: createHash('sha256').update(old).digest('hex'),
      issuer: authority.certificate.toString('base64'),
      promisedDay: '2027-06-15',
      now: NOW,
      pin: PIN,
      killAt: 'never',
    };
    return { rig, serial, old, before: await tokens.objects(serial), renewal };
  } finally {
    await tokens.stop();
  }
}

const issuedFor = new Map<string, string>();

/** One certificate for one key, as the CA does it. */
async function issue(csr: Buffer): Promise<string> {
  const spki = createPublicKey(
    execFileSync('openssl', ['req', '-inform', 'DER', '-noout', '-verify', '-pubkey'], {
      input: csr,
      stdio: ['pipe', 'pipe', 'ignore'],
    }),
  ).export({ type: 'spki', format: 'der' });
  const name = spki.toString('hex');
  const issued = issuedFor.get(name) ?? (await authority.issue({ spki, notAfter: NEW_END })).toString('base64');
  issuedFor.set(name, issued);
  return issued;
}

interface Run {
  readonly signal: NodeJS.Signals | null;
  readonly code: number | null;
  readonly made?: CommandResult<'renew.csr'>;
  readonly verified?: CommandResult<'renew.verify'>;
}

async function run(renewal: Renewal): Promise<Run> {
  const child = fork(entry, [JSON.stringify(renewal)], { stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
  const seen: { made?: CommandResult<'renew.csr'>; verified?: CommandResult<'renew.verify'> } = {};
  child.on('message', (message: CommandResult<'renew.csr'> | CommandResult<'renew.verify'>) => {
    if ('oldObjects' in message) seen.verified = message;
    else {
      seen.made = message;
      void issue(Buffer.from(message.csr, 'base64')).then((certificate) => child.send(certificate));
    }
  });
  const [code, signal] = (await once(child, 'exit')) as [number | null, NodeJS.Signals | null];
  return { code, signal, ...seen };
}

/** What is on the key at the end: what was there, and just one pair with its certificate. */
async function expectRenewedOnce({ rig, serial, before, renewal }: Ready): Promise<void> {
  const tokens = new TokenProcess(rig.driver);
  try {
    await tokens.login(serial, Buffer.from(PIN));
    const after = await tokens.objects(serial);
    expect(after).toEqual(expect.arrayContaining([...before]));
    const id = keyId(renewal.txnId, 'sign');
    const added = after.filter((object) => object.id !== OLD_ID);
    expect(added.map((object) => object.class).sort()).toEqual(['certificate', 'private-key', 'public-key']);
    expect(added.every((object) => object.id === id)).toBe(true);
    const der = (await tokens.certificates(serial)).find((certificate) => certificate.id === id)?.der ?? '';
    const { spki } = readCertificate(Buffer.from(der, 'base64'));
    expect((await tokens.keys(serial, id)).spki).toBe(spki.toString('base64'));
  } finally {
    await tokens.stop();
  }
}

const journalOf = ({ renewal }: Ready) => join(renewal.dataFolder, 'journal', `${renewal.txnId}.jsonl`);

describe.each([
  { rig: softHsmRig(), points: POINTS },
  { rig: sandboxRig(), points: DOUBTFUL },
])('$rig.name', ({ rig, points }) => {
  test.each(['P-256', 'RSA-2048'] as const)(
    'a %s key is renewed, proven by its old key and by use',
    async (algorithm) => {
      const ready = await keyToRenew(rig, algorithm);
      const { code, made, verified } = await run(ready.renewal);
      expect(code).toBe(0);
      await expectRenewedOnce(ready);

      const old = new X509Certificate(ready.old);
      const proof = Buffer.from(made?.proof ?? '', 'base64');
      expect(verify('sha256', proof, old.publicKey, Buffer.from(made?.proofSignature ?? '', 'base64'))).toBe(true);
      expect(readProof(proof)).toMatchObject({ promisedDay: '2027-06-15', nonce: 'ab'.repeat(32) });

      const issued = new X509Certificate(Buffer.from(verified?.certificate ?? '', 'base64'));
      const bytes = verifyBytes(ready.renewal.txnId, 'ef'.repeat(32), readCertificate(issued.raw).sha256);
      expect(verify('sha256', bytes, issued.publicKey, Buffer.from(verified?.signature ?? '', 'base64'))).toBe(true);
      expect(verified).toMatchObject({ oldObjects: true, tokenSerialTail: ready.serial.slice(-4) });
      expect(issued.subject).toBe(old.subject);
    },
  );

  test.each(points)('killed at %s and run again: one pair, one certificate', async (killAt) => {
    const ready = await keyToRenew(rig);
    expect((await run({ ...ready.renewal, killAt })).signal).toBe('SIGKILL');
    expect((await run(ready.renewal)).verified?.oldObjects).toBe(true);
    await expectRenewedOnce(ready);
  });

  test.each(DOUBTFUL)('killed at %s and continued on another PC: one pair, one certificate', async (killAt) => {
    const ready = await keyToRenew(rig);
    await run({ ...ready.renewal, killAt });
    await driverIsGone(ready);
    const elsewhere = { ...ready.renewal, dataFolder: mkdtempSync(join(tmpdir(), 'agent-')) };
    expect((await run(elsewhere)).verified?.oldObjects).toBe(true);
    await expectRenewedOnce(ready);
  });

  test.each(POINTS)(
    'killed at %s with the last line of the journal torn: one pair, one certificate',
    async (killAt) => {
      const ready = await keyToRenew(rig);
      await run({ ...ready.renewal, killAt });
      await driverIsGone(ready);
      truncateSync(journalOf(ready), statSync(journalOf(ready)).size - 20);
      expect((await run(ready.renewal)).verified?.oldObjects).toBe(true);
      await expectRenewedOnce(ready);
    },
  );

  test('run again when all is done: nothing is added, and the same request is handed in', async () => {
    const ready = await keyToRenew(rig);
    const first = await run(ready.renewal);
    const second = await run(ready.renewal);
    expect(second.made).toEqual(first.made);
    await expectRenewedOnce(ready);
  });

  test('the PIN is in no file of the agent', async () => {
    const ready = await keyToRenew(rig);
    await run(ready.renewal);
    const files = readdirSync(ready.renewal.dataFolder, { recursive: true, withFileTypes: true }).filter((f) =>
      f.isFile(),
    );
    expect(files.length).toBeGreaterThan(1);
    for (const file of files) expect(readFileSync(join(file.parentPath, file.name), 'latin1')).not.toContain(PIN);
  });
});

/** Nobody carries a key to another PC while the first still writes: its driver process has ended. */
async function driverIsGone(ready: Ready): Promise<void> {
  const pids = [...readFileSync(journalOf(ready), 'utf8').matchAll(/"pid":(\d+)/g)].map((found) => Number(found[1]));
  await expect.poll(() => pids.some((pid) => existsSync(`/proc/${pid}`)), { timeout: 30_000 }).toBe(false);
}
