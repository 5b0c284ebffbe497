/**
 * What the embedded CA remembers, as files: each written once, whole and on disk before anyone hears of it, so that
 * killing the process at any line leaves either the record or nothing.
 *
 *   root.key  root.der         the CA's own key (PKCS#8) and certificate
 *   keys/<spki>.json           which request a public key belongs to
 *   successors/<serial>.<n>.json  which request replaces a certificate, the nth after n revoked ones
 *   requests/<hash of id>.json what was issued for a request: the record that decides
 *   issued/<serial>.der  revoked/<serial>.json  confirmed/<hash of id>.json
 */
import { createHash, randomBytes } from 'node:crypto';
import {
  closeSync,
  existsSync,
  fsyncSync,
  linkSync,
  mkdirSync,
  openSync,
  readFileSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { z } from 'zod';

const Owner = z.strictObject({ requestId: z.string() });
const Issued = z.strictObject({
  requestId: z.string(),
  /** SHA-256 of what was asked with it: the same id with another question is refused. */
  questionSha256: z.string(),
  serial: z.string(),
  certificate: z.base64(),
});
export type Issued = z.infer<typeof Issued>;

export interface Storage {
  readonly folder: string;
  readonly path: (name: string) => string;
  /** Whose key this is from now on: the id given, or the one that came first. */
  claimKey(spkiSha256: string, requestId: string): string;
  /** Whose successor this certificate has, as `claimKey`: the next one only after an earlier one was revoked. */
  claimSuccessor(replaced: string, requestId: string, earlier: number): string;
  issuedFor(requestId: string): Issued | undefined;
  /** The record that holds: the one given, or the one that came first. */
  keepIssued(issued: Issued): Issued;
  certificate(serial: string): Buffer | undefined;
  isRevoked(serial: string): boolean;
  keepRevoked(serial: string, reason: string, at: number): void;
  keepConfirmed(requestId: string, at: number): void;
}

/** Opens the folder, making it (for its owner only) when it is not there. */
export function openStorage(folder: string): Storage {
  for (const name of ['keys', 'successors', 'requests', 'issued', 'revoked', 'confirmed'])
    mkdirSync(join(folder, name), { recursive: true, mode: 0o700 });
  const path = (name: string) => join(folder, name);
  const requestPath = (requestId: string) => path(`requests/${sha256(requestId)}.json`);
  return {
    folder,
    path,
    claimKey(spkiSha256, requestId) {
      const owned = writeOnce(path(`keys/${spkiSha256}.json`), json({ requestId }));
      return Owner.parse(parse(owned)).requestId;
    },
    claimSuccessor(replaced, requestId, earlier) {
      const owned = writeOnce(path(`successors/${replaced}.${earlier}.json`), json({ requestId }));
      return Owner.parse(parse(owned)).requestId;
    },
    issuedFor(requestId) {
      const record = readIfThere(requestPath(requestId));
      return record && Issued.parse(parse(record));
    },
    keepIssued(issued) {
      const record = Issued.parse(parse(writeOnce(requestPath(issued.requestId), json(issued))));
      writeOnce(path(`issued/${record.serial}.der`), Buffer.from(record.certificate, 'base64'));
      return record;
    },
    certificate: (serial) => readIfThere(path(`issued/${serial}.der`)),
    isRevoked: (serial) => existsSync(path(`revoked/${serial}.json`)),
    keepRevoked: (serial, reason, at) => void writeOnce(path(`revoked/${serial}.json`), json({ serial, reason, at })),
    keepConfirmed: (requestId, at) =>
      void writeOnce(path(`confirmed/${sha256(requestId)}.json`), json({ requestId, at })),
  };
}

/**
 * Writes a file that is never changed again. It appears under its name only when its bytes are on disk; of two
 * writers one wins.
 *
 * @returns what the file holds now
 */
export function writeOnce(path: string, bytes: Buffer): Buffer {
  const folder = dirname(path);
  const draft = join(folder, `.${randomBytes(8).toString('hex')}`);
  const file = openSync(draft, 'wx', 0o600);
  try {
    writeFileSync(file, bytes);
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
  try {
    linkSync(draft, path);
  } catch (error) {
    if (!isCode(error, 'EEXIST')) throw error;
  } finally {
    unlinkSync(draft);
  }
  const entry = openSync(folder, 'r');
  fsyncSync(entry);
  closeSync(entry);
  return readFileSync(path);
}

export function readIfThere(path: string): Buffer | undefined {
  try {
    return readFileSync(path);
  } catch (error) {
    if (isCode(error, 'ENOENT')) return undefined;
    throw error;
  }
}

function isCode(error: unknown, code: string): boolean {
  return error instanceof Error && (error as NodeJS.ErrnoException).code === code;
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

function json(value: unknown): Buffer {
  return Buffer.from(`${JSON.stringify(value)}\n`);
}

function parse(bytes: Buffer): unknown {
  return JSON.parse(bytes.toString('utf8'));
}
