/**
 * Facts of one thing hang together: each carries the hash of the one before, the snapshot the hash of the last
 * (design §9). A fact that was changed, left out or put in shows.
 */
import { createHash } from 'node:crypto';
import type { Instant } from '../renewal/calendar.ts';
import { canonicalJson } from '../bridge-agent/protocol.ts';

/** Where every chain begins. */
export const CHAIN_START: Buffer = Buffer.alloc(32);

export interface ChainedFact {
  /** 1, 2, 3 … within its thing. */
  readonly seq: number;
  readonly body: unknown;
  readonly at: Instant;
  readonly commandId: string;
}

/** SHA-256 over the hash before and the canonical JSON of the fact. */
export function nextTip(tip: Uint8Array, { seq, body, at, commandId }: ChainedFact): Buffer {
  return createHash('sha256').update(tip).update(canonicalJson({ at, body, commandId, seq })).digest();
}

export type ChainVerdict = { readonly kind: 'whole' } | { readonly kind: 'broken'; readonly atSeq: number };

/** @param facts of one thing in their order, with the hash each carries; `tip` of its snapshot */
export function checkChain(facts: readonly (ChainedFact & { prevHash: Uint8Array })[], tip: Uint8Array): ChainVerdict {
  let expected = CHAIN_START;
  for (const [i, fact] of facts.entries()) {
    if (fact.seq !== i + 1 || !expected.equals(fact.prevHash)) return { kind: 'broken', atSeq: i + 1 };
    expected = nextTip(expected, fact);
  }
  return expected.equals(tip) ? { kind: 'whole' } : { kind: 'broken', atSeq: facts.length };
}
