/** What deciding gives: facts and the work they ask for, or a refusal. */
import type { CaseFact } from './case.ts';
import type { Effect, Timer, Work } from './effects.ts';
import type { ProblemCode, ProblemFacts } from './problem.ts';

export interface Decided {
  readonly kind: 'decided';
  readonly facts: readonly CaseFact[];
  readonly work: Work;
}

export type Decision =
  Decided | { readonly kind: 'refused'; readonly problem: ProblemCode; readonly about: ProblemFacts };

/** Nothing new: a doubled or late report. */
export const NOTHING: Decided = { kind: 'decided', facts: [], work: { effects: [], timers: [] } };

export function decided(
  facts: readonly CaseFact[],
  effects: readonly Effect[] = [],
  timers: readonly Timer[] = [],
): Decided {
  return { kind: 'decided', facts, work: { effects, timers } };
}

export function refused(problem: ProblemCode, about: ProblemFacts = {}): Decision {
  return { kind: 'refused', problem, about };
}
