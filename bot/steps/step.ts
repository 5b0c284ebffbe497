/** What the bot does at one step: ask, and take an answer. */
import type { Case } from '../../renewal/case.ts';
import type { Policy } from '../../renewal/policy.ts';
import type { Reaction } from '../reaction.ts';
import type { Bubble, Option } from '../talk.ts';
import type { Check, TurnInput } from '../turn-contract.ts';

/** What a bubble says, without its question. */
export type Words = Pick<Bubble, 'template' | 'data'>;

export interface Prompt {
  readonly template: string;
  readonly data: Bubble['data'];
  readonly options: readonly Option[];
  /** Names the example that is given when the answer was not understood; none where nothing is asked. */
  readonly example?: string;
  readonly secret?: Bubble['secret'];
  /** A line in place of a card that is still to be seen a few bubbles above. */
  readonly brief?: Words;
}

/** An answer to the open question: one of its options by name, or what was typed. */
export type Said =
  { readonly kind: 'option'; readonly name: string } | { readonly kind: 'text'; readonly text: string };

export interface ChatStep {
  readonly ask: (s: TurnInput) => Prompt;
  /** `miss`: this answers nothing here. */
  readonly answer: (s: TurnInput, said: Said) => Reaction | 'miss';
  /** What must be found out before the answer is taken. */
  readonly check?: (s: TurnInput, said: Said) => Check;
  /** Free text is expected: only the very words count as words. */
  readonly freeText?: (s: TurnInput) => boolean;
}

/** The agenda asks no step of a case without one. */
export type Underway = TurnInput & { readonly case: Case; readonly policy: Policy };

export function caseStep(step: {
  readonly ask: (s: Underway) => Prompt;
  readonly answer: (s: Underway, said: Said) => Reaction | 'miss';
  readonly check?: (s: Underway, said: Said) => Check;
  readonly freeText?: (s: TurnInput) => boolean;
}): ChatStep {
  return step as ChatStep;
}

/** A step that asks nothing: whatever is said is answered with how things stand. */
export function waiting(ask: (s: Underway) => Omit<Prompt, 'options'>): ChatStep {
  return caseStep({ ask: (s) => ({ ...ask(s), options: [] }), answer: (s) => ({ after: s }) });
}

export function chose(said: Said, ...names: readonly string[]): boolean {
  return said.kind === 'option' && names.includes(said.name);
}
