/**
 * The link of this PC to one case, kept for as long as it lives, so that an agent that was killed goes on without a
 * new code. The device key in it is of this link only. For this user only (0600); gone when the link is closed.
 */
import { createPrivateKey, generateKeyPairSync } from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import { closeSync, fsyncSync, mkdirSync, openSync, readFileSync, renameSync, rmSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';
import { z } from 'zod';

const StoredLink = z.strictObject({
  linkId: z.uuid(),
  deviceKey: z.base64(),
  unit: z.string(),
  askedBy: z.string(),
  /** The server's time, ms since the epoch. */
  expiresAt: z.int(),
});

export interface Link extends Omit<z.infer<typeof StoredLink>, 'deviceKey'> {
  readonly deviceKey: KeyObject;
}

/** Ed25519, new for every link. */
export const newDeviceKey = (): KeyObject => generateKeyPairSync('ed25519').privateKey;

export class LinkFile {
  readonly #path: string;

  constructor(path: string) {
    this.#path = path;
  }

  /** @returns undefined when there is none, or none that can be read: a new code makes another */
  read(): Link | undefined {
    try {
      const { deviceKey, ...stored } = StoredLink.parse(JSON.parse(readFileSync(this.#path, 'utf8')));
      const key = createPrivateKey({ key: Buffer.from(deviceKey, 'base64'), type: 'pkcs8', format: 'der' });
      return { ...stored, deviceKey: key };
    } catch {
      return undefined;
    }
  }

  /** Whole or not at all, and on the disk when it returns. */
  write({ deviceKey, ...link }: Link): void {
    mkdirSync(dirname(this.#path), { recursive: true, mode: 0o700 });
    const key = deviceKey.export({ type: 'pkcs8', format: 'der' }).toString('base64');
    const temporary = `${this.#path}.new`;
    const descriptor = openSync(temporary, 'w', 0o600);
    try {
      writeSync(descriptor, JSON.stringify({ ...link, deviceKey: key }));
      fsyncSync(descriptor);
    } finally {
      closeSync(descriptor);
    }
    renameSync(temporary, this.#path);
  }

  remove(): void {
    rmSync(this.#path, { force: true });
  }
}
