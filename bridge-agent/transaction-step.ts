/**
 * One step of the token transaction: observe → skip if it is true already → write `begin` → act → observe → write
 * `done`. Killed at any point, the next run begins with looking at the token.
 */
import { AgentProblem } from './problem.ts';
import type { Ground } from './transaction-ground.ts';

export interface StepWork<T> {
  /** @returns what the step is to bring about, or undefined while it is not there */
  observe(): Promise<T | undefined>;
  act(): Promise<unknown>;
  /** What of it belongs in the journal. */
  record(result: T): Record<string, unknown>;
}

export async function runStep<T>(name: string, { journal, reached }: Ground, work: StepWork<T>): Promise<T> {
  const there = await work.observe();
  if (there !== undefined) {
    // made before a crash that took the `done` with it, or on another PC
    if (!journal.done(name)) journal.append(name, 'done', work.record(there));
    return there;
  }
  journal.append(name, 'begin');
  reached(`${name} begin`);
  try {
    await work.act();
  } catch (problem) {
    journal.append(name, 'failed', { code: problem instanceof AgentProblem ? problem.code : 'unexpected' });
    throw problem;
  }
  reached(`${name} acted`);
  const made = await work.observe();
  if (made === undefined) throw new AgentProblem('token/driver-failed', `${name} left nothing behind`);
  journal.append(name, 'done', work.record(made));
  reached(`${name} done`);
  return made;
}
