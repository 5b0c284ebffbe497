/** What both entries do around the agent: a real terminal, one agent for one folder, and a clean end. */
import { isOnlyInstance } from './single-instance.ts';
import { runAgent } from './main.ts';
import type { AgentSettings } from './main.ts';
import { Terminal } from './terminal.ts';
import { words } from './words.ts';

/** @returns the exit code */
export async function runInTerminal(settings: AgentSettings): Promise<number> {
  if (!process.stdin.isTTY || !process.stdout.isTTY) return refuse('no-terminal');
  if (!(await isOnlyInstance(settings.dataFolder))) return refuse('already-open');
  const stop = new AbortController();
  const interrupt = () => stop.abort(new Error('interrupted'));
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, interrupt);
  const terminal = new Terminal(process.stdin, process.stdout, interrupt);
  try {
    await runAgent(settings, terminal, stop.signal);
  } finally {
    terminal.close();
  }
  terminal.say(words('bye'));
  return 0;
}

export function refuse(
  why: 'no-terminal' | 'already-open' | 'not-set-up' | 'node-options' | 'as-administrator',
): number {
  process.stderr.write(`${words(why)}\n`);
  return 1;
}
