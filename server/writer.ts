/**
 * The one place that changes a case, a handler or a conversation.
 *
 * Two round trips: one statement reads everything a decision may need, one writes everything it gives, guarded by the
 * versions that were read (docs/decisions/003). If somebody else was faster, it is read and decided again. Nothing is
 * locked in between.
 */
import type pg from 'pg';
import { CASE_EVOLVE, type CaseFact } from '../renewal/case.ts';
import type { Report } from '../renewal/commands.ts';
import { decide } from '../renewal/decide.ts';
import { replay } from '../renewal/evolve.ts';
import type { ProblemCode } from '../renewal/problem.ts';
import { changeOf, type Change, type Plan } from './change.ts';
import type { Clock } from './clock.ts';
import type { Hint } from './hints.ts';
import { InBatches } from './in-batches.ts';
import { OneAtATime } from './one-at-a-time.ts';
import { snapshotOf, type Snapshot, type SnapshotRow } from './snapshot.ts';
import { storableJson } from './storable.ts';

export interface Target {
  /** Of the message, notice, result or click: facts carry it. */
  readonly commandId: string;
  readonly conversationId?: string;
  /** Without one: the case, and the handler, of the conversation. */
  readonly caseId?: string | undefined;
  readonly handlerId?: string | undefined;
}

/** Write this, or leave everything as it is; `value` goes back to the caller. */
export type Planned<Value> =
  | { readonly kind: 'write'; readonly plan: Plan; readonly value: Value }
  | { readonly kind: 'leave'; readonly value: Value };

export type Changed<Value> =
  | { readonly kind: 'written' | 'left'; readonly value: Value; readonly read: Snapshot }
  /** The command was carried out before. */
  | { readonly kind: 'answered' };

export interface Writer {
  read(target: Partial<Target>): Promise<Snapshot>;
  /** @param plan pure: it runs again when something changed in between */
  change<Value>(target: Target, plan: (read: Snapshot) => Planned<Value>): Promise<Changed<Value>>;
  /**
   * Gives news to a case and settles the effect that brought it in the same transaction. The same command id again
   * changes nothing.
   *
   * @throws when there is no such case
   */
  report(caseId: string, commandId: string, report: Report, settles?: Settles): Promise<void>;
}

export interface Settles {
  readonly effectKey: string;
  /** The effect failed for good. */
  readonly problem?: ProblemCode;
}

export interface WriterDependencies {
  readonly pool: pg.Pool;
  readonly clock: Pick<Clock, 'offsetMs'>;
  readonly tell: (hints: readonly Hint[]) => void;
}

/** Conflicts come from other processes only; each means that somebody else got on. */
const MOST_ATTEMPTS = 20;
/** Reads, or commits, that share a statement; two statements of a kind keep two cores busy. */
const TOGETHER = { most: 8, atOnce: 2 };

const READ = `
  select floor(extract(epoch from clock.now) * 1000)::float8 as now,
    t.state as talk, t.version as talk_version,
    c.state as case_state, c.version as case_version, c.evolve as case_evolve, c.tip as case_tip,
    p.id as project, p.policy, p.version as policy_version,
    h.state as handler_state, h.version as handler_version, h.tip as handler_tip,
    (
      select jsonb_agg(jsonb_build_object('id', b.id, 'state', b.state, 'computer', b.computer,
        'expiresAt', extract(epoch from b.expires_at) * 1000, 'seenAt', extract(epoch from b.seen_at) * 1000)
        order by b.asked_at desc)
      from bridge_link b where b.case_id = c.id and b.state in ('asking', 'linked') and b.expires_at > clock.now
    ) as links,
    (
      select jsonb_agg(jsonb_build_object('id', o.id,
        'usable', o.used_at is null and o.voided_at is null and o.expires_at > clock.now)
        order by o.created_at desc)
      from code o where o.case_id = c.id and o.purpose = 'link' and o.created_at > clock.now - interval '1 hour'
    ) as codes
  from unnest($1::uuid[], $2::uuid[], $3::uuid[]) with ordinality as asked (talk_id, case_id, handler_id, place)
  cross join (select clock_timestamp() + $4::float8 * interval '1 millisecond' as now) clock
  left join conversation t on t.id = asked.talk_id
  left join renewal_case c on c.id = coalesce(asked.case_id, t.case_id)
  left join project p on p.id = c.state ->> 'project'
  left join handler h on h.id = coalesce(asked.handler_id, t.handler_id)
  order by asked.place`;

