import { mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { newEnd } from '../../renewal/window.ts';
import { childOf } from '../../tests/child-of.ts';
import { packedProof, softKey, type SoftKey } from '../../tests/soft-key.ts';
import { readCertificate, type CertificateView } from '../pki/certificate.ts';
import { embeddedCa } from '../providers/ca/embedded.ts';
import type { CertificateOrder } from '../providers/ca/port.ts';
import { openAuthority } from './authority.ts';
import { listen, SocketTaken } from './listen.ts';
import { startCaProcess, type CaProcess } from './process.ts';

let folder: string;
let socket: string;
let running: CaProcess[];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'ca-'));
  socket = join(folder, 'ca/ca.sock');
  running = [];
});
afterEach(async () => {
  await Promise.all(running.map((ca) => ca.stop()));
  rmSync(folder, { recursive: true });
});

async function start(env: NodeJS.ProcessEnv = {}): Promise<CaProcess> {
  const { PATH } = process.env;
  const ca = await startCaProcess({
    env: { PATH, DATA_DIR: folder, ...env },
    execArgv: ['--no-warnings', '--import', 'tsx'],
    complained: () => undefined,
  });
  running.push(ca);
  return ca;
}

/** A first certificate given by an operator's own process, beside the running CA. */
function firstCertificate(key: SoftKey): CertificateView {
  const issuer = { country: 'CN', organization: 'unused', commonName: 'unused' };
  const beside = openAuthority({ folder: join(folder, 'ca'), now: Date.now, issuer, backdatedYears: 0 });
  const notAfter = Math.floor(Date.now() / 1000) * 1000 + 20 * 86_400_000;
  const notBefore = notAfter - 366 * 86_400_000;
  return readCertificate(beside.issueFirst({ subject: { commonName: 'x' }, spki: key.spki, notBefore, notAfter }));
}

function order(old: CertificateView, key: SoftKey, fresh: SoftKey): CertificateOrder {
  const notBefore = Math.floor(Date.now() / 1000) * 1000;
  const proof = {
    caseId: '7a6c8a52-1c9f-4a0e-9a53-3a1c6f0b2c11',
    serverId: '00'.repeat(8),
    nonce: '11'.repeat(32),
    oldCertificateSha256: old.sha256,
    newSpkiSha256: fresh.spkiSha256,
    promisedDay: '2000-01-01',
    expiresAt: Date.now(),
  };
  return {
    requestId: `issue/${fresh.spkiSha256}`,
    csr: fresh.csr(old.subject),
    proof: packedProof(proof, key),
    profile: 'organisation',
    notBefore,
    notAfter: newEnd(old.notAfter, notBefore, 1),
    replaces: old.serial,
  };
}

test('request, ask, confirm and revoke over the socket', async () => {
  const { root } = await start();
  const ca = embeddedCa(socket);
  const key = softKey();
  const old = firstCertificate(key);
  expect(old.issuer).toEqual(root.subject);
  const asked = order(old, key, softKey());

  expect(await ca.ask(asked.requestId)).toEqual({ kind: 'unknown-request' });
  const answer = await ca.request(asked);
  expect(answer.kind).toBe('issued');
  expect(await ca.ask(asked.requestId)).toEqual(answer);
  await ca.confirm(asked.requestId);
  await ca.confirm(asked.requestId);
  await ca.revoke(old.serial, 'superseded');
  await ca.revoke(old.serial, 'superseded');
  expect(await ca.request(order(old, key, softKey()))).toEqual({
    kind: 'rejected',
    reason: 'replaced certificate is revoked',
  });
  await expect(ca.revoke('AB', 'superseded')).rejects.toThrow('500');
});

test('only its own user may open the socket', async () => {
  await start();
  expect(statSync(socket).mode & 0o777).toBe(0o600);
});

test('a CA that is not there surely was not asked', async () => {
  await expect(embeddedCa(socket).ask('x')).rejects.toMatchObject({ code: 'ca/unreachable' });
});

