import pg from 'pg';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { freshDatabase } from '../tests/database.ts';
import type { Store } from './db.ts';
import { createHints, type Hint, type Hints } from './hints.ts';

const NEWS = { kind: 'conversation', conversationId: 'c-1' } as const;
const quiet = { warn: () => {} };

let store: Store;
const opened: Hints[] = [];
beforeAll(async () => void (store = await freshDatabase()));
afterAll(async () => {
  for (const hints of opened) await hints.stop();
  await store.close();
});

async function process(): Promise<Hints> {
  const hints = createHints(store.address, quiet);
  opened.push(hints);
  await hints.start();
  return hints;
}

const next = (hints: Hints) => new Promise<Hint>((resolve) => hints.on(resolve));

test('this process hears at once, once', async () => {
  const hints = await process();
  const heard: Hint[] = [];
  const stop = hints.on((hint) => heard.push(hint));
  hints.tell([NEWS]);
  expect(heard).toEqual([NEWS]);
  stop();
  hints.tell([NEWS]);
  expect(heard).toHaveLength(1);
});

test('the others hear soon, and not what they said themselves', async () => {
  const [one, two] = [await process(), await process()];
  const heardByOne: Hint[] = [];
  one.on((hint) => heardByOne.push(hint));
  const heard = next(two);
  one.tell([NEWS]);
  expect(await heard).toEqual(NEWS);
  const back = { kind: 'work' } as const;
  two.tell([back]);
  await expect.poll(() => heardByOne).toEqual([NEWS, back]);
});

test('more than fits into one notification is told in several', async () => {
  const [one, two] = [await process(), await process()];
  const heard = new Set<string>();
  two.on((hint) => {
    if (hint.kind === 'conversation') heard.add(hint.conversationId);
  });
  one.tell(Array.from({ length: 300 }, (_, i) => ({ kind: 'conversation', conversationId: `${'x'.repeat(40)}${i}` })));
  await expect.poll(() => heard.size).toBe(300);
});

test('what others write into the channel is not heard', async () => {
  const hints = await process();
  const heard = next(hints);
  const client = new pg.Client(store.address);
  await client.connect();
  for (const payload of ['', 'x', '{}', '{"from":"y","hints":[{"kind":"other"}]}'])
    await client.query('select pg_notify($1, $2)', ['xuqi', payload]);
  await client.query('select pg_notify($1, $2)', ['xuqi', JSON.stringify({ from: 'y', hints: [NEWS] })]);
  expect(await heard).toEqual(NEWS);
  await client.end();
});

test('a broken connection is opened again, and everybody is told that something may have been missed', async () => {
  const [hints, other] = [await process(), await process()];
  const gap = new Promise<void>((resolve) => hints.onGap(resolve));
  const { rows } = await store.pool.query<{ pid: number }>(
    `select pid from pg_stat_activity where query like 'listen%' or query like 'select pg_notify%'`,
  );
  for (const { pid } of rows) await store.pool.query('select pg_terminate_backend($1)', [pid]);
  await gap;
  const heard = next(hints);
  const again = setInterval(() => other.tell([NEWS]), 20);
  expect(await heard).toEqual(NEWS);
  clearInterval(again);
});