const HISTORY = `
  select body as fact, extract(epoch from at)::float8 * 1000 as at from fact where thing_id = $1 order by seq`;

export function createWriter({ pool, clock, tell }: WriterDependencies): Writer {
  const queue = new OneAtATime();

  const reads = new InBatches<Partial<Target>, SnapshotRow>(TOGETHER, async (targets) => {
    const idsOf = (name: 'conversationId' | 'caseId' | 'handlerId') => targets.map((target) => target[name] ?? null);
    const values = [idsOf('conversationId'), idsOf('caseId'), idsOf('handlerId'), clock.offsetMs];
    return (await pool.query<SnapshotRow>({ name: 'read-for-change', text: READ, values })).rows;
  });

  const commits = new InBatches<Change, Committed>(TOGETHER, (changes) => commitTogether(pool, changes));

  async function read(target: Partial<Target>): Promise<Snapshot> {
    const row = await reads.ask(target);
    const snapshot = snapshotOf(row);
    if (!snapshot.case || row.case_evolve === CASE_EVOLVE) return snapshot;
    const history = await pool.query<{ fact: CaseFact; at: number }>(HISTORY, [snapshot.case.state.id]);
    return { ...snapshot, case: { ...snapshot.case, state: replay(history.rows) ?? snapshot.case.state } };
  }

  async function attempt<Value>(
    target: Target,
    plan: (read: Snapshot) => Planned<Value>,
  ): Promise<Changed<Value> | 'conflict'> {
    const snapshot = await read(target);
    const planned = plan(snapshot);
    if (planned.kind === 'leave') return { kind: 'left', value: planned.value, read: snapshot };
    const toWrite = changeOf(target.commandId, snapshot, planned.plan);
    const committed = await commits.ask(toWrite);
    if (committed instanceof Error) throw committed;
    if (committed === 'conflict') return 'conflict';
    if (committed === 'answered') return { kind: 'answered' };
    tell(hintsOf(toWrite, committed));
    return { kind: 'written', value: planned.value, read: snapshot };
  }

  async function change<Value>(target: Target, plan: (read: Snapshot) => Planned<Value>): Promise<Changed<Value>> {
    const key = target.caseId ?? target.conversationId ?? target.handlerId ?? target.commandId;
    return queue.run(key, async () => {
      for (let attempts = 0; attempts < MOST_ATTEMPTS; attempts++) {
        const changed = await attempt(target, plan);
        if (changed !== 'conflict') return changed;
      }
      throw new Error(`${target.commandId} met somebody else's change ${MOST_ATTEMPTS} times`);
    });
  }

  return {
    read,
    change,
    async report(caseId, commandId, report, settles) {
      await change({ commandId, caseId }, (snapshot) => {
        const { case: known, policy, now } = snapshot;
        if (!known || !policy) throw new Error(`${report.type} for ${caseId}, which is no case here`);
        const decision = decide(known.state, report, policy, now);
        if (decision.kind === 'refused') throw new Error(`${report.type} was refused: ${decision.problem}`);
        const { facts, work } = decision;
        return {
          kind: 'write',
          value: undefined,
          plan: {
            answer: null,
            case: { id: caseId, facts, work },
            ...(settles && { settles: { effectKey: settles.effectKey, ...outcome(settles) } }),
          },
        };
      });
    },
  };
}

function outcome({ problem }: Settles) {
  return problem ? ({ state: 'failed', problem } as const) : ({ state: 'done' } as const);
}

/** Unique rows that two changes may both try to be the first of. */
const RACES = new Set(['one_live_case_per_certificate', 'handler_mobile_index_key']);

