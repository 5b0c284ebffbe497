/**
 * How close does the writer come to the least a durable turn can cost? The same rows are written by the writer (read,
 * decide, one guarded statement) and by one plain SQL function that is told everything beforehand (the floor), some at
 * a time, in slices that alternate, so that both have the same machine. What counts is the ratio.
 */
import { randomUUID } from 'node:crypto';
import { mkdtempSync, chmodSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Talk } from '../bot/talk.ts';
import type { Case, CaseFact } from '../renewal/case.ts';
import { DAY_MS } from '../renewal/calendar.ts';
import { replay } from '../renewal/evolve.ts';
import { MANUAL_WINDOW, type Policy } from '../renewal/policy.ts';
import type { Plan } from '../server/change.ts';
import { createClock } from '../server/clock.ts';
import { openStore, type Store } from '../server/db.ts';
import { startEmbeddedPostgres } from '../server/embedded-postgres.ts';
import { migrate } from '../server/migrate.ts';
import { createWriter } from '../server/writer.ts';

const AT_ONCE = [8, 32];
const CASES = 1_000;
const ROUNDS = 7;
const SLICE_MS = 1_500;

const SAID = ['bid-guard', 'look'].map((template) => ({ template, data: { progress: { chapter: 4, name: 'x' } } }));
/** The case is afterwards as it was before: no step changes, nobody else is asked to look. */
const FACTS = [
  { type: 'bid-question-answered', answer: 'none' },
  { type: 'question-reopened', question: 'bid-guard' },
] as const satisfies CaseFact[];

interface Talking {
  readonly talk: Talk;
  readonly theCase: Case;
}

type Turn = (talking: Talking) => Promise<void>;

const folder = mkdtempSync(path.join(tmpdir(), 'xuqi-bench-'));
chmodSync(folder, 0o755);
const server = await startEmbeddedPostgres(path.join(folder, 'postgres'));
const store = openStore(server.address);
try {
  await migrate(store.pool, fileURLToPath(new URL('../prisma/migrations', import.meta.url)));
  const talkings = await fill(store);
  const kinds = { floor: await floorTurn(store), writer: writerTurn(store) };
  console.log('| turns at a time | the floor, turns/s | the writer, turns/s | ratio (each slice) |\n|---|---|---|---|');
  for (const atOnce of AT_ONCE) {
    const [floor, writer]: [number[], number[]] = [[], []];
    for (let round = -1; round < ROUNDS; round++) {
      const speeds = [await slice(talkings, kinds.floor, atOnce), await slice(talkings, kinds.writer, atOnce)] as const;
      if (round < 0) continue; // warms up
      floor.push(speeds[0]);
      writer.push(speeds[1]);
    }
    report(atOnce, floor, writer);
  }
} finally {
  await store.close();
  await server.stop();
  rmSync(folder, { recursive: true });
}

/** Turns a second, each of a conversation of its own. */
async function slice(talkings: readonly Talking[], turn: Turn, atOnce: number): Promise<number> {
  const until = performance.now() + SLICE_MS;
  const started = performance.now();
  let turns = 0;
  await Promise.all(
    Array.from({ length: atOnce }, async (_, worker) => {
      for (let i = worker; performance.now() < until; i += atOnce) {
        await turn(talkings[i % talkings.length] as Talking);
        turns++;
      }
    }),
  );
  return (turns * 1000) / (performance.now() - started);
}

function writerTurn({ pool }: Store): Turn {
  const writer = createWriter({ pool, clock: createClock(), tell: () => {} });
  return async ({ talk, theCase }) => {
    const commandId = randomUUID();
    const changed = await writer.change({ commandId, conversationId: talk.id }, () => {
      const plan: Plan = {
        answer: null,
        talk,
        says: SAID,
        case: { id: theCase.id, facts: FACTS, work: { effects: [], timers: [] } },
        effects: [{ key: `bench/${commandId}`, type: 'bench', body: { commandId } }],
        audit: [{ act: 'bench', subject: theCase.id, detail: {} }],
      };
      return { kind: 'write', value: undefined, plan };
    });
    if (changed.kind !== 'written') throw new Error(changed.kind);
  };
}

