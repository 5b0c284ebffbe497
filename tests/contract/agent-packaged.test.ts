/** The agent as it is shipped: what is baked in holds, and it does not run where others could put code into it. */
import { generateKeyPairSync } from 'node:crypto';
import { spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { buildSync } from 'esbuild';
import { beforeAll, expect, test } from 'vitest';
import { words } from '../../bridge-agent/words.ts';
import { TestAuthority } from './test-authority.ts';

let agent: string;

beforeAll(async () => {
  agent = join(mkdtempSync(join(tmpdir(), 'packaged-')), 'agent.mjs');
  const pinned = generateKeyPairSync('ed25519').publicKey.export({ type: 'spki', format: 'der' });
  const baked = {
    server: 'wss://renewal.example/bridge',
    pinnedKeys: [pinned.toString('base64')],
    serverId: '00'.repeat(8),
    drivers: [{ kind: 'pkcs11', module: '/usr/lib/softhsm/libsofthsm2.so' }],
    issuers: [(await TestAuthority.create()).certificate.toString('base64')],
  };
  buildSync({
    entryPoints: ['bridge-agent/packaged.ts'],
    outfile: agent,
    bundle: true,
    platform: 'node',
    format: 'esm',
    external: ['pkcs11js', 'bufferutil', 'utf-8-validate'],
    banner: {
      js: "import { createRequire as requireFrom } from 'node:module'; const require = requireFrom(import.meta.url);",
    },
    define: { BAKED_CONFIG: JSON.stringify(baked) },
  });
  mkdirSync(dirname(agent), { recursive: true });
  chmodSync(dirname(agent), 0o755);
  chmodSync(agent, 0o755);
});

/** As somebody who is not root, where the tests are. */
function run(env: NodeJS.ProcessEnv) {
  const home = mkdtempSync(join(tmpdir(), 'home-'));
  chmodSync(home, 0o777);
  const ids = process.getuid?.() === 0 ? { uid: 65534, gid: 65534 } : {};
  return spawnSync(process.execPath, [agent], {
    env: { PATH: process.env['PATH'], HOME: home, ...env },
    cwd: resolve('/'),
    encoding: 'utf8',
    ...ids,
  });
}

test('it refuses to run with NODE_OPTIONS', () => {
  const { status, stderr } = run({ NODE_OPTIONS: '--no-deprecation' });
  expect({ status, stderr: stderr.trim() }).toEqual({ status: 1, stderr: words('node-options') });
});

test('otherwise it asks for a terminal, and takes no server from the environment', () => {
  const { status, stderr } = run({ DATA_DIR: '/tmp', BAKED_CONFIG: '{}' });
  expect({ status, stderr: stderr.trim() }).toEqual({ status: 1, stderr: words('no-terminal') });
  expect(readFileSync(agent, 'utf8')).not.toContain('agent-development.json');
});

test('it refuses to run as administrator, and as nobody else', () => {
  const { status, stderr } = spawnSync(process.execPath, [agent], {
    env: { PATH: process.env['PATH'], HOME: mkdtempSync(join(tmpdir(), 'home-')) },
    encoding: 'utf8',
  });
  const why = process.getuid?.() === 0 ? 'as-administrator' : 'no-terminal';
  expect({ status, stderr: stderr.trim() }).toEqual({ status: 1, stderr: words(why) });
});
