/**
 * The keys of an evaluation: made once, kept in `DATA_DIR/keys` where only their owner reads them. Production gets
 * its keys from the environment.
 */
import { randomBytes } from 'node:crypto';
import { chmodSync, linkSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { Config } from './config.ts';

export interface Keys {
  /** 32 bytes each. */
  readonly master: Buffer;
  readonly bridge: { readonly current: Buffer; readonly next: Buffer };
}

export function openKeys(config: Pick<Config, 'dataDir' | 'masterKey' | 'bridgeKeys'>): Keys {
  const folder = path.join(config.dataDir, 'keys');
  const kept = (name: string) => readOrMake(folder, name);
  return {
    master: config.masterKey ?? kept('master'),
    bridge: config.bridgeKeys ?? { current: kept('bridge-current'), next: kept('bridge-next') },
  };
}

/** Of two processes that make it at once one wins; a killed one leaves no half of it. */
function readOrMake(folder: string, name: string): Buffer {
  const file = path.join(folder, name);
  const found = read(file);
  if (found) return found;
  mkdirSync(folder, { recursive: true });
  chmodSync(folder, 0o700);
  const unfinished = `${file}.${process.pid}`;
  writeFileSync(unfinished, randomBytes(32).toString('base64'), { mode: 0o600, flush: true });
  try {
    linkSync(unfinished, file);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  }
  rmSync(unfinished);
  const made = read(file);
  if (!made) throw new Error(`${file} is gone again`);
  return made;
}

function read(file: string): Buffer | undefined {
  try {
    const key = Buffer.from(readFileSync(file, 'utf8'), 'base64');
    if (key.length !== 32) throw new Error(`${file} does not hold a key of 32 bytes`);
    return key;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}
