/**
 * One step of the token transaction: observe → skip if it is true already → write `begin` → act → observe → write
 * `done`. Killed at any point, the next run begins with looking at the token.
 */
import { readFileSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import { AgentProblem } from './problem.ts';
import { TOKEN_CALLS } from './token/port.ts';
import type { TokenProcess } from './token/process.ts';
import type { Ground } from './transaction-ground.ts';

export interface StepWork<T> {
  /** In which `act` happens. */
  readonly process: Pick<TokenProcess, 'pid'>;
  /** @returns what the step is to bring about, or undefined while it is not there */
  observe(): Promise<T | undefined>;
  act(): Promise<unknown>;
  /** What of it belongs in the journal. */
  record(result: T): Record<string, unknown>;
}

export async function runStep<T>(name: string, { journal, reached }: Ground, work: StepWork<T>): Promise<T> {
  await lastActIsOver(name, journal);
  const there = await work.observe();
  if (there !== undefined) {
    // made before a crash that took the `done` with it, or on another PC
    if (!journal.done(name)) journal.append(name, 'done', work.record(there));
    return there;
  }
  journal.append(name, 'begin', { pid: work.process.pid });
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

const LOOK_AGAIN_MS = 200;

/**
 * A driver process can outlive a killed agent by the length of one call, and what it is still making is not seen
 * yet: looking before it is gone would make it twice. A number that another program has now costs the wait only.
 */
async function lastActIsOver(name: string, journal: Ground['journal']): Promise<void> {
  const last = journal.entries.findLast((entry) => entry.step === name);
  const pid = last?.state === 'begin' ? Number(last.data['pid']) : Number.NaN;
  const until = performance.now() + TOKEN_CALLS.generate.limitMs;
  while (Number.isInteger(pid) && isAlive(pid) && performance.now() < until) await pause(LOOK_AGAIN_MS);
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
  } catch {
    return false;
  }
  return !isZombie(pid);
}

/** Ended, but not collected: where the first process of a container collects nobody's children. */
function isZombie(pid: number): boolean {
  try {
    // proc_pid_stat(5): `pid (name) state …`; a name may hold anything
    return readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1)?.startsWith('Z') ?? false;
  } catch {
    return false;
  }
}
