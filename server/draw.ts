/**
 * Fresh values for a turn that nobody can guess and that are the same when the turn is run again: derived from the
 * message's id by a keyed hash.
 */
import type { Draw } from '../bot/turn-contract.ts';
import type { Vault } from './personal/vault.ts';

export function drawFor(vault: Vault, inboxId: string): Draw {
  const value = (name: keyof Draw) => vault.keyedHash(`draw/${name}`, inboxId).toString('hex');
  return {
    questionId: uuid(value('questionId')),
    codeId: uuid(value('codeId')),
    caseId: uuid(value('caseId')),
    txnId: value('txnId').slice(0, 32),
    nonce: value('nonce'),
  };
}

/** 122 bits of it as a UUID of version 8 (RFC 9562 §5.8). */
export function uuid(hex: string): string {
  const variant = ((Number.parseInt(hex.charAt(16), 16) & 3) | 8).toString(16);
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-8${hex.slice(13, 16)}-${variant}${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}
