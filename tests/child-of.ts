/** Processes as somebody with `ps` would find them. */
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';

/** The process that `parent` has started with `program` on its command line, while it lives. */
export function childOf(parent: number | undefined, program: string): number | undefined {
  if (parent === undefined) return undefined;
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .find((pid) => parentOf(pid) === parent && isAlive(pid) && commandLineOf(pid).includes(program));
}

/** proc_pid_stat(5): `pid (name) state ppid …`; a name may hold anything. */
function statusOf(pid: number): string[] {
  return read(pid, 'stat').split(') ').at(-1)?.split(' ') ?? [];
}

const parentOf = (pid: number) => Number(statusOf(pid)[1]);

/** Ended, but not collected, is not alive. */
export const isAlive = (pid: number) => !['', 'Z', 'X'].includes(statusOf(pid)[0] ?? '');

const commandLineOf = (pid: number) => read(pid, 'cmdline').replaceAll('\0', ' ');

function read(pid: number, file: string): string {
  try {
    return readFileSync(path.join('/proc', String(pid), file), 'utf8');
  } catch {
    return ''; // ended meanwhile
  }
}
