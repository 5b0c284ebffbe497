/** What a message did, before the next question is asked. */
import { decide } from '../renewal/decide.ts';
import { evolve } from '../renewal/evolve.ts';
import type { CaseCommand } from '../renewal/commands.ts';
import type { ProblemCode, ProblemFacts } from '../renewal/problem.ts';
import type { Bubble, Option, Talk } from './talk.ts';
import type { TurnInput, TurnOutput } from './turn-contract.ts';
import { problemWords } from './words.ts';

export interface Reaction {
  /** The situation with what was just said taken in. */
  readonly after: TurnInput;
  /** Said before the question is asked. */
  readonly remark?: Bubble;
  /** Said in place of the question's own words, with its options or others. */
  readonly instead?: Pick<Bubble, 'template' | 'data'> & { readonly options?: readonly Option[] };
  /** The question in one line, where it has one. */
  readonly brief?: boolean;
  /** Nobody spoke, and still there is something to tell about the question that is open already. */
  readonly news?: boolean;
  /** It was no answer to the open question. */
  readonly missed?: boolean;
  readonly changes?: Pick<TurnOutput, 'caseChange' | 'signedIn' | 'smsCode' | 'again'>;
  readonly audit?: TurnOutput['audit'];
}

export function remark(template: string, data: Bubble['data'] = {}): Bubble {
  return { template, data };
}

export function problem(code: ProblemCode, about: ProblemFacts = {}): Bubble {
  return remark('problem', { problem: problemWords(code, about) });
}

export function withTalk(s: TurnInput, talk: Partial<Talk>): TurnInput {
  return { ...s, talk: { ...s.talk, ...talk } };
}

/** The day of an opening is forgotten where its hour is not asked for. */
export function withoutDay(s: TurnInput): TurnInput {
  const { openingDay: _openingDay, ...talk } = s.talk;
  return { ...s, talk };
}

/** Asks the case; a refusal is told and changes nothing. */
export function wish(s: TurnInput, command: CaseCommand): Reaction {
  if (!s.case || !s.policy) return { after: s, remark: problem('case/not-now') };
  const decision = decide(s.case, command, s.policy, s.now);
  if (decision.kind === 'refused') return { after: s, remark: problem(decision.problem, decision.about) };
  const { facts, work } = decision;
  const next = facts.reduce((theCase, fact) => evolve(theCase, fact, s.now), s.case);
  return { after: { ...s, case: next }, changes: { caseChange: { id: s.case.id, facts, work } } };
}

/** A second wish after one that was granted: the case hears of both at once. */
export function andWish(first: Reaction, command: CaseCommand): Reaction {
  const second = wish(first.after, command);
  const [before, then] = [first.changes?.caseChange, second.changes?.caseChange];
  if (!before || !then) return { ...first, ...second, changes: { ...first.changes, ...second.changes } };
  const effects = [...before.work.effects, ...then.work.effects];
  const timers = [...before.work.timers, ...then.work.timers];
  const caseChange = { ...then, facts: [...before.facts, ...then.facts], work: { effects, timers } };
  return { ...second, changes: { ...second.changes, caseChange } };
}

/** This conversation turns to no case; what can be chosen must be read first. */
export function leaveCase(reaction: Reaction): Reaction {
  const { caseId: _caseId, question: _question, ...talk } = reaction.after.talk;
  const after = { ...reaction.after, case: undefined, policy: undefined, talk: { ...talk, misses: 0 } };
  return { ...reaction, after, changes: { ...reaction.changes, again: true } };
}
