import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { startEmbeddedPostgres, type EmbeddedPostgres } from './embedded-postgres.ts';
import { openStore } from './db.ts';

let folder: string;
const started: EmbeddedPostgres[] = [];
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'pg-'));
  chmodSync(folder, 0o755);
});
afterEach(async () => {
  for (const server of started.splice(0)) await server.stop();
  rmSync(folder, { recursive: true });
});

const at = (place = folder) => path.join(place, 'postgres');

async function start(place?: string): Promise<EmbeddedPostgres> {
  const server = await startEmbeddedPostgres(at(place));
  started.push(server);
  return server;
}

async function ask(server: EmbeddedPostgres, sql: string): Promise<unknown> {
  const store = openStore(server.address);
  try {
    return (await store.pool.query<Record<string, unknown>>(sql)).rows[0];
  } finally {
    await store.close();
  }
}

const pid = () => Number(readFileSync(path.join(at(), 'data/postmaster.pid'), 'utf8').split('\n')[0]);

test('it opens no port, writes to the disk, and takes nobody but its owner', async () => {
  const server = await start();
  expect(
    await ask(
      server,
      `select current_setting('listen_addresses') as ports, current_setting('fsync') as fsync,
    current_setting('unix_socket_permissions') as socket`,
    ),
  ).toEqual({ ports: '', fsync: 'on', socket: '0700' });
});

test('what was written is there after a stop and a start', async () => {
  const first = await start();
  await ask(first, 'create table kept as select 7 as n');
  await started.pop()!.stop();
  expect(existsSync(path.join(at(), 'data/postmaster.pid'))).toBe(false);
  expect(await ask(await start(), 'select n from kept')).toEqual({ n: 7 });
});

test('two that start at once share one server, and it stays until the last one leaves', async () => {
  const [one, two] = await Promise.all([start(), start()]);
  expect([one.adopted, two.adopted].toSorted()).toEqual([false, true]);
  const store = openStore(two.address);
  await store.pool.query('select 1');
  await one.stop();
  expect((await store.pool.query('select 1')).rowCount).toBe(1);
  await store.close();
});

test('a server that outlived its process is adopted', async () => {
  await start();
  started.pop(); // its process is killed: nobody stops it
  const running = pid();
  const again = await start();
  expect(again.adopted).toBe(true);
  expect(pid()).toBe(running);
});

test('a killed server starts again with everything that was acknowledged', async () => {
  const server = await start();
  await ask(server, 'create table kept as select 7 as n');
  started.pop();
  process.kill(pid(), 'SIGKILL');
  const again = await start();
  expect(again.adopted).toBe(false);
  expect(await ask(again, 'select n from kept')).toEqual({ n: 7 });
});

test('a pid file that names somebody else’s process does not stop the start', async () => {
  await start();
  await started.pop()!.stop();
  const other = spawn('sleep', ['1000']);
  await once(other, 'spawn');
  writeFileSync(path.join(at(), 'data/postmaster.pid'), `${String(other.pid)}\n${at()}/data\n0\n5432\n${at()}\n`);
  expect((await start()).adopted).toBe(false);
  other.kill();
});

test('a folder whose path is too long for a socket gets a short one', async () => {
  const deep = path.join(folder, 'x'.repeat(100));
  const server = await start(deep);
  expect(Buffer.byteLength(server.address.host)).toBeLessThan(90);
  expect(await ask(server, 'select 1 as n')).toEqual({ n: 1 });
  expect((await start(deep)).address.host).toBe(server.address.host);
});

test('in a folder that only its owner enters, the data are found again and belong to the folder', async () => {
  chmodSync(folder, 0o700);
  const server = await start();
  // root runs the server as another user, who cannot get there
  const note = `${at()}.place`;
  const place = process.getuid?.() === 0 ? readFileSync(note, 'utf8') : at();
  expect(server.address.host).toBe(place);
  await ask(server, 'create table kept as select 7 as n');
  await started.pop()!.stop();
  expect(await ask(await start(), 'select n from kept')).toEqual({ n: 7 });
  await started.pop()!.stop();
  rmSync(place, { recursive: true });
  rmSync(note, { force: true });
  expect(await ask(await start(), `select to_regclass('kept') as kept`)).toEqual({ kept: null });
  await started.pop()!.stop();
  if (existsSync(note)) rmSync(readFileSync(note, 'utf8'), { recursive: true, force: true });
});
