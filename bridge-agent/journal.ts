/**
 * What was done, in a file that survives being killed at any moment: one JSON line an entry, each with the hash of
 * the line before, synced to the disk before the next act. A last line that was torn by a crash is dropped; a file
 * whose chain is broken is laid aside, because the token, not the journal, is the truth.
 */
import { createHash } from 'node:crypto';
import {
  closeSync,
  existsSync,
  fsyncSync,
  ftruncateSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  writeSync,
} from 'node:fs';
import { dirname } from 'node:path';
import { z } from 'zod';

const Entry = z.strictObject({
  seq: z.int().min(1),
  at: z.int(),
  step: z.string(),
  state: z.enum(['begin', 'done', 'failed']),
  data: z.record(z.string(), z.unknown()),
  prevHash: z.string(),
});
export type Entry = z.infer<typeof Entry>;

const FIRST = '0'.repeat(64);

export class Journal {
  readonly #file: string;
  readonly #entries: Entry[];
  #lastHash: string;

  /** Reads what is there; the folder is made, for this user only. */
  constructor(file: string) {
    this.#file = file;
    mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
    const { entries, lastHash, bytes } = readChain(file);
    this.#entries = entries;
    this.#lastHash = lastHash;
    if (existsSync(file)) cutTo(file, bytes);
  }

  get entries(): readonly Entry[] {
    return this.#entries;
  }

  /** The latest entry of a step that was finished. */
  done(step: string): Entry | undefined {
    return this.#entries.findLast((entry) => entry.step === step && entry.state === 'done');
  }

  /** @returns when the line is on the disk */
  append(step: string, state: Entry['state'], data: Record<string, unknown> = {}): void {
    const seq = this.#entries.length + 1;
    const entry: Entry = { seq, at: Date.now(), step, state, data, prevHash: this.#lastHash };
    const line = JSON.stringify(entry);
    const descriptor = openSync(this.#file, 'a', 0o600);
    try {
      writeSync(descriptor, `${line}\n`);
      fsyncSync(descriptor);
    } finally {
      closeSync(descriptor);
    }
    this.#entries.push(entry);
    this.#lastHash = hash(line);
  }
}

/** @returns the entries up to a torn last line, and where that line begins */
function readChain(file: string): { entries: Entry[]; lastHash: string; bytes: number } {
  const entries: Entry[] = [];
  let lastHash = FIRST;
  let bytes = 0;
  if (!existsSync(file)) return { entries, lastHash, bytes };
  const lines = readFileSync(file, 'utf8').split('\n');
  const torn = lines.pop();
  for (const [i, line] of lines.entries()) {
    const entry = parse(line);
    if (entry?.prevHash !== lastHash || entry.seq !== i + 1) {
      // a torn line may end in whatever the disk held
      if (entry === undefined && i === lines.length - 1 && torn === '') break;
      renameSync(file, `${file}.broken-${Date.now()}`);
      return { entries: [], lastHash: FIRST, bytes: 0 };
    }
    entries.push(entry);
    lastHash = hash(line);
    bytes += Buffer.byteLength(line) + 1;
  }
  return { entries, lastHash, bytes };
}

function parse(line: string): Entry | undefined {
  try {
    return Entry.parse(JSON.parse(line));
  } catch {
    return undefined;
  }
}

function cutTo(file: string, bytes: number): void {
  const descriptor = openSync(file, 'r+');
  try {
    ftruncateSync(descriptor, bytes);
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}

const hash = (line: string) => createHash('sha256').update(line).digest('hex');
