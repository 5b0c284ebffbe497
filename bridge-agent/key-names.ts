/**
 * What the new objects are called on the token: the same from any PC, because the server gives the transaction's id.
 * So whoever continues finds what was made before instead of making it twice.
 */
import { createHash } from 'node:crypto';

export type Role = 'sign';

const digest = (txnId: string, role: Role) => createHash('sha256').update(`bridge-txn|${txnId}|${role}`).digest();

/** CKA_ID: 16 octets as hex. */
export function keyId(txnId: string, role: Role): string {
  return digest(txnId, role).toString('hex', 0, 16);
}

/** @returns `RENEW-<yyyy>-<4 hex>`, for people who look at the token with other programs */
export function keyLabel(txnId: string, role: Role, now: number): string {
  return `RENEW-${new Date(now).getUTCFullYear()}-${digest(txnId, role).toString('hex', 0, 2)}`;
}
