/**
 * Keys for tests: the same key twice over, once in SoftHSM2 behind the PKCS#11 driver, once in files behind the
 * sandbox's. Workers are bundled once, as they are when the product runs.
 */
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { buildSync } from 'esbuild';
import { TokenProcess } from '../../bridge-agent/token/process.ts';
import type { DriverCommand } from '../../bridge-agent/token/process.ts';
import { makeToken } from '../../sandbox/tokens/token-file.ts';

export const PIN = '24681357';
const SO_PIN = '11112222';
export const SOFTHSM_MODULE = '/usr/lib/softhsm/libsofthsm2.so';

export interface Rig {
  readonly name: 'softhsm2' | 'sandbox';
  readonly driver: DriverCommand;
  /** Plugs in a further, empty key. */
  addToken(label: string): Promise<string>;
}

/** @returns the bundle's path; dependencies stay outside, as in development */
export function bundle(entry: string): string {
  // inside the repository, so that packages are found
  const folder = resolve('node_modules/.cache/xuqi-tests');
  mkdirSync(folder, { recursive: true });
  const outfile = join(mkdtempSync(join(folder, 'bundle-')), 'entry.mjs');
  buildSync({ entryPoints: [entry], outfile, bundle: true, platform: 'node', format: 'esm', packages: 'external' });
  return outfile;
}

export function softHsmRig(): Rig {
  const folder = mkdtempSync(join(tmpdir(), 'softhsm-'));
  const conf = join(folder, 'softhsm2.conf');
  mkdirSync(join(folder, 'tokens'));
  writeFileSync(
    conf,
    `directories.tokendir = ${join(folder, 'tokens')}\nobjectstore.backend = file\nlog.level = ERROR\n`,
  );
  const driver = {
    command: process.execPath,
    args: [bundle('bridge-agent/token/pkcs11-worker.ts'), SOFTHSM_MODULE],
    env: { SOFTHSM2_CONF: conf },
  };
  return {
    name: 'softhsm2',
    driver,
    addToken: async (label) => {
      execFileSync('softhsm2-util', ['--init-token', '--free', '--label', label, '--pin', PIN, '--so-pin', SO_PIN], {
        env: { ...process.env, SOFTHSM2_CONF: conf },
        stdio: 'ignore',
      });
      return serialOf(driver, label);
    },
  };
}

export function sandboxRig(): Rig & { readonly folder: string } {
  const folder = mkdtempSync(join(tmpdir(), 'sandbox-tokens-'));
  const driver = {
    command: process.execPath,
    args: [bundle('sandbox/tokens/worker.ts')],
    env: { SANDBOX_TOKENS: folder },
  };
  let made = 0;
  return {
    name: 'sandbox',
    folder,
    driver,
    addToken: (label) => {
      made += 1;
      const serial = `SB${String(made).padStart(14, '0')}`;
      makeToken(folder, { serial, label, pin: PIN });
      return Promise.resolve(serial);
    },
  };
}

async function serialOf(driver: DriverCommand, label: string): Promise<string> {
  const tokens = new TokenProcess(driver);
  try {
    const found = (await tokens.list()).find((token) => token.label === label);
    if (!found) throw new Error(`no token ${label}`);
    return found.serial;
  } finally {
    await tokens.stop();
  }
}