/** The conversations that have a message to look at now, or why nothing was written. */
type Committed = readonly string[] | 'conflict' | 'answered' | Error;

const PARAMETERS = 27;

/** `select commit_change($1, …, $27), commit_change($28, …` */
const COMMITS = Array.from({ length: TOGETHER.most }, (_, i) => {
  const call = (n: number) =>
    `commit_change(${Array.from({ length: PARAMETERS }, (__, p) => `$${n * PARAMETERS + p + 1}`).join()})`;
  const calls = Array.from({ length: i + 1 }, (__, n) => `${call(n)} as "${n}"`);
  return { name: `commit-${i + 1}`, text: `select ${calls.join()}` };
});

/**
 * Changes of different things that are ready at the same time share one transaction, and so one write to the disk.
 * Should one of them fail, each is written alone.
 */
async function commitTogether(pool: pg.Pool, changes: readonly Change[]): Promise<readonly Committed[]> {
  try {
    const statement = COMMITS[changes.length - 1] as (typeof COMMITS)[number];
    const { rows } = await pool.query<Record<number, string[]>>({
      ...statement,
      values: changes.flatMap(parametersOf),
    });
    return changes.map((_, i) => rows[0]?.[i] ?? []);
  } catch (error) {
    if (changes.length === 1) return [failureOf(error as pg.DatabaseError)];
    return (await Promise.all(changes.map((change) => commitTogether(pool, [change])))).flat();
  }
}

function failureOf(error: pg.DatabaseError): Committed {
  const { code, constraint } = error;
  if (code === 'XQ002') return 'answered';
  // the certificate was taken by another case in between: read again, it shows now
  if (code === 'XQ001' || (code === '23505' && constraint !== undefined && RACES.has(constraint))) return 'conflict';
  return error;
}

/** In the order of `commit_change`; null for what there is none of. */
function parametersOf(change: Change): unknown[] {
  const { conversation, case: changed, effects, audit } = change;
  const { talk } = conversation ?? {};
  const some = <T>(list: readonly unknown[], values: T) => (list.length > 0 ? values : null);
  return [
    ...[
      new Date(change.at),
      change.commandId,
      'answer' in change ? storableJson(change.answer) : null,
      change.inboxId ?? null,
    ],
    ...[talk?.id ?? null, conversation?.readVersion ?? null, talk ? storableJson(talk) : null, talk?.owner ?? null],
    ...[
      talk?.handlerId ?? null,
      talk?.caseId ?? null,
      conversation?.says.map((bubble) => storableJson(bubble)) ?? null,
    ],
    ...[change.caseId ?? null, changed?.readVersion ?? null, changed?.evolve ?? null],
    ...[changed ? storableJson(changed.state) : null, changed?.tip ?? null, changed?.live ?? null],
    ...[
      changed?.facts.map(({ body }) => storableJson(body)) ?? null,
      changed?.facts.map(({ prevHash }) => prevHash) ?? null,
    ],
    some(
      effects,
      effects.map(({ key }) => key),
    ),
    some(
      effects,
      effects.map(({ type }) => type),
    ),
    some(
      effects,
      effects.map(({ body }) => storableJson(body)),
    ),
    change.actor,
    some(
      audit,
      audit.map(({ act }) => act),
    ),
    some(
      audit,
      audit.map(({ subject }) => subject),
    ),
    some(
      audit,
      audit.map(({ detail }) => storableJson(detail)),
    ),
    change.rest ? storableJson(change.rest) : null,
  ];
}

function hintsOf({ conversation, effects, caseId }: Change, woken: readonly string[]): Hint[] {
  const hints: Hint[] = woken.map((conversationId) => ({ kind: 'inbox', conversationId }));
  if (conversation) hints.push({ kind: 'conversation', conversationId: conversation.talk.id });
  for (const { type } of effects) {
    if (type.startsWith('bridge/') && caseId) hints.push({ kind: 'effects', caseId });
    else hints.push({ kind: 'work' });
  }
  return hints;
}
