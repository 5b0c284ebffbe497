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
import { changeDocument, type ChangeDocument, type Plan } from './change.ts';
import type { Clock } from './clock.ts';
import type { Hint } from './hints.ts';
import { OneAtATime } from './one-at-a-time.ts';
import { snapshotOf, type Snapshot, type SnapshotRow } from './snapshot.ts';

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
  /** The command was carried out before; what was kept with it. */
  | { readonly kind: 'answered'; readonly answer: unknown };

export interface Writer {
  read(target: Target): Promise<Snapshot>;
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

const READ = `
  select floor(extract(epoch from clock.now) * 1000)::float8 as now,
    case when a.id is not null then jsonb_build_object('answer', a.answer) end as answered,
    t.state as talk, t.version as talk_version,
    c.state as case_state, c.version as case_version, c.evolve as case_evolve, c.tip as case_tip,
    p.id as project, p.policy, p.version as policy_version,
    h.state as handler_state, h.version as handler_version, h.tip as handler_tip,
    l.links, k.codes
  from (select clock_timestamp() + $5::float8 * interval '1 millisecond' as now) clock
  left join command_answer a on a.id = $1
  left join conversation t on t.id = $2::uuid
  left join renewal_case c on c.id = coalesce($3::uuid, t.case_id)
  left join project p on p.id = c.state ->> 'project'
  left join handler h on h.id = coalesce($4::uuid, t.handler_id)
  left join lateral (
    select jsonb_agg(jsonb_build_object('id', b.id, 'state', b.state, 'computer', b.computer,
      'expiresAt', extract(epoch from b.expires_at) * 1000, 'seenAt', extract(epoch from b.seen_at) * 1000)
      order by b.asked_at desc) as links
    from bridge_link b where b.case_id = c.id and b.state in ('asking', 'linked') and b.expires_at > clock.now
  ) l on true
  left join lateral (
    select jsonb_agg(jsonb_build_object('id', o.id, 'expiresAt', extract(epoch from o.expires_at) * 1000,
      'usable', o.used_at is null and o.voided_at is null and o.expires_at > clock.now)
      order by o.created_at desc) as codes
    from code o where o.case_id = c.id and o.purpose = 'link' and o.created_at > clock.now - interval '1 hour'
  ) k on true`;

const HISTORY = `
  select body as fact, extract(epoch from at)::float8 * 1000 as at from fact where thing_id = $1 order by seq`;

export function createWriter({ pool, clock, tell }: WriterDependencies): Writer {
  const queue = new OneAtATime();

  async function read(target: Target): Promise<Snapshot> {
    const { commandId, conversationId = null, caseId = null, handlerId = null } = target;
    const { rows } = await pool.query<SnapshotRow>({
      name: 'read-for-change',
      text: READ,
      values: [commandId, conversationId, caseId, handlerId, clock.offsetMs],
    });
    const row = rows[0] as SnapshotRow;
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
    if (snapshot.answered) return { kind: 'answered', answer: snapshot.answered.answer };
    const planned = plan(snapshot);
    if (planned.kind === 'leave') return { kind: 'left', value: planned.value, read: snapshot };
    const document = changeDocument(target.commandId, snapshot, planned.plan);
    const committed = await commit(pool, document);
    if (committed === 'conflict') return 'conflict';
    if (committed === 'answered') return { kind: 'answered', answer: undefined };
    tell(hintsOf(document, committed));
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

/** @returns the conversations that have a message to look at now */
async function commit(pool: pg.Pool, document: ChangeDocument): Promise<readonly string[] | 'conflict' | 'answered'> {
  try {
    const { rows } = await pool.query<{ woken: string[] }>({
      name: 'commit-change',
      text: 'select commit_change($1) as woken',
      values: [JSON.stringify(document)],
    });
    return rows[0]?.woken ?? [];
  } catch (error) {
    const { code, constraint } = error as pg.DatabaseError;
    if (code === 'XQ002') return 'answered';
    // the certificate was taken by another case in between: read again, it shows now
    if (code === 'XQ001' || (code === '23505' && constraint !== undefined && RACES.has(constraint))) return 'conflict';
    throw error;
  }
}

/** Unique rows that two changes may both try to be the first of. */
const RACES = new Set(['one_live_case_per_certificate', 'handler_mobile_index_key']);

function hintsOf(document: ChangeDocument, woken: readonly string[]): Hint[] {
  const hints: Hint[] = woken.map((conversationId) => ({ kind: 'inbox', conversationId }));
  if (document.conversation) hints.push({ kind: 'conversation', conversationId: document.conversation.id });
  for (const { type, caseId } of document.effects ?? []) {
    if (type.startsWith('bridge/') && caseId) hints.push({ kind: 'effects', caseId });
    else hints.push({ kind: 'work' });
  }
  return hints;
}
