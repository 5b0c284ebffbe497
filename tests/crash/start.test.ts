/** What `npm start` promises about beginning and ending, on the real programs. */
import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Product, ROOT } from '../journeys/product.ts';

const NOON = '2026-03-10T12:00:00+08:00';

let product: Product;
beforeAll(async () => {
  product = new Product([]);
  await product.runAt(NOON);
});
afterAll(() => product.dispose());

const ready = async () => (await fetch(`${product.chat}/readyz`)).status;

/** The programs that the running start has noted. */
function programs(): { pid: number }[] {
  return (JSON.parse(readFileSync(path.join(product.folder, 'start.lock'), 'utf8')) as { programs: { pid: number }[] })
    .programs;
}

/** A program that has ended and was not collected by anybody yet has no command line any more. */
function isAlive({ pid }: { pid: number }): boolean {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8') !== '';
  } catch {
    return false;
  }
}

/** A start that is expected to refuse. */
function startOnce(env: NodeJS.ProcessEnv) {
  const { status, stderr } = spawnSync(process.execPath, ['scripts/start.mjs'], {
    cwd: ROOT,
    env: product.env(env),
    encoding: 'utf8',
  });
  return { status, stderr: stderr.trim() };
}

test('the server says that it is ready', async () => {
  expect(await ready()).toBe(200);
});

test('a second start on the same folder says who has it, and the first goes on', async () => {
  const { status, stderr } = startOnce({ PORT: '1' });
  expect(status).toBe(1);
  expect(stderr).toMatch(/^\S+ is in use by another npm start \(process \d+\); end that one first\.$/);
  expect(await ready()).toBe(200);
});

test('after a kill of npm start, the next start works', async () => {
  const left = programs();
  await product.kill();
  await product.runAt(NOON);
  expect(left.filter(isAlive)).toEqual([]);
  expect(await ready()).toBe(200);
});

test('after a kill of the server, npm start ends, and the next start works', async () => {
  const [server] = programs();
  const ended = product.ended();
  process.kill(server!.pid, 'SIGKILL');
  expect(await ended).toBe(1);
  await product.runAt(NOON);
  expect(await ready()).toBe(200);
});

test('asked to end, it ends all that it started and gives the folder free', async () => {
  const started = programs();
  await product.stop();
  expect(started.filter(isAlive)).toEqual([]);
  expect(existsSync(path.join(product.folder, 'start.lock'))).toBe(false);
});

test('a taken port is one sentence with the way out', async () => {
  const other = createServer().listen(0, '127.0.0.1');
  await once(other, 'listening');
  const port = String((other.address() as AddressInfo).port);
  const { status, stderr } = startOnce({ PORT: port });
  other.close();
  expect(status).toBe(1);
  expect(stderr).toBe(`Port ${port} is taken by another program; choose another with PORT=… npm start.`);
});
