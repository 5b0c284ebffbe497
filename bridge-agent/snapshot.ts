/**
 * T2: what was on the key before the transaction, so that it can be shown that all of it is still there.
 * Certificates are copied to this PC (public data).
 */
import { createHash } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { pairOnToken } from './make-pair.ts';
import type { OpenKey } from './open-key.ts';
import { AgentProblem } from './problem.ts';
import { TokenObject } from './token/port.ts';
import type { Ground } from './transaction-ground.ts';

const Snapshot = z.array(TokenObject);

/**
 * Taken after login, because private keys are not seen before. Once this transaction has made its pair, the first
 * one counts and the key is compared with it.
 *
 * @throws AgentProblem token/changed-outside
 */
export async function keepSnapshot(ground: Ground, key: OpenKey): Promise<void> {
  const objects = await objectsBeside(ground, key);
  const first = firstSnapshot(ground);
  if (first && (await pairOnToken(ground, key))) {
    if (!isStillThere(first, objects)) throw new AgentProblem('token/changed-outside', 'objects of before are gone');
    return;
  }
  backUpCertificates(key, ground.backupFolder);
  ground.journal.append('T2', 'done', { objects });
  ground.reached('T2 done');
}

/** With a snapshot: all of it. On a PC that has none: the old certificate and its private key. */
export async function oldObjectsAreThere(ground: Ground, key: OpenKey): Promise<boolean> {
  const first = firstSnapshot(ground);
  if (first) return isStillThere(first, await objectsBeside(ground, key));
  return (await key.process.keys(key.token.serial, key.certificateId)).privateKeys === 1;
}

/** Every object of `before` is there, as often as it was. */
export function isStillThere(before: readonly TokenObject[], now: readonly TokenObject[]): boolean {
  const left = now.map(nameOf);
  return before.map(nameOf).every((name) => {
    const at = left.indexOf(name);
    if (at >= 0) left.splice(at, 1);
    return at >= 0;
  });
}

const nameOf = (object: TokenObject) => `${object.class}/${object.id}/${object.sha256}`;

const firstSnapshot = ({ journal }: Ground) => Snapshot.safeParse(journal.done('T2')?.data['objects']).data;

/** This transaction's own objects are not part of what was there before. */
async function objectsBeside({ id }: Ground, { process, token }: OpenKey): Promise<TokenObject[]> {
  return (await process.objects(token.serial)).filter((object) => object.id !== id);
}

function backUpCertificates({ certificates }: OpenKey, folder: string): void {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  for (const { der } of certificates) {
    const bytes = Buffer.from(der, 'base64');
    const name = createHash('sha256').update(bytes).digest('hex');
    writeFileSync(join(folder, `${name}.cer`), bytes, { mode: 0o600 });
  }
}
