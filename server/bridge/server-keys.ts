/**
 * The server's own Ed25519 keys. Agents pin two, the current one and the one that comes next, so that a key can be
 * changed without a new agent. The current one signs the handshake and every command.
 */
import { createHash, createPrivateKey, createPublicKey, sign, type KeyObject } from 'node:crypto';

export interface ServerKeys {
  /** Names the current key to agents, and this server in renewal proofs: SHA-256 of its SPKI, first 8 bytes, hex. */
  readonly keyId: string;
  /** SPKI DER, base64: current, next. */
  readonly pinned: readonly [string, string];
  sign(bytes: Buffer): Buffer;
  /** Derived from the current key, never leaves the server; keys what must be the same in every process. */
  readonly secret: Buffer;
}

const ED25519_PKCS8 = Buffer.from('302e020100300506032b657004220420', 'hex');

/** @param seeds 32 bytes each: current, next (RFC 8032 §5.1.5; RFC 8410 §7) */
export function serverKeys(current: Buffer, next: Buffer): ServerKeys {
  const key = privateKey(current);
  const spki = publicSpki(key);
  return {
    keyId: createHash('sha256').update(spki).digest('hex').slice(0, 16),
    pinned: [spki.toString('base64'), publicSpki(privateKey(next)).toString('base64')],
    sign: (bytes) => sign(null, bytes, key),
    secret: createHash('sha256').update('bridge server secret\0').update(current).digest(),
  };
}

function privateKey(seed: Buffer): KeyObject {
  return createPrivateKey({ key: Buffer.concat([ED25519_PKCS8, seed]), format: 'der', type: 'pkcs8' });
}

function publicSpki(key: KeyObject): Buffer {
  return createPublicKey(key).export({ type: 'spki', format: 'der' });
}