test('killed again and again while it issues, it comes back and every request has one certificate', async () => {
  const { pid } = await start();
  const ca = embeddedCa(socket);
  const orders = Array.from({ length: 12 }, () => {
    const key = softKey();
    return order(firstCertificate(key), key, softKey());
  });
  const heard = new Map<string, Buffer>();
  for (const [i, asked] of orders.entries()) {
    await untilAnswered(() => ca.ask('is it there?'));
    const answers = Array.from({ length: 3 }, () => ca.request(asked).catch(() => undefined));
    // a request is on its way, or not yet, or was answered
    for (let turns = 0; turns < i; turns++) await new Promise((resolve) => setImmediate(resolve));
    if (i % 2 === 0) process.kill(pid()!, 'SIGKILL');
    for (const answer of await Promise.all(answers)) {
      if (answer?.kind !== 'issued') continue;
      expect(heard.get(asked.requestId) ?? answer.certificate).toEqual(answer.certificate);
      heard.set(asked.requestId, answer.certificate);
    }
  }
  for (const asked of orders) {
    const answer = await untilAnswered(() => ca.request(asked));
    if (answer.kind !== 'issued') throw new Error(answer.kind);
    expect(heard.get(asked.requestId) ?? answer.certificate).toEqual(answer.certificate);
    expect(readCertificate(answer.certificate).spkiSha256).toBe(asked.requestId.slice('issue/'.length));
  }
  expect(readdirSync(join(folder, 'ca/issued')).filter((name) => name.endsWith('.der'))).toHaveLength(
    2 * orders.length,
  );
});

test('killed before it is ready, it is started again', async () => {
  const starting = start();
  const first = await vi.waitUntil(() => childOf(process.pid, 'embedded-ca/main'), { timeout: 10_000, interval: 5 });
  process.kill(first, 'SIGKILL');
  const { pid } = await starting;
  expect(pid()).not.toBe(first);
  expect(await embeddedCa(socket).ask('is it there?')).toEqual({ kind: 'unknown-request' });
});

test('a second CA does not take the socket of a running one', async () => {
  await start();
  const issuer = { country: 'CN', organization: 'unused', commonName: 'unused' };
  const second = openAuthority({ folder: join(folder, 'ca'), now: Date.now, issuer, backdatedYears: 0 });
  await expect(listen(second, socket, () => undefined)).rejects.toThrow(SocketTaken);
});

test('in production it does not start without a passphrase', async () => {
  const filled = ['MASTER_KEY', 'BRIDGE_KEY', 'BRIDGE_KEY_NEXT'].map((name) => [
    name,
    Buffer.alloc(32).toString('base64'),
  ]);
  const urls = ['PUBLIC_URL', 'SMS_ENDPOINT'].map((name) => [name, 'https://xuqi.example']);
  const sms = ['ACCESS_KEY_ID', 'ACCESS_KEY_SECRET', 'SIGN_NAME', 'TEMPLATE_CODE'].map((name) => [`SMS_${name}`, 'x']);
  const env = { MODE: 'production', ...(Object.fromEntries([...filled, ...urls, ...sms]) as NodeJS.ProcessEnv) };
  await expect(start(env)).rejects.toThrow('CA_PASSPHRASE');
  await start({ ...env, CA_PASSPHRASE: 'correct horse' });
});

test.each([
  { what: 'a request without its fields', path: '/request', body: '{}' },
  { what: 'no JSON', path: '/request', body: 'x' },
  { what: 'an empty id', path: '/ask', body: '{"requestId":""}' },
  { what: 'a field more', path: '/ask', body: '{"requestId":"x","more":1}' },
  { what: 'another path', path: '/sign', body: '{}' },
  { what: 'too many bytes', path: '/ask', body: `{"requestId":"x"}${' '.repeat(70_000)}` },
])('$what is not a question and is refused', async ({ path, body }) => {
  await start();
  const status = await new Promise((resolve) => {
    const asked = request({ socketPath: socket, path, method: 'POST' }, (response) => {
      response.resume();
      resolve(response.statusCode);
    });
    asked.once('error', () => resolve('cut off'));
    asked.end(body);
  });
  expect([400, 'cut off']).toContain(status);
});

/** The CA is started again after a moment; asking it in a loop is how to know. */
async function untilAnswered<T>(ask: () => Promise<T>): Promise<T> {
  for (;;) {
    try {
      return await ask();
    } catch {
      await new Promise((resolve) => setImmediate(resolve));
    }
  }
}
