/** What the bridge end needs of the rest of the server, no wider than it is used here; `main.ts` hands it in. */
import type { Instant } from '../../renewal/calendar.ts';
import type { Case } from '../../renewal/case.ts';
import type { Report } from '../../renewal/commands.ts';
import type { Database } from '../db.ts';

/** A code that was right: used up now, and whose it was. */
export interface UsedCode {
  readonly codeId: string;
  readonly caseId: string;
  readonly conversationId: string;
}

/** Something happened to a row; whoever holds the socket looks. Truth is in the tables, a lost hint costs a moment. */
export type BridgeHint =
  { readonly kind: 'link'; readonly linkId: string } | { readonly kind: 'effects'; readonly caseId: string };

export interface BridgeLog {
  info(about: object, message: string): void;
  warn(about: object, message: string): void;
  error(about: object, message: string): void;
}

export interface BridgeDependencies {
  readonly db: Database;
  readonly clock: { now(): Instant };
  readonly log: BridgeLog;
  /** Compares by keyed hash and uses the code up at most once, whoever comes first. */
  useLinkCode(code: string): Promise<({ readonly kind: 'right' } & UsedCode) | { readonly kind: 'wrong' | 'expired' }>;
  /** The case as it stands, its facts replayed when the snapshot is of another release. */
  readCase(caseId: string): Promise<Case | undefined>;
  /**
   * Gives the report to the case and settles the effect in the same transaction. The same command id again changes
   * nothing.
   */
  report(caseId: string, commandId: string, report: Report, settles?: { readonly effectKey: string }): Promise<void>;
  /** The conversation's own turn looks what to ask. */
  lookAgain(conversationId: string): Promise<void>;
  /** Tells every process, this one included. */
  tell(hint: BridgeHint): Promise<void>;
  /** @returns how to stop listening */
  onHint(listener: (hint: BridgeHint) => void): () => void;
  /** Keeps a text from whoever reads the tables; bound to what it belongs to. */
  seal(plain: string, belongsTo: string): Uint8Array<ArrayBuffer>;
  /** @throws when sealed by another key or for something else */
  open(sealed: Uint8Array, belongsTo: string): string;
}
