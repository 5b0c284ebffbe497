import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import type { Report } from '../../renewal/commands.ts';
import { freshDatabase } from '../../tests/database.ts';
import { createClock, type Clock } from '../clock.ts';
import type { Store } from '../db.ts';
import type { EffectHandler, EffectRow, Outcome } from './port.ts';
import { createRunner, type Runner } from './runner.ts';

const CASE = randomUUID();
const LOOKED = { type: 'report-issuance-confirmed', serial: '1' } as const satisfies Report;
const hints = { on: () => () => {}, onGap: () => () => {} };

let store: Store;
beforeAll(async () => void (store = await freshDatabase()));
afterAll(() => store.close());
beforeEach(() => store.db.effect.deleteMany());

/** A clock that a test moves. */
function movable(): Clock & { move(ms: number): void } {
  let now = Date.now();
  return { offsetMs: 0, now: () => now, move: (ms) => (now += ms) };
}

interface Rig {
  readonly runner: Runner;
  readonly clock: ReturnType<typeof movable>;
  readonly calls: string[];
  readonly reports: unknown[][];
  readonly logged: unknown[];
}

/** A runner whose party outside answers, in turn, what the test says; the last answer for ever. */
function rig(...answers: (Outcome | Error)[]): Rig {
  const [calls, reports, logged]: [string[], unknown[][], unknown[]] = [[], [], []];
  const answer = (how: string) => async (effect: EffectRow) => {
    calls.push(`${how} ${effect.attempts}`);
    const next = answers.length > 1 ? answers.shift()! : answers[0]!;
    if (next instanceof Error) throw next;
    return next;
  };
  const handler: EffectHandler = { type: 'test', send: answer('send'), ask: answer('ask') };
  const clock = movable();
  const log = { error: (about: object) => void logged.push(about), warn: (about: object) => void logged.push(about) };
  const report = async (...all: unknown[]) => void reports.push(all);
  return {
    runner: createRunner({ pool: store.pool, clock, hints, log, report, handlers: [handler] }),
    clock,
    calls,
    reports,
    logged,
  };
}

async function want(change: { caseId?: string; state?: string; type?: string; key?: string } = {}): Promise<string> {
  const { key = randomUUID(), caseId = null, state = 'wanted', type = 'test' } = change;
  const at = new Date(Date.now() - 1000);
  await store.db.effect.create({ data: { key, type, caseId, body: {}, state, nextAt: at, createdAt: at } });
  return key;
}

const stateOf = async (key: string) => (await store.db.effect.findUniqueOrThrow({ where: { key } })).state;

test('what was wanted is sent once and done', async () => {
  const { runner, calls, logged } = rig({ kind: 'done' });
  const key = await want();
  await runner.run();
  await runner.run();
  expect(calls).toEqual(['send 1']);
  expect(await stateOf(key)).toBe('done');
  expect(logged).toEqual([]);
});

test('sent is stored before the call', async () => {
  const key = await want();
  const seen: string[] = [];
  const look = async (): Promise<Outcome> => {
    seen.push(await stateOf(key));
    return { kind: 'done' };
  };
  const { clock } = rig({ kind: 'done' });
  const handlers = [{ type: 'test', send: look, ask: look }];
  const quiet = { error: () => {}, warn: () => {} };
  await createRunner({ pool: store.pool, clock, hints, log: quiet, report: async () => {}, handlers }).run();
  expect(seen).toEqual(['sent']);
});

test('news goes to the case together with the effect that it settles', async () => {
  const { runner, reports } = rig({ kind: 'done', report: LOOKED });
  const key = await want({ caseId: CASE });
  await runner.run();
  expect(reports).toEqual([[CASE, `effect/${key}/1`, LOOKED, { effectKey: key }]]);
});

test('bad news too, with the problem', async () => {
  const { runner, reports } = rig({ kind: 'failed', problem: 'ca/rejected', report: LOOKED });
  const key = await want({ caseId: CASE });
  await runner.run();
  expect(reports[0]?.[3]).toEqual({ effectKey: key, problem: 'ca/rejected' });
});

test('surely not done: it is sent again, after a pause that grows', async () => {
  const { runner, clock, calls } = rig({ kind: 'later', problem: 'ca/unreachable', pauseMs: 1_000 });
  const key = await want();
  await runner.run();
  expect(await stateOf(key)).toBe('wanted');
  clock.move(999);
  await runner.run();
  expect(calls).toEqual(['send 1']);
  clock.move(1_000);
  await runner.run();
  clock.move(1_999);
  await runner.run();
  expect(calls).toEqual(['send 1', 'send 2']);
  clock.move(1_000);
  await runner.run();
  expect(calls).toEqual(['send 1', 'send 2', 'send 3']);
});

test('perhaps done: from then on it is only asked about', async () => {
  const lost = { kind: 'unknown', problem: 'ca/unreachable', pauseMs: 10 } as const;
  const { runner, clock, calls } = rig(lost, lost, { kind: 'done' });
  const key = await want();
  for (let i = 0; i < 4; i++) {
    await runner.run();
    clock.move(1_000);
  }
  expect(calls).toEqual(['send 1', 'ask 2', 'ask 3']);
  expect(await stateOf(key)).toBe('done');
});

test('a defect counts as perhaps done and is told with the case', async () => {
  const { runner, clock, calls, logged } = rig(new Error('broken'), { kind: 'done' });
  const key = await want({ caseId: CASE });
  await runner.run();
  expect(await stateOf(key)).toBe('unknown');
  expect(logged).toMatchObject([{ effect: key, caseId: CASE, err: { message: 'broken' } }]);
  clock.move(10_000);
  await runner.run();
  expect(calls).toEqual(['send 1', 'ask 2']);
});

test('what a killed process had sent is asked about once its lease has run out', async () => {
  const { runner, clock, calls } = rig({ kind: 'done' });
  const key = await want({ state: 'sent' });
  await store.db.effect.update({ where: { key }, data: { leasedUntil: new Date(clock.now() + 60_000) } });
  await runner.run();
  expect(calls).toEqual([]);
  clock.move(60_001);
  await runner.run();
  expect(calls).toEqual(['ask 1']);
});

test('an effect of the bridge waits for the bridge', async () => {
  const { runner, calls } = rig({ kind: 'done' });
  await want({ type: 'bridge/cert.read' });
  await runner.run();
  expect(calls).toEqual([]);
});

test('two processes share the work, and nothing is done twice', async () => {
  const rigs = [rig({ kind: 'done' }), rig({ kind: 'done' })];
  for (let i = 0; i < 30; i++) await want();
  await Promise.all(rigs.map(({ runner }) => runner.run()));
  expect(rigs.flatMap(({ calls }) => calls)).toHaveLength(30);
  expect(await store.db.effect.count({ where: { state: 'done', attempts: 1 } })).toBe(30);
});

test('stopping waits for the call that is under way', async () => {
  const key = await want();
  const call = promised<Outcome>();
  const called = promised<undefined>();
  const send = () => {
    called.resolve(undefined);
    return call.promise;
  };
  const handlers = [{ type: 'test', send, ask: send }];
  const quiet = { error: () => {}, warn: () => {} };
  const clock = createClock();
  const runner = createRunner({ pool: store.pool, clock, hints, log: quiet, report: async () => {}, handlers });
  runner.start();
  await called.promise;
  const stopped = runner.stop();
  call.resolve({ kind: 'done' });
  await stopped;
  expect(await stateOf(key)).toBe('done');
});

function promised<T>() {
  let resolve: (value: T) => void = () => {};
  const promise = new Promise<T>((settle) => (resolve = settle));
  return { promise, resolve };
}
