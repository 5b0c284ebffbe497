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

export interface LinkCodeRow {
  readonly id: string;
  readonly caseId: string;
  readonly hash: Uint8Array;
  readonly sealed: Uint8Array;
  readonly expiresAt: Instant;
}

/** The argument of the function `commit_change` (prisma/migrations). */
export function changeDocument(commandId: string, read: Snapshot, plan: Plan) {
  const { now, conversation } = read;
  const theCase = plan.case && caseAfter(commandId, read, plan.case);
  const handler = plan.handler && handlerAfter(commandId, read, plan.handler);
  const facts = [...(handler?.facts ?? []), ...(theCase?.facts ?? [])];
  const effects = [...(plan.case?.work.effects ?? []), ...(plan.effects ?? [])];
  const timers = plan.case?.work.timers ?? [];
  const caseId = plan.case?.id ?? read.case?.state.id;
  const lookAgain = lookAgainOf(commandId, read, plan, theCase?.row.state);
  return {
    at: now,
    commandId,
    actor: conversation?.talk.handlerId ?? 'system',
    ...('answer' in plan && { answered: { commandId, answer: plan.answer } }),
    ...(conversation && plan.talk && { conversation: talkDocument(plan.talk, conversation.version, plan.says ?? []) }),
    ...(theCase && theCase.facts.length > 0 && { case: theCase.row }),
    ...(handler && { handler: handler.row }),
    ...(facts.length > 0 && { facts }),
    ...(effects.length > 0 && {
      effects: effects.map((effect) => ({
        key: effect.key,
        type: effect.type,
        caseId: plan.case?.id ?? null,
        body: storable('body' in effect ? effect.body : effect),
      })),
    }),
    ...(timers.length > 0 && { timers }),
    ...(plan.linkCode && {
      linkCode: { ...plan.linkCode, hash: hex(plan.linkCode.hash), sealed: hex(plan.linkCode.sealed) },
    }),
    ...(plan.audit?.length && { audit: storable(plan.audit).map((row) => ({ ...row, caseId: caseId ?? null })) }),
    ...settling(plan),
    ...(lookAgain && { lookAgain }),
  };
}

export type ChangeDocument = ReturnType<typeof changeDocument>;

function talkDocument(talk: Talk, readVersion: number, says: readonly Bubble[]) {
  const { id, owner, handlerId = null, caseId = null } = talk;
  return { id, owner, handlerId, caseId, readVersion, state: storable(talk), says: storable(says) };
}

function caseAfter(commandId: string, read: Snapshot, change: NonNullable<Plan['case']>) {
  const before = change.opened ? undefined : read.case;
  if (!change.opened && before?.state.id !== change.id) throw new Error(`${change.id} is not the case that was read`);
  const after = chain(before, commandId, read.now, change.id, 'case', change.facts, evolve);
  const { state } = after.row;
  return {
    facts: after.facts,
    row: { ...after.row, ...change.opened, id: change.id, evolve: CASE_EVOLVE, live: !isOver(state) },
  };
}

function handlerAfter(commandId: string, read: Snapshot, change: NonNullable<Plan['handler']>) {
  const before = change.registered ? undefined : read.handler;
  if (!change.registered && before?.state.id !== change.id)
    throw new Error(`${change.id} is not the handler that was read`);
  const after = chain(before, commandId, read.now, change.id, 'handler', change.facts, evolveHandler);
  const { registered } = change;
  const sealed = registered && { mobileIndex: registered.mobileIndex, mobileSealed: hex(registered.mobileSealed) };
  return { facts: after.facts, row: { ...after.row, ...sealed, id: change.id, evolve: HANDLER_EVOLVE } };
}

function chain<State extends Case | Handler, Fact extends { readonly type: string }>(
  before: Chained<State> | undefined,
  commandId: string,
  at: Instant,
  thingId: string,
  thing: 'case' | 'handler',
  facts: readonly Fact[],
  next: (state: State | undefined, fact: Fact, at: Instant) => State | undefined,
) {
  const readVersion = before?.version ?? 0;
  let state = before?.state;
  let tip: Uint8Array = before?.tip ?? CHAIN_START;
  const rows = facts.map((unchecked, i) => {
    const body = storable(unchecked);
    const seq = readVersion + i + 1;
    const row = { thing, thingId, seq, body, prevHash: hex(tip) };
    tip = nextTip(tip, { seq, body, at, commandId });
    state = next(state, body, at);
    return row;
  });
  if (!state) throw new Error(`the first fact of ${thingId} does not make a ${thing}`);
  return { facts: rows, row: { readVersion, version: readVersion + rows.length, tip: hex(tip), state } };
}

function settling({ settles }: Plan) {
  if (!settles) return {};
  if ('inboxId' in settles) return settles;
  const { effectKey, state, problem } = settles;
  return { effectKey, effectState: state, ...(problem && { effectProblem: problem }) };
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
  const link: LiveLink =
    linkCode?.caseId === theCase.id ? { kind: 'code', codeId: linkCode.id, expiresAt: linkCode.expiresAt } : before;
  const step = (the: Case, live: LiveLink) => agenda({ case: the, policy, live: { signedIn: true, link: live }, now });
  // a case that was opened just now is nobody else's yet
  const changed = after?.id === theCase.id ? after : theCase;
  return step(theCase, before).shows !== step(changed, link).shows;
}

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex');
}
