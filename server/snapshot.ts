/** What is known before a change: rows as the writer reads them, made into the things they hold. */
import type { Talk } from '../bot/talk.ts';
import type { LiveLink } from '../renewal/agenda.ts';
import type { Instant } from '../renewal/calendar.ts';
import type { Case } from '../renewal/case.ts';
import type { Handler } from '../renewal/handler.ts';
import type { Policy } from '../renewal/policy.ts';
import { liveLinkOf } from './bridge/links.ts';
import type { Prisma } from './db.ts';

/** A thing with facts: its state, how many facts, and the hash of the last. */
export interface Chained<State> {
  readonly state: State;
  readonly version: number;
  readonly tip: Uint8Array;
}

export interface Snapshot {
  /** The database's clock, moved like ours. */
  readonly now: Instant;
  readonly conversation: { readonly talk: Talk; readonly version: number } | undefined;
  readonly case: Chained<Case> | undefined;
  /** Of the case's project. */
  readonly policy: Policy | undefined;
  readonly handler: Chained<Handler> | undefined;
  readonly link: LiveLink;
  /** May another link code be made for this case? */
  readonly linkCodes: 'allowed' | 'too-many';
}

/** Link codes of one case in an hour. */
const LINK_CODES_AN_HOUR = 5;

/** One row; what there is none of is null. */
export interface SnapshotRow {
  readonly now: number;
  readonly talk: Talk | null;
  readonly talk_version: number | null;
  readonly case_state: Case | null;
  readonly case_version: number;
  readonly case_evolve: number;
  readonly case_tip: Uint8Array;
  readonly project: string | null;
  readonly policy: Policy;
  readonly policy_version: number;
  readonly handler_state: Handler | null;
  readonly handler_version: number;
  readonly handler_tip: Uint8Array;
  readonly links: readonly LinkJson[] | null;
  readonly codes: readonly CodeJson[] | null;
}

/** Times in milliseconds since the epoch. */
interface LinkJson {
  readonly id: string;
  readonly state: string;
  readonly computer: Prisma.JsonValue;
  readonly expiresAt: number;
  readonly seenAt: number;
}

interface CodeJson {
  readonly id: string;
  readonly usable: boolean;
}

export function snapshotOf(row: SnapshotRow): Snapshot {
  const codes = row.codes ?? [];
  const code = codes.find(({ usable }) => usable);
  const links = (row.links ?? []).map((link) => ({
    ...link,
    expiresAt: new Date(link.expiresAt),
    seenAt: new Date(link.seenAt),
  }));
  return {
    now: row.now,
    conversation: row.talk && row.talk_version !== null ? { talk: row.talk, version: row.talk_version } : undefined,
    case: row.case_state ? { state: row.case_state, version: row.case_version, tip: row.case_tip } : undefined,
    policy: row.project === null ? undefined : { ...row.policy, project: row.project, version: row.policy_version },
    handler: row.handler_state
      ? { state: row.handler_state, version: row.handler_version, tip: row.handler_tip }
      : undefined,
    link: liveLinkOf(links, code, row.now),
    linkCodes: codes.length < LINK_CODES_AN_HOUR ? 'allowed' : 'too-many',
  };
}
