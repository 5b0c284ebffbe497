/**
 * A private PostgreSQL server: the default database (docs/decisions/002). It listens on a unix socket that only its
 * owner can open, on no port. Several of our processes may share it; the last one that leaves stops it. One that was
 * left running by a killed process is adopted; what a killed one left behind is cleared.
 */
import { spawn, spawnSync } from 'node:child_process';
import {
  chownSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  closeSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  renameSync,
  rmSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import pg from 'pg';
import { childEnv } from './child-env.ts';
import { takeBootLock } from './boot-lock.ts';
import { findPrograms, reachableFolder, unprivilegedUser, type Programs, type RunAs } from './postgres-programs.ts';
import { StoreError } from './store-error.ts';

const NAME = 'xuqi';
const LOOK_EVERY_MS = 20;
const STARTS_WITHIN_MS = 60_000;
const STOPS_WITHIN_MS = 30_000;
/** `sun_path` of unix(7) with its closing zero byte. */
const LONGEST_SOCKET_PATH = 107;

const SETTINGS = {
  listen_addresses: '',
  unix_socket_permissions: '0700',
  max_connections: '60',
  shared_buffers: '64MB',
  log_destination: 'stderr',
};

export interface EmbeddedPostgres {
  /** For `pg`: the folder of the socket, user and database. */
  readonly address: { readonly host: string; readonly user: string; readonly database: string };
  /** Was it running already? */
  readonly adopted: boolean;
  /** Stops the server unless another process is connected. Own connections are closed before. */
  stop(): Promise<void>;
}

/**
 * @param folder where data and log are kept; made when missing
 * @throws StoreError with a sentence for whoever starts the server
 */
export async function startEmbeddedPostgres(folder: string): Promise<EmbeddedPostgres> {
  const runAs = unprivilegedUser();
  const programs = findPrograms(runAs);
  const home = reachableFolder(path.resolve(folder), runAs);
  mkdirSync(path.dirname(home), { recursive: true, mode: 0o755 });
  mkdirSync(home, { recursive: true, mode: 0o700 });
  if (runAs) chownSync(home, runAs.uid, runAs.gid);
  const lock = path.join(home, 'boot.lock');
  const data = path.join(home, 'data');

  const release = await takeBootLock(lock);
  try {
    if (!existsSync(path.join(data, 'global/pg_control'))) createCluster(programs, home, data, runAs);
    let socket = runningSocket(data);
    const adopted = socket !== undefined;
    socket ??= await startServer(programs, home, data, runAs);
    await createDatabase(socket);
    return {
      address: { host: socket, user: NAME, database: NAME },
      adopted,
      stop: () => stopWhenLast(lock, data, socket),
    };
  } finally {
    release();
  }
}

function createCluster(programs: Programs, home: string, data: string, runAs: RunAs | undefined): void {
  rmSync(data, { recursive: true, force: true }); // a killed attempt leaves half of it
  const options = ['-U', NAME, '-A', 'trust', '-E', 'UTF8', '--locale=C', '--no-instructions'];
  const made = spawnSync(programs.initdb, ['-D', data, ...options], {
    ...runAs,
    cwd: home,
    env: { ...childEnv(), LC_ALL: 'C' },
    encoding: 'utf8',
  });
  if (made.status !== 0)
    throw new StoreError('store/did-not-start', `initdb failed: ${made.error?.message ?? made.stderr.trim()}`);
}

/** @returns the folder of its socket */
async function startServer(programs: Programs, home: string, data: string, runAs: RunAs | undefined): Promise<string> {
  await untilNobodyWorksIn(data);
  const socket = socketFolder(home, runAs);
  for (const left of [
    path.join(data, 'postmaster.pid'),
    path.join(socket, '.s.PGSQL.5432'),
    path.join(socket, '.s.PGSQL.5432.lock'),
  ])
    rmSync(left, { force: true });

  const logFile = path.join(home, 'server.log');
  if (existsSync(logFile)) renameSync(logFile, `${logFile}.previous`);
  const log = openSync(logFile, 'a');
  const settings = Object.entries(SETTINGS).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
  const child = spawn(programs.postgres, ['-D', data, '-k', socket, ...settings], {
    ...runAs,
    cwd: home,
    env: { ...childEnv(), LC_ALL: 'C' },
    // Ctrl-C in the terminal reaches us first, and we stop it in order
    detached: true,
    stdio: ['ignore', log, log],
  });
  closeSync(log);
  child.unref();
  let ended: string | undefined;
  child.on('exit', (code) => (ended = `it ended with ${code}`));
  child.on('error', (error) => (ended = error.message));

  for (let waited = 0; waited < STARTS_WITHIN_MS && ended === undefined; waited += LOOK_EVERY_MS) {
    if (await answers(socket)) return socket;
    await pause(LOOK_EVERY_MS);
  }
  throw new StoreError('store/did-not-start', `PostgreSQL did not start (${ended ?? 'no answer'}); see ${logFile}.`);
}

function socketFolder(home: string, runAs: RunAs | undefined): string {
  if (Buffer.byteLength(path.join(home, '.s.PGSQL.5432')) < LONGEST_SOCKET_PATH) return home;
  const short = mkdtempSync(path.join(tmpdir(), 'xuqi-'));
  if (runAs) chownSync(short, runAs.uid, runAs.gid);
  return short;
}

async function createDatabase(socket: string): Promise<void> {
  const client = await connect(socket);
  try {
    const found = await client.query('select from pg_database where datname = $1', [NAME]);
    if (found.rowCount === 0) await client.query(`create database ${NAME}`);
  } finally {
    await client.end();
  }
}

async function stopWhenLast(lock: string, data: string, socket: string): Promise<void> {
  const release = await takeBootLock(lock);
  try {
    const pid = serverPid(data);
    if (pid === undefined || (await othersAreConnected(socket))) return;
    process.kill(pid, 'SIGINT'); // "fast": ends sessions, writes everything out
    for (let waited = 0; serverPid(data) === pid; waited += LOOK_EVERY_MS) {
      if (waited > STOPS_WITHIN_MS)
        throw new StoreError('store/did-not-stop', `PostgreSQL (process ${pid}) did not stop in time.`);
      await pause(LOOK_EVERY_MS);
    }
    // a short place that was made for the socket alone
    if (socket !== path.dirname(data)) rmSync(socket, { recursive: true, force: true });
  } finally {
    release();
  }
}

async function othersAreConnected(socket: string): Promise<boolean> {
  const client = await connect(socket);
  try {
    const others = await client.query(
      `select from pg_stat_activity where backend_type = 'client backend' and pid <> pg_backend_pid()`,
    );
    return others.rowCount !== 0;
  } finally {
    await client.end();
  }
}

async function connect(socket: string): Promise<pg.Client> {
  const client = new pg.Client({ host: socket, user: NAME, database: 'postgres', connectionTimeoutMillis: 5_000 });
  await client.connect();
  return client;
}

async function answers(socket: string): Promise<boolean> {
  try {
    await (await connect(socket)).end();
    return true;
  } catch {
    return false;
  }
}

/** Line 5 of postmaster.pid; undefined when no server runs on this data. */
function runningSocket(data: string): string | undefined {
  return serverPid(data) === undefined ? undefined : pidFile(data)[4];
}

/** A number that another program has by now, or a server that is dead and not yet waited for, is no server. */
function serverPid(data: string): number | undefined {
  const pid = Number(pidFile(data)[0]);
  if (!Number.isInteger(pid) || pid <= 0) return undefined;
  if (process.platform === 'linux') {
    try {
      return readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0').includes(data) ? pid : undefined;
    } catch {
      return undefined;
    }
  }
  try {
    process.kill(pid, 0);
    return pid;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM' ? pid : undefined;
  }
}

function pidFile(data: string): string[] {
  try {
    return readFileSync(path.join(data, 'postmaster.pid'), 'utf8').split('\n');
  } catch {
    return [];
  }
}

/** Two generations of server processes on one folder would destroy it; those of a killed server end by themselves. */
async function untilNobodyWorksIn(data: string): Promise<void> {
  if (process.platform !== 'linux') return;
  const worksThere = (pid: string) => {
    try {
      return /^\d+$/.test(pid) && readlinkSync(`/proc/${pid}/cwd`) === data;
    } catch {
      return false;
    }
  };
  for (let waited = 0; readdirSync('/proc').some(worksThere); waited += LOOK_EVERY_MS) {
    if (waited > STOPS_WITHIN_MS)
      throw new StoreError('store/did-not-start', `Processes of an earlier PostgreSQL still work in ${data}.`);
    await pause(LOOK_EVERY_MS);
  }
}
