import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { takeBootLock } from './boot-lock.ts';

let folder: string;
let file: string;
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'lock-'));
  file = path.join(folder, 'boot.lock');
});
afterEach(() => rmSync(folder, { recursive: true }));

test('whoever comes second waits for the first', async () => {
  const events: string[] = [];
  const release = await takeBootLock(file);
  const second = takeBootLock(file).then((releaseSecond) => {
    events.push('taken');
    releaseSecond();
  });
  events.push('released');
  release();
  await second;
  expect(events).toEqual(['released', 'taken']);
  expect(readdirSync(folder)).toEqual([]);
});

test.each([
  ['a process that is gone', String(spawnSync('true').pid)],
  ['a process whose number somebody else has now', `${process.pid} started 1`],
])('a lock of %s holds nobody up', async (_, holder) => {
  writeFileSync(file, holder);
  const release = await takeBootLock(file);
  release();
  expect(readdirSync(folder)).toEqual([]);
});

test('of many that come at once, one has it at a time', async () => {
  writeFileSync(file, `${process.pid} started 1`);
  let holders = 0;
  await Promise.all(
    Array.from({ length: 8 }, async () => {
      const release = await takeBootLock(file);
      expect(++holders).toBe(1);
      await Promise.resolve();
      holders--;
      release();
    }),
  );
});
