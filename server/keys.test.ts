import { mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { openKeys } from './keys.ts';

let dataDir: string;
beforeEach(() => void (dataDir = mkdtempSync(path.join(tmpdir(), 'keys-'))));
afterEach(() => rmSync(dataDir, { recursive: true }));

const open = () => openKeys({ dataDir, masterKey: undefined, bridgeKeys: undefined });

test('an evaluation makes its keys once, for its owner only', () => {
  const keys = open();
  expect(new Set([keys.master, keys.bridge.current, keys.bridge.next].map((key) => key.toString('hex')))).toHaveLength(
    3,
  );
  expect(open()).toEqual(keys);
  const folder = path.join(dataDir, 'keys');
  expect(statSync(folder).mode & 0o777).toBe(0o700);
  for (const file of readdirSync(folder)) expect(statSync(path.join(folder, file)).mode & 0o777).toBe(0o600);
});

test('keys of the environment are used and nothing is written', () => {
  const key = Buffer.alloc(32, 5);
  const keys = openKeys({ dataDir, masterKey: key, bridgeKeys: { current: key, next: key } });
  expect(keys.master).toEqual(key);
  expect(readdirSync(dataDir)).toEqual([]);
});

test('a damaged key file is a defect that is told, not replaced', () => {
  open();
  writeFileSync(path.join(dataDir, 'keys/master'), 'short');
  expect(open).toThrow('does not hold a key of 32 bytes');
});
