/**
 * A key on the customer's desk as a folder of files, for machines where no PKCS#11 module can be installed.
 *
 * `<folder>/<serial>/token.json` holds what the key says of itself, the PIN as a salted hash, its tries and its
 * objects. Private keys lie there in clear: this is a toy to try the product with, and it never ships.
 */
import { randomBytes, scryptSync, timingSafeEqual } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

export interface StoredObject {
  readonly class: 'private-key' | 'public-key' | 'certificate';
  /** CKA_ID, hex. */
  readonly id: string;
  readonly label: string;
  /** PKCS#8, SPKI or certificate: DER, base64. */
  readonly value: string;
}

export interface StoredToken {
  readonly serial: string;
  readonly label: string;
  readonly model: string;
  readonly pinSalt: string;
  readonly pinHash: string;
  readonly triesLeft: number;
  readonly writeProtected: boolean;
  /** More than so many objects don't fit. */
  readonly room: number;
  readonly objects: readonly StoredObject[];
}

export const PIN_TRIES = 6;

/** Makes a key, or changes what an existing one says of itself while its objects stay. */
export function makeToken(
  folder: string,
  made: { serial: string; label: string; pin: string; model?: string; writeProtected?: boolean; room?: number },
): void {
  const salt = randomBytes(16).toString('hex');
  mkdirSync(join(folder, made.serial), { recursive: true });
  writeToken(folder, {
    serial: made.serial,
    label: made.label,
    model: made.model ?? 'Sandbox Key',
    pinSalt: salt,
    pinHash: hash(salt, Buffer.from(made.pin)).toString('hex'),
    triesLeft: PIN_TRIES,
    writeProtected: made.writeProtected ?? false,
    room: made.room ?? 64,
    objects: existsSync(tokenFile(folder, made.serial)) ? readToken(folder, made.serial).objects : [],
  });
}

/** Serials of the keys that are plugged in: a file `unplugged` in a key's folder pulls it. */
export function pluggedIn(folder: string): string[] {
  return readdirSync(folder).filter(
    (serial) => existsSync(tokenFile(folder, serial)) && !existsSync(join(folder, serial, 'unplugged')),
  );
}

export function readToken(folder: string, serial: string): StoredToken {
  return JSON.parse(readFileSync(tokenFile(folder, serial), 'utf8')) as StoredToken;
}

/** Whole or not at all, as a key's own memory does it. */
export function writeToken(folder: string, token: StoredToken): void {
  const file = tokenFile(folder, token.serial);
  writeFileSync(`${file}.new`, JSON.stringify(token, undefined, 2), { mode: 0o600 });
  renameSync(`${file}.new`, file);
}

export function isPin(token: StoredToken, pin: Buffer): boolean {
  return timingSafeEqual(hash(token.pinSalt, pin), Buffer.from(token.pinHash, 'hex'));
}

const tokenFile = (folder: string, serial: string) => join(folder, serial, 'token.json');

// cheap on purpose: the folder lies open anyway, and tests log in hundreds of times
const hash = (salt: string, pin: Buffer) => scryptSync(pin, Buffer.from(salt, 'hex'), 32, { N: 1024 });
