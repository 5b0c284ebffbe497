/**
 * Keeps personal values from whoever reads the tables: sealed with AES-256-GCM, looked up by keyed hashes
 * (HMAC-SHA-256). Both keys are derived from the master key (HKDF-SHA-256, RFC 5869), so losing it loses the values.
 */
import { createCipheriv, createDecipheriv, createHmac, hkdfSync, randomBytes } from 'node:crypto';

export type Bytes = Uint8Array<ArrayBuffer>;

export interface Vault {
  /** @param belongsTo what the value is part of, e.g. a row's id: moved elsewhere it does not open */
  seal(plain: string, belongsTo: string): Bytes;
  /** @throws when sealed by another key, for something else, or damaged */
  open(sealed: Uint8Array, belongsTo: string): string;
  /**
   * Equal values have equal hashes, and nobody without the key can try values.
   *
   * @param kind keeps the same value of two kinds apart
   */
  keyedHash(kind: string, value: string): Buffer;
  /** The same as 64 hex digits, for columns that are searched. */
  blindIndex(kind: string, value: string): string;
}

/** First byte of everything sealed: which master key it needs, should there be a second one day. */
const KEY_ID = 1;
const NONCE_BYTES = 12;
const TAG_BYTES = 16;

/** @param masterKey 32 bytes */
export function createVault(masterKey: Uint8Array): Vault {
  const derive = (purpose: string) => Buffer.from(hkdfSync('sha256', masterKey, '', `xuqi/personal/${purpose}`, 32));
  const sealingKey = derive('seal');
  const hashingKey = derive('hash');
  const keyedHash = (kind: string, value: string) =>
    createHmac('sha256', hashingKey).update(`${kind}\0${value}`, 'utf8').digest();

  return {
    seal(plain, belongsTo) {
      const nonce = randomBytes(NONCE_BYTES);
      const cipher = createCipheriv('aes-256-gcm', sealingKey, nonce);
      cipher.setAAD(Buffer.from(belongsTo, 'utf8'));
      const text = Buffer.concat([cipher.update(plain, 'utf8'), cipher.final()]);
      return new Uint8Array(Buffer.concat([Buffer.of(KEY_ID), nonce, text, cipher.getAuthTag()]));
    },

    open(sealed, belongsTo) {
      if (sealed[0] !== KEY_ID || sealed.length < 1 + NONCE_BYTES + TAG_BYTES)
        throw new Error('not sealed by this key');
      const decipher = createDecipheriv('aes-256-gcm', sealingKey, sealed.subarray(1, 1 + NONCE_BYTES));
      decipher.setAAD(Buffer.from(belongsTo, 'utf8'));
      decipher.setAuthTag(sealed.subarray(-TAG_BYTES));
      const text = decipher.update(sealed.subarray(1 + NONCE_BYTES, -TAG_BYTES));
      return Buffer.concat([text, decipher.final()]).toString('utf8');
    },

    keyedHash,
    blindIndex: (kind, value) => keyedHash(kind, value).toString('hex'),
  };
}
