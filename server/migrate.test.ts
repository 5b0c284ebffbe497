import { cpSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { freshDatabase, MIGRATIONS } from '../tests/database.ts';
import type { Store } from './db.ts';
import { migrate } from './migrate.ts';

let store: Store;
let folder: string;
beforeEach(async () => {
  store = await freshDatabase();
  folder = mkdtempSync(path.join(tmpdir(), 'migrations-'));
  cpSync(MIGRATIONS, folder, { recursive: true });
});
afterEach(async () => {
  await store.close();
  rmSync(folder, { recursive: true });
});

function add(name: string, sql: string): void {
  mkdirSync(path.join(folder, name));
  writeFileSync(path.join(folder, name, 'migration.sql'), sql);
}

test('a database that is up to date is left alone', async () => {
  expect(await migrate(store.pool, folder)).toEqual([]);
});

test('new migrations are applied in their order, once, whoever starts at the same time', async () => {
  add('29990102000000_b', 'insert into late values (1)');
  add('29990101000000_a', 'create table late (n int)');
  const applied = await Promise.all([migrate(store.pool, folder), migrate(store.pool, folder)]);
  expect(applied.flat()).toEqual(['29990101000000_a', '29990102000000_b']);
  expect((await store.pool.query('select * from late')).rowCount).toBe(1);
});

test('a migration that fails leaves nothing behind, and can be put right', async () => {
  add('29990101000000_a', 'create table late (n int); select nonsense()');
  await expect(migrate(store.pool, folder)).rejects.toMatchObject({ code: 'store/migration-failed' });
  expect((await store.pool.query(`select to_regclass('late') as late`)).rows).toEqual([{ late: null }]);
  writeFileSync(path.join(folder, '29990101000000_a/migration.sql'), 'create table late (n int)');
  expect(await migrate(store.pool, folder)).toEqual(['29990101000000_a']);
});

test('a migration that was edited after it was applied is refused', async () => {
  const [first] = readdirSync(folder);
  writeFileSync(path.join(folder, first!, 'migration.sql'), 'select 1');
  await expect(migrate(store.pool, folder)).rejects.toMatchObject({ code: 'store/migration-edited' });
});

test('a database of a newer release is refused', async () => {
  add('29990101000000_a', 'select 1');
  await migrate(store.pool, folder);
  rmSync(path.join(folder, '29990101000000_a'), { recursive: true });
  await expect(migrate(store.pool, folder)).rejects.toMatchObject({ code: 'store/newer-than-build' });
});
