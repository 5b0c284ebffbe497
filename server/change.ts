/**
 * What one command writes, and how it is put to the database: facts are chained and make the new snapshot, and if the
 * step of a case changed, whoever else looks at it is asked to look again.
 */
import type { Bubble, Talk } from '../bot/talk.ts';
import { agenda, type LiveLink } from '../renewal/agenda.ts';
import type { Instant } from '../renewal/calendar.ts';
import { CASE_EVOLVE, isOver, type Case, type CaseFact } from '../renewal/case.ts';
import type { Work } from '../renewal/effects.ts';
import { evolve } from '../renewal/evolve.ts';
import { evolveHandler, HANDLER_EVOLVE, type Handler, type HandlerFact } from '../renewal/handler.ts';
import { CHAIN_START, nextTip } from './chain.ts';
import type { LinkCodeRow } from './link-codes.ts';
import type { Chained, Snapshot } from './snapshot.ts';
import { storable } from './storable.ts';

export interface Plan {
  /** Kept under the command's id, so that the same command gets the same answer; a settled message needs none. */
  readonly answer?: unknown;
  readonly talk?: Talk;
  readonly says?: readonly Bubble[];
  readonly case?: {
    readonly id: string;
    readonly opened?: { readonly certificateId: string; readonly handlerId: string };
    readonly facts: readonly CaseFact[];
    readonly work: Work;
  };
  readonly handler?: {
    readonly id: string;
    readonly registered?: { readonly mobileIndex: string; readonly mobileSealed: Uint8Array };
    readonly facts: readonly HandlerFact[];
  };
  /** Work that no fact asks for. */
  readonly effects?: readonly { readonly key: string; readonly type: string; readonly body: object }[];
  readonly linkCode?: LinkCodeRow;
  readonly audit?: readonly {
    readonly act: string;
    readonly subject: string;
    readonly detail: Readonly<Record<string, string | number>>;
  }[];
  /** This message, or this effect, is dealt with by this change. */
  readonly settles?:
    | { readonly inboxId: string }
    | { readonly effectKey: string; readonly state: 'done' | 'failed'; readonly problem?: string };
  /** The conversation itself wants another turn. */
  readonly again?: boolean;
}

/** What `commit_change` (prisma/migrations) is told. */
export interface Change {
  readonly at: Instant;
  readonly commandId: string;
  /** Who did it, for the audit. */
  readonly actor: string;
  readonly answer?: unknown;
  readonly inboxId?: string;
  readonly conversation?: { readonly readVersion: number; readonly talk: Talk; readonly says: readonly Bubble[] };
  /** Of the effects and the audit. */
  readonly caseId: string | undefined;
  readonly case?: ChangedThing<Case> & { readonly live: boolean };
  readonly effects: readonly { readonly key: string; readonly type: string; readonly body: object }[];
  readonly audit: NonNullable<Plan['audit']>;
  /** What few changes have, as the function takes it. */
  readonly rest?: Readonly<Record<string, unknown>>;
}

export interface ChangedThing<State> {
  /** 0: it is new. */
  readonly readVersion: number;
  readonly evolve: number;
  readonly state: State;
  readonly tip: Uint8Array;
  readonly facts: readonly { readonly seq: number; readonly body: object; readonly prevHash: Uint8Array }[];
}

export function changeOf(commandId: string, read: Snapshot, plan: Plan): Change {
  const { conversation } = read;
  const changed = plan.case && plan.case.facts.length > 0 ? caseAfter(commandId, read, plan.case) : undefined;
  const work = plan.case?.work.effects.map((effect) => ({ key: effect.key, type: effect.type, body: effect })) ?? [];
  const rest = restOf(commandId, read, plan, changed?.state);
  return {
    at: read.now,
    commandId,
    actor: conversation?.talk.handlerId ?? 'system',
    ...('answer' in plan && { answer: plan.answer }),
    ...(plan.settles && 'inboxId' in plan.settles && plan.settles),
    ...(conversation &&
      plan.talk && { conversation: { readVersion: conversation.version, talk: plan.talk, says: plan.says ?? [] } }),
    caseId: plan.case?.id ?? read.case?.state.id,
    ...(changed && { case: { ...changed, live: !isOver(changed.state) } }),
    effects: [...work, ...(plan.effects ?? [])],
    audit: plan.audit ?? [],
    ...(rest && { rest }),
  };
}

