/**
 * A module's own errors as ours: CKR_* of PKCS#11 v3.1 §6.1, and the loader's texts, which carry no code.
 */
import { AgentProblem } from '../problem.ts';
import type { AgentProblemCode } from '../problem.ts';

const BY_CKR: Readonly<Record<string, AgentProblemCode>> = {
  CKR_PIN_INCORRECT: 'pin/incorrect',
  CKR_PIN_INVALID: 'pin/incorrect',
  CKR_PIN_LEN_RANGE: 'pin/incorrect',
  CKR_PIN_LOCKED: 'pin/locked',
  CKR_FUNCTION_CANCELED: 'pin/refused',
  CKR_DEVICE_REMOVED: 'token/removed',
  CKR_TOKEN_NOT_PRESENT: 'token/removed',
  CKR_SESSION_HANDLE_INVALID: 'token/removed',
  CKR_SESSION_CLOSED: 'token/removed',
  CKR_SLOT_ID_INVALID: 'token/removed',
  CKR_DEVICE_MEMORY: 'token/full',
  CKR_TOKEN_WRITE_PROTECTED: 'token/write-protected',
  CKR_SESSION_READ_ONLY: 'token/write-protected',
  CKR_MECHANISM_INVALID: 'token/unsupported',
  CKR_KEY_SIZE_RANGE: 'token/unsupported',
  CKR_FUNCTION_NOT_SUPPORTED: 'token/unsupported',
};

/**
 * Runs one call of the module.
 *
 * Most calls throw with the name first (`CKR_PIN_INCORRECT`), C_SetAttributeValue with `CKR_…:16`; a text without
 * CKR_ comes from the addon.
 */
export function inModule<T>(call: () => T): T {
  try {
    return call();
  } catch (error) {
    throw error instanceof AgentProblem ? error : asProblem(error);
  }
}

export function asProblem(error: unknown): AgentProblem {
  const text = error instanceof Error ? error.message : String(error);
  const name = /CKR_[A-Z_]+/.exec(text)?.[0];
  return new AgentProblem(BY_CKR[name ?? ''] ?? 'token/driver-failed', text, { cause: error });
}

/** The state that was asked for holds already. */
export function isAlready(
  error: unknown,
  what: 'CKR_USER_ALREADY_LOGGED_IN' | 'CKR_CRYPTOKI_ALREADY_INITIALIZED',
): boolean {
  return error instanceof Error && error.message.includes(what);
}
