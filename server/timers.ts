/**
 * Deadlines that were promised with a fact: when one is due, its case is told the time and decides again. Late, early
 * and doubled ones change nothing (design §2).
 *
 * Due by the database's clock, moved like ours, which is also the clock of the decision (`writer.ts`): one that was
 * told before its time would be answered once, with nothing, and never be told again.
 */
import type pg from 'pg';
import type { Clock } from './clock.ts';
import type { Hint } from './hints.ts';
import type { Log } from './log.ts';
import type { Writer } from './writer.ts';

export interface TimersDependencies {
  readonly pool: pg.Pool;
  readonly clock: Pick<Clock, 'offsetMs'>;
  readonly log: Pick<Log, 'error' | 'warn'>;
  readonly writer: Pick<Writer, 'report'>;
  readonly tell: (hints: readonly Hint[]) => void;
}

export interface Timers {
  start(): void;
  /** Fires everything that is due. Never fails. */
  run(): Promise<void>;
  /** Ends after those that are under way. */
  stop(): Promise<void>;
}

/** Deadlines are days away. */
const LOOK_EVERY_MS = 10_000;
const LEASE_MS = 30_000;
const MOST_AT_ONCE = 50;

interface Row {
  readonly key: string;
  readonly case_id: string;
}

const NOW = (offsetMs: string) => `clock_timestamp() + ${offsetMs}::float8 * interval '1 millisecond'`;

const CLAIM = `
  with clock as materialized (select ${NOW('$1')} as now)
  update timer set leased_until = (select now from clock) + interval '${LEASE_MS} milliseconds'
  where key in (
    select key from timer
    where fired_at is null and due_at <= (select now from clock)
      and (leased_until is null or leased_until <= (select now from clock))
    order by due_at limit ${MOST_AT_ONCE} for update skip locked
  )
  returning key, thing_id as case_id`;

export function createTimers({ pool, clock, log, writer, tell }: TimersDependencies): Timers {
  let interval: NodeJS.Timeout | undefined;
  let running: Promise<void> | undefined;
  let stopped = false;

  async function claim(): Promise<readonly Row[]> {
    const { rows } = await pool.query<Row>({ name: 'claim-timers', text: CLAIM, values: [clock.offsetMs] });
    return rows;
  }

  async function fire({ key, case_id: caseId }: Row): Promise<void> {
    try {
      await writer.report(caseId, `timer/${key}`, { type: 'report-time' });
      // a case that lapsed lets its computer go
      tell([{ kind: 'effects', caseId }]);
      await pool.query(`update timer set fired_at = ${NOW('$2')}, leased_until = null where key = $1`, [
        key,
        clock.offsetMs,
      ]);
    } catch (err) {
      // tried again when its lease has run out
      log.error({ err, timer: key, caseId }, 'a timer could not be fired');
    }
  }

  async function fireAll(): Promise<void> {
    try {
      for (let rows = await claim(); rows.length > 0 && !stopped; rows = await claim())
        for (const row of rows) await fire(row);
    } catch (err) {
      log.warn({ err }, 'timers could not be looked for');
    }
  }

  const run = () => (running ??= fireAll().finally(() => (running = undefined)));

  return {
    run,
    start() {
      interval = setInterval(() => void run(), LOOK_EVERY_MS);
      void run();
    },
    async stop() {
      stopped = true;
      clearInterval(interval);
      await running;
    },
  };
}
