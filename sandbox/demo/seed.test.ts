import { execFileSync } from 'node:child_process';
import { X509Certificate } from 'node:crypto';
import { existsSync, mkdtempSync, readFileSync, rmSync, unlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Store } from '../../server/db.ts';
import { freshDatabase } from '../../tests/database.ts';
import { plainEnvironment } from '../../tests/plain-environment.ts';

const ROOT = path.resolve(import.meta.dirname, '../..');
const SOFTHSM = ['/usr/lib/softhsm/libsofthsm2.so', '/usr/lib/x86_64-linux-gnu/softhsm/libsofthsm2.so'].find((file) =>
  existsSync(file),
);

let store: Store;
let folder: string;
beforeEach(async () => {
  store = await freshDatabase();
  folder = mkdtempSync(path.join(tmpdir(), 'seed-'));
});
afterEach(async () => {
  await store.close();
  rmSync(folder, { recursive: true });
});

interface Demo {
  readonly mobile: string;
  readonly pin: string;
  readonly driver: { readonly kind: string };
  readonly certificates: readonly { readonly serialTail: string; readonly token?: string }[];
}

function seed(env: NodeJS.ProcessEnv): Demo {
  const { address } = store;
  const url =
    'connectionString' in address
      ? address.connectionString
      : `postgresql://${address.user}@/${address.database}?host=${encodeURIComponent(address.host)}`;
  execFileSync(process.execPath, ['--import', 'tsx', 'sandbox/demo/seed.ts'], {
    cwd: ROOT,
    env: plainEnvironment({ DATA_DIR: folder, DATABASE_URL: url, ...env }),
  });
  return JSON.parse(readFileSync(path.join(folder, 'demo.json'), 'utf8')) as Demo;
}

const rows = () => store.db.certificate.findMany({ orderBy: { notAfter: 'asc' } });

describe.each([
  { kind: 'pkcs11', env: { SOFTHSM_MODULE: SOFTHSM } },
  { kind: 'worker', env: {} },
])('demo data on keys of kind $kind', ({ kind, env }) => {
  test('five certificates of one verified handler, two of them on keys; entered again, nothing changes', async () => {
    const first = seed(env);
    const before = await rows();
    // as if the first run had been killed right before its end
    unlinkSync(path.join(folder, 'demo.json'));
    const second = seed(env);

    expect(first.driver.kind).toBe(kind);
    expect(first.certificates.filter((one) => one.token !== undefined)).toHaveLength(2);
    expect(second).toEqual(first);
    expect(await rows()).toEqual(before);
    expect(before.map((row) => row.status)).toEqual(['good', 'good', 'revoked', 'good', 'good']);
    const root = new X509Certificate(readFileSync(path.join(folder, 'ca/root.der')));
    for (const row of before) expect(new X509Certificate(row.der).verify(root.publicKey)).toBe(true);
    const [handler, ...others] = await store.db.handler.findMany();
    expect(others).toEqual([]);
    expect(handler!.state).toMatchObject({ mobile: '138****6027' });
    expect(before.every((row) => row.contactMobileIndex === handler!.mobileIndex)).toBe(true);
  });
});
