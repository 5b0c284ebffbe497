/**
 * What this conversation shows: the case's step, and before that how far signing in has come. An answer counts only
 * while `shows` is what it was when the question was asked.
 */
import { agenda, type Chapter, type Party, type StepName } from '../renewal/agenda.ts';
import type { TurnInput } from './turn-contract.ts';

export type ScreenName = StepName | 'query';

export interface Screen {
  readonly name: ScreenName;
  readonly chapter: Chapter;
  readonly waitsFor: Party;
  readonly shows: string;
}

export function screenOf(s: TurnInput): Screen {
  const step = agenda({ case: s.case, policy: s.policy, live: s.live, now: s.now });
  if (step.name !== 'sign-in') return step;
  const { querying, signIn } = s.talk;
  if (querying) return { ...step, name: 'query', shows: 'query/' };
  return { ...step, shows: signIn.kind === 'code' ? `sign-in/code/${signIn.codeId}` : 'sign-in/mobile' };
}

/** Steps at which the computer or the CA is at work: the customer was told once, the rest is said by the agent. */
export const AT_WORK: ReadonlySet<ScreenName> = new Set<ScreenName>(['rekey', 'issue', 'write-certificate', 'verify']);
