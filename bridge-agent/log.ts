/**
 * A short log on this PC for support: what happened and with which code, never what was typed. Always on, because
 * nobody can be asked to switch it on before something fails; kept small.
 */
import { appendFileSync, mkdirSync, renameSync, statSync } from 'node:fs';
import { dirname } from 'node:path';

const MAX_BYTES = 512 * 1024;

export type Log = (event: string, about?: Readonly<Record<string, unknown>>) => void;

export function openLog(file: string): Log {
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
  return (event, about = {}) => {
    const full = (statSync(file, { throwIfNoEntry: false })?.size ?? 0) > MAX_BYTES;
    if (full) renameSync(file, `${file}.old`);
    appendFileSync(file, `${JSON.stringify({ at: new Date().toISOString(), event, ...about })}\n`, { mode: 0o600 });
  };
}
