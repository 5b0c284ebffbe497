import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, expect, test, vi } from 'vitest';
import { freshDatabase } from '../tests/database.ts';
import { createClock } from './clock.ts';
import type { Store } from './db.ts';
import type { Hint } from './hints.ts';
import { createTimers } from './timers.ts';

const NOON = Date.parse('2026-06-15T12:00:00+08:00');
const CASE = randomUUID();

let store: Store;
const hints: Hint[] = [];
beforeAll(async () => void (store = await freshDatabase()));
afterAll(() => store.close());
beforeEach(() => store.db.timer.deleteMany());

/** At `now` by the clock of the database, which goes on from there. */
function timersAt(now: number, report: (...all: unknown[]) => Promise<void>) {
  const quiet = { error: () => {}, warn: () => {} };
  const clock = { offsetMs: now - Date.now() };
  return createTimers({
    pool: store.pool,
    clock,
    log: quiet,
    writer: { report },
    tell: (all) => void hints.push(...all),
  });
}

const due = (key: string, dueAt: number) =>
  store.db.timer.create({ data: { key, thingId: CASE, dueAt: new Date(dueAt) } });

test('a deadline is told when it is due, once, and not before', async () => {
  await due('lapse/a', NOON);
  await due('lapse/b', NOON + 60 * 60_000);
  const told: unknown[][] = [];
  const timers = timersAt(NOON, async (...all) => void told.push(all));
  await timers.run();
  await timers.run();
  expect(told).toEqual([[CASE, 'timer/lapse/a', { type: 'report-time' }]]);
});

test('a connected computer of the case hears at once', async () => {
  await due('lapse/e', NOON);
  hints.splice(0);
  await timersAt(NOON, () => Promise.resolve()).run();
  expect(hints).toEqual([{ kind: 'effects', caseId: CASE }]);
});

test('one that could not be told is told later', async () => {
  await due('lapse/c', NOON);
  await timersAt(NOON, () => Promise.reject(new Error('no database'))).run();
  const told: unknown[] = [];
  await timersAt(NOON + 1_000, async (caseId) => void told.push(caseId)).run();
  expect(told).toEqual([]);
  await timersAt(NOON + 60_000, async (caseId) => void told.push(caseId)).run();
  expect(told).toEqual([CASE]);
});

test('many that are due at once are all told', async () => {
  for (let i = 0; i < 120; i++) await due(`lapse/${i}`, NOON - i);
  const told = new Set<unknown>();
  await timersAt(NOON, async (_, commandId) => void told.add(commandId)).run();
  expect(told.size).toBe(120);
});

test('a process whose clock is ahead tells nothing before the database’s clock does', async () => {
  await due('lapse/d', Date.now() + 60 * 60_000);
  const told: unknown[] = [];
  const ahead = vi.spyOn(Date, 'now').mockReturnValue(Date.now() + 2 * 60 * 60_000);
  const timers = createTimers({
    pool: store.pool,
    clock: createClock(),
    log: { error: () => {}, warn: () => {} },
    writer: { report: async (caseId) => void told.push(caseId) },
    tell: () => {},
  });
  await timers.run();
  ahead.mockRestore();
  expect(told).toEqual([]);
  expect(await store.db.timer.count({ where: { leasedUntil: null } })).toBe(1);
});
