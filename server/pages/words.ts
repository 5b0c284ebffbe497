/**
 * The words of pages that are not part of a template: what a problem is called, and a short word for every step.
 */
import { problemWords } from '../../bot/words.ts';
import type { StepName } from '../../renewal/agenda.ts';
import type { ProblemCode, ProblemFacts } from '../../renewal/problem.ts';
import words from '../../templates/pages/words.json' with { type: 'json' };
import type { EdgeCode } from './edge-error.ts';

/** What happened, and what to do. */
export interface Telling {
  readonly zh: string;
  readonly hint: string;
}

const EDGE: Readonly<Record<EdgeCode, Telling>> = words.edge;
const STANDING: Readonly<Record<StepName, string>> = words.standing;

export function problemTelling(code: ProblemCode | EdgeCode, facts?: ProblemFacts): Telling {
  if (code in EDGE) return EDGE[code as EdgeCode];
  const { zh, hint } = problemWords(code as ProblemCode, facts);
  return { zh, hint };
}

/** Where a case stands, in a few characters. */
export function standingWords(step: StepName): string {
  return STANDING[step];
}
