/**
 * What a token driver can do, and the calls between the agent and the child process that runs it.
 *
 * A token is named by its serial number, never by a slot; an object by class and CKA_ID. A driver lives in a process
 * of its own (`worker.ts`), because vendor modules hang, crash and keep a login for the whole process.
 */
import { z } from 'zod';

const hex = z.string().regex(/^([0-9a-f]{2})*$/);
const serial = z.string().max(64);
const count = z.int().min(0);

/** The customer's tries at the PIN: all there, fewer, one left, none (PKCS#11 v3.1 §4.6, CKF_USER_PIN_*). */
export const PinState = z.enum(['ok', 'low', 'final', 'locked']);
export type PinState = z.infer<typeof PinState>;

export const Algorithm = z.enum(['P-256', 'RSA-2048']);
export type Algorithm = z.infer<typeof Algorithm>;

export const Token = z.strictObject({
  serial,
  label: z.string().max(64),
  model: z.string().max(64),
  pin: PinState,
  writeProtected: z.boolean(),
  /** The PIN is typed on the key itself (CKF_PROTECTED_AUTHENTICATION_PATH). */
  ownPinPad: z.boolean(),
  /** In bytes. */
  pinLength: z.strictObject({ min: count, max: count }),
  /** Key pairs that the token can make. */
  makes: z.array(Algorithm),
});
export type Token = z.infer<typeof Token>;

export const TokenCertificate = z.strictObject({ id: hex, der: z.base64() });
export type TokenCertificate = z.infer<typeof TokenCertificate>;

/** One object as a snapshot remembers it; `sha256` covers the value, for private keys what is public of them. */
export const TokenObject = z.strictObject({
  class: z.enum(['private-key', 'public-key', 'certificate', 'data', 'other']),
  id: hex,
  sha256: hex,
});
export type TokenObject = z.infer<typeof TokenObject>;

/** Key objects under one CKA_ID; private ones are seen only after login. `spki` when there is one public key. */
export const KeysUnderId = z.strictObject({ privateKeys: count, publicKeys: count, spki: z.base64().optional() });
export type KeysUnderId = z.infer<typeof KeysUnderId>;

const nothing = z.strictObject({});

/** Longest line in either direction: every certificate of a full token fits many times. */
export const MAX_LINE_BYTES = 4 * 1024 * 1024;

/** Every call: arguments, answer, and how long the agent waits (ms) before it gives the process up. */
export const TOKEN_CALLS = {
  list: { args: nothing, answer: z.array(Token), limitMs: 20_000 },
  certificates: { args: z.strictObject({ serial }), answer: z.array(TokenCertificate), limitMs: 20_000 },
  objects: { args: z.strictObject({ serial }), answer: z.array(TokenObject), limitMs: 60_000 },
  keys: { args: z.strictObject({ serial, id: hex }), answer: KeysUnderId, limitMs: 20_000 },
  /** The PIN follows the line as `pinBytes` raw bytes. A vendor's window or PIN pad may hold the answer up. */
  login: { args: z.strictObject({ serial, pinBytes: z.int().min(0).max(255) }), answer: nothing, limitMs: 120_000 },
  generate: {
    args: z.strictObject({ serial, id: hex, label: z.string().max(64), algorithm: Algorithm }),
    answer: nothing,
    limitMs: 180_000,
  },
  /** SHA-256 with ECDSA (DER) or RSA PKCS #1 v1.5, by the private key under this CKA_ID. */
  sign: {
    args: z.strictObject({ serial, id: hex, data: z.base64() }),
    answer: z.strictObject({ signature: z.base64() }),
    limitMs: 120_000,
  },
  writeCertificate: {
    args: z.strictObject({ serial, id: hex, label: z.string().max(64), der: z.base64() }),
    answer: nothing,
    limitMs: 60_000,
  },
} as const;

export type TokenCall = keyof typeof TOKEN_CALLS;
export type CallArgs<C extends TokenCall> = z.infer<(typeof TOKEN_CALLS)[C]['args']>;
export type CallAnswer<C extends TokenCall> = z.infer<(typeof TOKEN_CALLS)[C]['answer']>;

/**
 * A driver inside its process. Calls come one after the other.
 *
 * Every call throws AgentProblem: token/none (no token of this serial), token/removed, token/driver-failed, and
 * those named at it. Nothing here deletes or overwrites, and nothing looks for an object that exists already:
 * finding before creating is the transaction's.
 */
export interface TokenDriver {
  /** Tokens that are plugged in and initialised; blank slots are left out. */
  list(): Token[];
  certificates(serial: string): TokenCertificate[];
  /** All objects visible now; private ones after login. */
  objects(serial: string): TokenObject[];
  keys(serial: string, id: string): KeysUnderId;
  /**
   * Logs the user in for the life of the process; once logged in, again is no error.
   *
   * @param pin UTF-8; empty where the token has its own pad. Zeroed by the caller
   * @throws AgentProblem pin/incorrect, pin/locked, pin/refused (given up at the pad)
   */
  login(serial: string, pin: Buffer): void;
  /**
   * Makes a pair on the token that never leaves it (TOKEN, SENSITIVE, not EXTRACTABLE).
   *
   * @throws AgentProblem token/full, token/write-protected, token/unsupported
   */
  generate(serial: string, pair: { id: string; label: string; algorithm: Algorithm }): void;
  /** @throws AgentProblem token/no-private-key when not exactly one key has this CKA_ID */
  sign(serial: string, id: string, data: Buffer): Buffer;
  /** @throws AgentProblem token/full, token/write-protected */
  writeCertificate(serial: string, certificate: { id: string; label: string; der: Buffer }): void;
}
