/** T4: exactly one new key pair under the transaction's id. PKCS#11 gives no uniqueness: finding first is ours. */
import { spkiSha256 } from './certificate.ts';
import { algorithmOf } from './open-key.ts';
import type { OpenKey } from './open-key.ts';
import { AgentProblem } from './problem.ts';
import type { Ground, Key } from './transaction-ground.ts';
import { runStep } from './transaction-step.ts';

/** @returns SubjectPublicKeyInfo of the pair, made now or before */
export async function makePair(ground: Ground, key: OpenKey): Promise<Buffer> {
  const algorithm = algorithmOf(key);
  return runStep('T4', ground, {
    process: key.process,
    observe: () => pairOnToken(ground, key),
    act: () => {
      if (requestedKey(ground)) throw new AgentProblem('token/changed-outside', 'the key of a sent request is gone');
      ground.customer.tell('making-key');
      return key.process.generate(key.token.serial, { id: ground.id, label: ground.label(), algorithm });
    },
    record: (spki) => ({ spki: spkiSha256(spki) }),
  });
}

/**
 * @returns undefined when there is none
 * @throws AgentProblem token/changed-outside when there is not one whole pair, or another than a request was sent for
 */
export async function pairOnToken(ground: Ground, { process, token }: Key): Promise<Buffer | undefined> {
  const { privateKeys, publicKeys, spki } = await process.keys(token.serial, ground.id);
  if (privateKeys === 0 && publicKeys === 0) return undefined;
  if (privateKeys !== 1 || publicKeys !== 1 || spki === undefined) {
    throw new AgentProblem('token/changed-outside', `${privateKeys} private, ${publicKeys} public keys under our id`);
  }
  const bytes = Buffer.from(spki, 'base64');
  const requested = requestedKey(ground);
  if (requested !== undefined && requested !== spkiSha256(bytes)) {
    throw new AgentProblem('token/changed-outside', 'another key under our id than the request was made for');
  }
  return bytes;
}

const requestedKey = ({ journal }: Ground) => journal.done('T6')?.data['spki'];
