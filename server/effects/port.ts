/**
 * Who carries out effects. One file an effect type; the runner (`runner.ts`) claims rows, stores `sent` before the
 * call and `unknown` after a lost answer, and hands the report to the writer in the transaction that settles the row.
 */
import type { Report } from '../../renewal/commands.ts';
import type { ProblemCode } from '../../renewal/problem.ts';

export interface EffectRow {
  readonly key: string;
  readonly type: string;
  readonly caseId: string | undefined;
  readonly body: unknown;
  readonly attempts: number;
}

export type Outcome =
  | { readonly kind: 'done'; readonly report?: Report }
  /** Final; the report tells the case. */
  | { readonly kind: 'failed'; readonly problem: ProblemCode; readonly report?: Report }
  /** Surely not done, or the provider is idempotent by our key: may be sent again after the pause. */
  | { readonly kind: 'later'; readonly problem: ProblemCode; readonly pauseMs: number }
  /** Perhaps done: from now on only asked. */
  | { readonly kind: 'unknown'; readonly problem: ProblemCode; readonly pauseMs: number };

export interface EffectHandler {
  readonly type: string;
  /** @throws nothing expected; what is thrown counts as `unknown` */
  send(effect: EffectRow): Promise<Outcome>;
  /** After `unknown`: did it happen? */
  ask(effect: EffectRow): Promise<Outcome>;
}