/** The same rows by one function with typed parameters and no check. */
async function floorTurn({ pool }: Store): Promise<Turn> {
  await pool.query(`
    create sequence floor_seq start 1000000;
    create function floor_turn(command text, talk_id uuid, talk jsonb, the_case uuid, case_state jsonb, tip bytea,
      said jsonb[], facts jsonb[], effect_key text, effect_body jsonb, detail jsonb)
    returns void language plpgsql as $$
    declare last bigint; place bigint := nextval('floor_seq') * 2;
    begin
      insert into command_answer values (command, 'null', now());
      update renewal_case set version = version + 2, tip = floor_turn.tip, state = case_state, changed_at = now()
        where id = the_case;
      update conversation set version = version + 1, state = talk, last_seq = last_seq + 2, changed_at = now()
        where id = talk_id returning last_seq into last;
      insert into outbox (conversation_id, seq, bubble, created_at)
        values (talk_id, last - 1, said[1], now()), (talk_id, last, said[2], now());
      insert into fact (thing, thing_id, seq, type, body, at, command_id, prev_hash)
        values ('case', the_case, place, facts[1] ->> 'type', facts[1], now(), command, floor_turn.tip),
          ('case', the_case, place + 1, facts[2] ->> 'type', facts[2], now(), command, floor_turn.tip);
      insert into effect (key, type, case_id, body, state, next_at, created_at)
        values (effect_key, 'bench', the_case, effect_body, 'wanted', now(), now());
      insert into audit (at, actor, act, subject, case_id, detail)
        values (now(), 'bench', 'bench', the_case::text, the_case, detail);
    end $$`);
  const tip = Buffer.alloc(32);
  return async ({ talk, theCase }) => {
    const command = randomUUID();
    await pool.query({
      name: 'floor-turn',
      text: 'select floor_turn($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)',
      values: [
        ...[command, talk.id, JSON.stringify(talk), theCase.id, JSON.stringify(theCase), tip],
        ...[SAID.map((said) => JSON.stringify(said)), FACTS.map((fact) => JSON.stringify(fact))],
        ...[`bench/${command}`, JSON.stringify({ commandId: command }), '{}'],
      ],
    });
  };
}

function report(atOnce: number, floor: readonly number[], writer: readonly number[]): void {
  const ratios = writer.map((speed, i) => speed / (floor[i] ?? NaN));
  const each = ratios.map((ratio) => ratio.toFixed(2)).join(' ');
  const [f, w, r] = [median(floor).toFixed(0), median(writer).toFixed(0), median(ratios).toFixed(2)];
  console.log(`| ${atOnce} | ${f} | ${w} | **${r}** (${each}) |`);
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? NaN;
}

/** Cases that have come as far as the look, each with its conversation; snapshot and talk have some 3 KB together. */
async function fill({ db, pool }: Store): Promise<readonly Talking[]> {
  const policy: Policy = {
    ...{ project: 'bench', version: 1, projectName: 'bench', window: MANUAL_WINDOW, years: 1, sponsor: 'x' },
    ...{ bidGuard: 'ask', caProfile: 'x', service: { hotline: '0', hours: '-' }, rebindOn: [] },
    counter: { name: 'x', address: 'x', papers: [] },
  };
  await db.project.create({
    data: { id: policy.project, version: 1, policy: JSON.parse(JSON.stringify(policy)) as object },
  });
  const handlerId = randomUUID();
  await pool.query(
    `insert into handler values ($1, 'x', '', 1, 1, '', '{"id":"x","mobile":"x","verifiedUntil":"never"}')`,
    [handlerId],
  );
  const talkings = Array.from({ length: CASES }, () => talking(handlerId));
  const json = (values: readonly unknown[]) => JSON.stringify(values);
  await pool.query(
    `insert into certificate select (c ->> 'id')::uuid, 'bench', 'x', c ->> 'sha256', '', 'x', 'x', now(), now(), 'good', 'x', ''
     from jsonb_array_elements($1) c`,
    [json(talkings.map(({ theCase }) => theCase.certificate))],
  );
  await pool.query(
    `insert into renewal_case select (c ->> 'id')::uuid, (c #>> '{certificate,id}')::uuid, $2, 1, 1, '', c, true, now(), now()
     from jsonb_array_elements($1) c`,
    [json(talkings.map(({ theCase }) => theCase)), handlerId],
  );
  await pool.query(
    `insert into conversation (id, channel, visitor, owner, version, state, handler_id, case_id, created_at, changed_at)
     select (t ->> 'id')::uuid, 'web', t ->> 'id', 'bot', 1, t, $2, (t ->> 'caseId')::uuid, now(), now()
     from jsonb_array_elements($1) t`,
    [json(talkings.map(({ talk }) => talk)), handlerId],
  );
  // not the empty tables: the planner would take them to stay so
  await pool.query('vacuum analyze project, certificate, handler, renewal_case, conversation');
  return talkings;
}

function talking(handlerId: string): Talking {
  const [caseId, certificateId, now] = [randomUUID(), randomUUID(), Date.now()];
  const certificate = {
    ...{ id: certificateId, serial: 'AB'.repeat(16), sha256: randomUUID(), unit: 'x'.repeat(60), uscc: 'x'.repeat(18) },
    ...{ notBefore: now - 355 * DAY_MS, notAfter: now + 10 * DAY_MS },
  };
  const opened = {
    type: 'case-opened' as const,
    ...{ caseId, handlerId, handlerMobile: '138****0000', certificate, project: 'bench' },
    ...{ policyVersion: 1, keptUntil: now + DAY_MS },
  };
  const theCase = replay([opened, ...FACTS].map((fact) => ({ fact, at: now }))) as Case;
  const options = Array.from({ length: 6 }, (_, i) => ({
    key: String(i),
    name: 'x'.repeat(40),
    label: 'x'.repeat(120),
  }));
  return {
    theCase,
    talk: {
      ...{ id: randomUUID(), channel: 'web', owner: 'bot', handlerId, caseId, signIn: { kind: 'mobile' } },
      ...{ querying: false, confirming: 'none', misses: 0, said: 1 },
      question: { id: randomUUID(), step: 'bid-guard', shows: 'bid-guard/none', options },
    },
  };
}
