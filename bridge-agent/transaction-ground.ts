/** What every step of one token transaction stands on. */
import type { X509Certificate } from 'node:crypto';
import { join } from 'node:path';
import type { KeyOfCertificate } from './find-token.ts';
import { Journal } from './journal.ts';
import { keyId, keyLabel } from './key-names.ts';
import type { Desk } from './open-key.ts';

export interface TransactionSurroundings extends Desk {
  /** Of this agent, for this user only. */
  readonly dataFolder: string;
  /** CAs whose certificates came with the agent. */
  readonly issuers: readonly X509Certificate[];
  /** The server's time, ms since the epoch. */
  readonly now: () => number;
  /** Masked mobile of who asks in the chat. */
  readonly askedBy: () => string;
  /** Told of each point that was passed: `T4 begin`, `T4 acted`, `T4 done`. */
  readonly reached: (point: string) => void;
}

export interface Ground extends TransactionSurroundings {
  readonly txnId: string;
  readonly journal: Journal;
  /** CKA_ID and label of the new objects. */
  readonly id: string;
  readonly label: () => string;
  readonly backupFolder: string;
}

/** A key that is looked at or worked on; logged in where a step changes something. */
export type Key = Pick<KeyOfCertificate, 'process' | 'token'>;

/** @param txnId 32 hex digits, so that it is safe as a file name */
export function groundOf(around: TransactionSurroundings, txnId: string): Ground {
  return {
    ...around,
    txnId,
    journal: new Journal(join(around.dataFolder, 'journal', `${txnId}.jsonl`)),
    id: keyId(txnId, 'sign'),
    label: () => keyLabel(txnId, 'sign', around.now()),
    backupFolder: join(around.dataFolder, 'backup', txnId),
  };
}