function restOf(commandId: string, read: Snapshot, plan: Plan, after: Case | undefined) {
  const { settles, linkCode, handler } = plan;
  const timers = plan.case?.work.timers ?? [];
  const lookAgain = lookAgainOf(commandId, read, plan, after);
  const rest = {
    ...(handler && { handler: handlerDocument(commandId, read, handler) }),
    ...(plan.case?.opened && { opened: plan.case.opened }),
    ...(timers.length > 0 && { timers }),
    ...(linkCode && { linkCode: { ...linkCode, hash: hex(linkCode.hash), sealed: hex(linkCode.sealed) } }),
    ...(settles && 'effectKey' in settles && { settles }),
    ...(lookAgain && { lookAgain }),
  };
  return Object.keys(rest).length > 0 ? rest : undefined;
}

function caseAfter(commandId: string, read: Snapshot, change: NonNullable<Plan['case']>): ChangedThing<Case> {
  const before = change.opened ? undefined : read.case;
  if (!change.opened && before?.state.id !== change.id) throw new Error(`${change.id} is not the case that was read`);
  return { ...chain(before, commandId, read.now, change.facts, evolve), evolve: CASE_EVOLVE };
}

function handlerDocument(commandId: string, read: Snapshot, { id, registered, facts }: NonNullable<Plan['handler']>) {
  const before = registered ? undefined : read.handler;
  if (!registered && before?.state.id !== id) throw new Error(`${id} is not the handler that was read`);
  const after = chain(before, commandId, read.now, facts, evolveHandler);
  return {
    ...after,
    ...(registered && { mobileIndex: registered.mobileIndex, mobileSealed: hex(registered.mobileSealed) }),
    id,
    evolve: HANDLER_EVOLVE,
    version: after.readVersion + facts.length,
    tip: hex(after.tip),
    facts: after.facts.map((fact) => ({ ...fact, prevHash: hex(fact.prevHash) })),
  };
}

/** The facts as they are stored, each with the hash before it, and what they make of the thing. */
function chain<State extends Case | Handler, Fact extends object>(
  before: Chained<State> | undefined,
  commandId: string,
  at: Instant,
  facts: readonly Fact[],
  next: (state: State | undefined, fact: Fact, at: Instant) => State | undefined,
): Omit<ChangedThing<State>, 'evolve'> {
  const readVersion = before?.version ?? 0;
  let state = before?.state;
  let tip: Uint8Array = before?.tip ?? CHAIN_START;
  const chained = facts.map((fact, i) => {
    const body = storable(fact);
    const row = { seq: readVersion + i + 1, body, prevHash: tip };
    tip = nextTip(tip, { seq: row.seq, body, at, commandId });
    state = next(state, body, at);
    return row;
  });
  if (!state) throw new Error('the first fact does not make a thing');
  return { readVersion, state, tip, facts: chained };
}

/** Whoever is focused on a case whose step now shows something else, and a conversation that wants another turn. */
function lookAgainOf(commandId: string, read: Snapshot, plan: Plan, after: Case | undefined) {
  const self = plan.again ? read.conversation?.talk.id : undefined;
  const caseId = stepChanged(read, plan, after) ? read.case?.state.id : undefined;
  return self || caseId ? { because: commandId, self: self ?? null, caseId: caseId ?? null } : undefined;
}

function stepChanged(read: Snapshot, { linkCode }: Plan, after: Case | undefined): boolean {
  const { now, policy, link: before } = read;
  if (!read.case) return false;
  const theCase = read.case.state;
  const link: LiveLink = linkCode?.caseId === theCase.id ? { kind: 'code', codeId: linkCode.id } : before;
  const step = (the: Case, live: LiveLink) => agenda({ case: the, policy, live: { signedIn: true, link: live }, now });
  // a case that was opened just now is nobody else's yet
  const changed = after?.id === theCase.id ? after : theCase;
  return step(theCase, before).shows !== step(changed, link).shows;
}

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex');
}
