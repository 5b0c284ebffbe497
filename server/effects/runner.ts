/**
 * Carries out what facts asked for, by any process, several at a time:
 *
 *   wanted ─ sent ─ done | failed
 *      └──────┴─ unknown ─ (only asked from now on) ─ done | failed
 *
 * `sent` is stored before the call; who finds it with its lease run out knows that a process ended in the middle and
 * asks. What belongs to the bridge is carried out where the customer's computer is connected.
 */
import type pg from 'pg';
import type { ProblemCode } from '../../renewal/problem.ts';
import type { Clock } from '../clock.ts';
import type { Hints } from '../hints.ts';
import type { Log } from '../log.ts';
import type { Writer } from '../writer.ts';
import type { EffectHandler, EffectRow, Outcome } from './port.ts';

export interface RunnerDependencies {
  readonly pool: pg.Pool;
  readonly clock: Clock;
  readonly hints: Pick<Hints, 'on' | 'onGap'>;
  readonly log: Pick<Log, 'error' | 'warn'>;
  readonly report: Writer['report'];
  readonly handlers: readonly EffectHandler[];
}

export interface Runner {
  /** Works whenever something is wanted, until stopped. */
  start(): void;
  /** Carries out everything that is due; resolves when nothing is under way. Never fails. */
  run(): Promise<void>;
  /** Ends after the calls that are under way. */
  stop(): Promise<void>;
}

const LOOK_EVERY_MS = 2_000;
const MOST_AT_ONCE = 8;
/** After a kill an effect is asked about no later than this. */
const LEASE_MS = 10_000;
const RENEW_LEASE_EVERY_MS = 3_000;
/** A pause doubles with each attempt up to this, or to the pause itself when that is longer. */
const LONGEST_PAUSE_MS = 60_000;
const PAUSE_AFTER_DEFECT_MS = 5_000;
const DEFECT: ProblemCode = 'service/busy';

interface Row {
  readonly key: string;
  readonly type: string;
  readonly case_id: string | null;
  readonly body: unknown;
  readonly attempts: number;
  readonly was: 'wanted' | 'sent' | 'unknown';
}

const CLAIM = `
  with picked as (
    select key, state as was from effect
    where state in ('wanted', 'sent', 'unknown') and next_at <= $1 and (leased_until is null or leased_until <= $1)
      and type = any($3)
    order by next_at limit $4 for update skip locked
  )
  update effect e set leased_until = $2, attempts = e.attempts + 1,
    state = case when p.was = 'wanted' then 'sent' else e.state end
  from picked p where e.key = p.key
  returning e.key, e.type, e.case_id, e.body, e.attempts, p.was`;

export function createRunner({ pool, clock, hints, log, report, handlers }: RunnerDependencies): Runner {
  const byType = new Map(handlers.map((handler) => [handler.type, handler]));
  const running = new Map<string, Promise<void>>();
  const endings: (() => void)[] = [];
  let looking: Promise<void> | undefined;
  let lookAgain = false;
  let stopped = false;

  async function claim(): Promise<readonly Row[]> {
    const now = clock.now();
    const { rows } = await pool.query<Row>({
      name: 'claim-effects',
      text: CLAIM,
      values: [new Date(now), new Date(now + LEASE_MS), [...byType.keys()], MOST_AT_ONCE - running.size],
    });
    return rows;
  }

  async function carryOut(row: Row, handler: EffectHandler): Promise<void> {
    const { key, type, body, attempts } = row;
    const effect: EffectRow = { key, type, caseId: row.case_id ?? undefined, body, attempts };
    try {
      await settle(effect, row.was === 'wanted' ? await handler.send(effect) : await handler.ask(effect));
    } catch (err) {
      log.error({ err, effect: key, caseId: effect.caseId, attempts }, 'an effect failed');
      await settle(effect, { kind: 'unknown', problem: DEFECT, pauseMs: PAUSE_AFTER_DEFECT_MS });
    }
  }

  async function settle(effect: EffectRow, outcome: Outcome): Promise<void> {
    const { key, caseId, attempts } = effect;
    if (outcome.kind === 'done' || outcome.kind === 'failed') {
      const problem = outcome.kind === 'failed' ? outcome.problem : undefined;
      if (!outcome.report || !caseId) return update(key, outcome.kind, problem ?? null, 0);
      const settles = { effectKey: key, ...(problem && { problem }) };
      return report(caseId, `effect/${key}/${attempts}`, outcome.report, settles);
    }
    const { pauseMs, problem } = outcome;
    const pause = Math.max(pauseMs, Math.min(pauseMs * 2 ** Math.min(attempts - 1, 10), LONGEST_PAUSE_MS));
    await update(key, outcome.kind === 'later' ? 'wanted' : 'unknown', problem, pause);
    if (!stopped) setTimeout(() => void run(), pause).unref();
  }

  async function update(key: string, state: string, problem: string | null, pauseMs: number): Promise<void> {
    const now = clock.now();
    await pool.query(
      `update effect set state = $2, problem = $3, next_at = $4, leased_until = null,
         settled_at = case when $2 in ('done', 'failed') then $5::timestamptz end
       where key = $1 and state in ('sent', 'unknown')`,
      [key, state, problem, new Date(now + pauseMs), new Date(now)],
    );
  }

  function begin(row: Row): void {
    const handler = byType.get(row.type);
    if (!handler) return;
    const work = carryOut(row, handler)
      .catch((err: unknown) => {
        // its lease runs out, and then it is asked about
        log.error({ err, effect: row.key, caseId: row.case_id }, 'an effect could not be settled');
      })
      .finally(() => {
        running.delete(row.key);
        look();
      });
    running.set(row.key, work);
  }

  async function lookOnce(): Promise<void> {
    while (takeLookAgain() && running.size < MOST_AT_ONCE) {
      const rows = await claim();
      for (const row of rows) begin(row);
      lookAgain ||= rows.length > 0;
    }
  }

  function takeLookAgain(): boolean {
    const again = lookAgain && !stopped;
    lookAgain = false;
    return again;
  }

  function look(): void {
    lookAgain = true;
    looking ??= lookOnce()
      .catch((err: unknown) => {
        log.warn({ err }, 'effects could not be looked for');
      })
      .finally(() => {
        looking = undefined;
        // asked for after the last look and before it ended
        if (lookAgain && !stopped && running.size < MOST_AT_ONCE) look();
      });
  }

  async function run(): Promise<void> {
    look();
    while (looking ?? running.size > 0) await Promise.all([looking, ...running.values()]);
  }

  async function renewLeases(): Promise<void> {
    if (running.size === 0) return;
    const until = new Date(clock.now() + LEASE_MS);
    const keys = [...running.keys()];
    await pool.query('update effect set leased_until = $2 where key = any($1) and leased_until is not null', [
      keys,
      until,
    ]);
  }

  return {
    run,
    start() {
      const timer = setInterval(look, LOOK_EVERY_MS);
      const renewal = setInterval(() => {
        renewLeases().catch((err: unknown) => {
          log.warn({ err }, 'leases could not be renewed');
        });
      }, RENEW_LEASE_EVERY_MS);
      endings.push(
        () => clearInterval(timer),
        () => clearInterval(renewal),
        hints.onGap(look),
        hints.on(({ kind }) => {
          if (kind === 'work') look();
        }),
      );
      look();
    },
    async stop() {
      stopped = true;
      for (const end of endings) end();
      await Promise.all([looking, ...running.values()]);
    },
  };
}
