/**
 * One process at a time starts or stops the database of a folder. The lock file names its holder by process number
 * and start time, so that a holder that was killed, also one whose number was given away again, holds nobody up.
 */
import { linkSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import { StoreError } from './store-error.ts';

const LOOK_EVERY_MS = 25;
/** A first start makes a whole database under the lock. */
const WAIT_AT_MOST_MS = 60_000;

/**
 * @returns releases the lock
 * @throws StoreError store/folder-locked when the holder keeps it for a minute
 */
export async function takeBootLock(file: string): Promise<() => void> {
  const mine = holder(process.pid);
  for (let waited = 0; waited < WAIT_AT_MOST_MS; waited += LOOK_EVERY_MS) {
    if (create(file, mine)) return () => rmSync(file, { force: true });
    const theirs = read(file);
    if (theirs !== undefined && !isAlive(theirs)) removeStale(file, theirs);
    else await pause(LOOK_EVERY_MS);
  }
  throw new StoreError('store/folder-locked', `${file} is held by process ${read(file) ?? '?'} for too long.`);
}

function create(file: string, content: string): boolean {
  try {
    writeFileSync(file, content, { flag: 'wx' });
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

function read(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return undefined; // released at this moment
  }
}

/** Moves it away before looking at it again: somebody else may have removed it and taken the lock in between. */
function removeStale(file: string, theirs: string): void {
  const aside = `${file}.${process.pid}`;
  try {
    renameSync(file, aside);
    if (read(aside) !== theirs) linkSync(aside, file);
  } catch (error) {
    if (!['ENOENT', 'EEXIST'].includes((error as NodeJS.ErrnoException).code ?? '')) throw error;
  }
  rmSync(aside, { force: true });
}

/** `4711` or, where the system tells it, `4711 started 123456`. */
function holder(pid: number): string {
  const started = startTime(pid);
  return started === undefined ? String(pid) : `${pid} started ${started}`;
}

function isAlive(theirs: string): boolean {
  const pid = Number.parseInt(theirs, 10);
  if (Number.isNaN(pid)) return true; // is being written
  try {
    process.kill(pid, 0);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ESRCH') return false;
  }
  return holder(pid) === theirs;
}

/** Clock ticks since the machine started (proc(5), stat, field 22). */
function startTime(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19];
  } catch {
    return undefined;
  }
}
