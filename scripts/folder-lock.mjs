/**
 * One `npm start` a data folder. The lock file names who runs here: its own process and the programs it started, so
 * that a start after a kill can wait for what is still ending, and end what does not.
 */
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { SetupError } from './setup.mjs';

const LEFTOVER_ENDS_WITHIN_MS = 10_000;
const LOOK_EVERY_MS = 50;

/**
 * Takes the folder.
 *
 * @returns `started(program, pid)` to note a program, `release()` at the end
 * @throws SetupError when another start runs there
 */
export async function lockFolder(folder) {
  mkdirSync(folder, { recursive: true });
  const file = path.join(folder, 'start.lock');
  const left = read(file);
  if (left !== undefined && runs(left.owner))
    throw new SetupError(`${folder} is in use by another npm start (process ${left.owner.pid}); end that one first.`);
  for (const program of left?.programs ?? []) await end(program);
  const holder = { owner: { pid: process.pid, program: 'start.mjs' }, programs: [] };
  const write = (flag) => writeFileSync(file, JSON.stringify(holder), { flag });
  rmSync(file, { force: true });
  try {
    write('wx');
  } catch (cause) {
    throw new SetupError(`${folder} was taken by another npm start at this moment.`, { cause });
  }
  return {
    started(program, pid) {
      holder.programs.push({ pid, program });
      write('w');
    },
    release: () => rmSync(file, { force: true }),
  };
}

function read(file) {
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch {
    return undefined; // absent, or torn by a kill while it was written
  }
}

/** The number alone may belong to somebody else by now, the command line does not. */
function runs({ pid, program }) {
  const commandLine = `/proc/${pid}/cmdline`;
  if (existsSync('/proc/self')) return existsSync(commandLine) && readFileSync(commandLine, 'utf8').includes(program);
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return error.code === 'EPERM';
  }
}

async function end(program) {
  const signal = (name) => {
    if (runs(program)) process.kill(program.pid, name);
  };
  signal('SIGTERM');
  for (let waited = 0; runs(program) && waited < LEFTOVER_ENDS_WITHIN_MS; waited += LOOK_EVERY_MS)
    await pause(LOOK_EVERY_MS);
  signal('SIGKILL');
}
