/**
 * Codes that join a computer to a case: ten digits drawn at random and a check digit, used once. Findable only by who
 * has the digits (keyed hash); sealed besides, so that the customer's own view can show them again.
 */
import { randomInt } from 'node:crypto';
import { isLinkCode, LINK_CODE_LIFE_MS, linkCheckDigit } from '../bridge-agent/protocol.ts';
import type { Instant } from '../renewal/calendar.ts';
import type { Clock } from './clock.ts';
import type { Database, Prisma } from './db.ts';
import type { Vault } from './personal/vault.ts';

/** As the turn that shows it writes it. */
export interface LinkCodeRow {
  readonly id: string;
  readonly caseId: string;
  readonly hash: Uint8Array;
  readonly sealed: Uint8Array;
  readonly expiresAt: Instant;
}

export interface LinkCodes {
  /** A new one, to be written by the turn that shows it. */
  draw(wanted: { readonly codeId: string; readonly caseId: string }, now: Instant): LinkCodeRow;
  /**
   * A computer typed it: right once.
   *
   * @param alongside what follows from the right code, in the transaction that uses it up: if it fails, or the process
   *   ends, the code can still be used
   */
  useLinkCode(digits: string, alongside: Alongside): Promise<UsedLinkCode>;
  /** The digits, for the customer's own view only; undefined once they can't be used. */
  reveal(codeId: string): Promise<string | undefined>;
}

export interface KnownCode {
  readonly codeId: string;
  readonly caseId: string;
}

type Alongside = (tx: Prisma.TransactionClient, code: KnownCode) => Promise<void>;

export type UsedLinkCode = ({ readonly kind: 'right' | 'expired' } & KnownCode) | { readonly kind: 'wrong' };

export interface LinkCodesDependencies {
  readonly db: Database;
  readonly vault: Vault;
  readonly clock: Clock;
}

export function createLinkCodes({ db, vault, clock }: LinkCodesDependencies): LinkCodes {
  const hashOf = (digits: string) => new Uint8Array(vault.keyedHash('link-code', digits));
  const usable = () => ({ usedAt: null, voidedAt: null, expiresAt: { gt: new Date(clock.now()) } });

  return {
    draw({ codeId: id, caseId }, now) {
      const ten = String(randomInt(10 ** 10)).padStart(10, '0');
      const digits = ten + linkCheckDigit(ten);
      return {
        id,
        caseId,
        hash: hashOf(digits),
        sealed: vault.seal(digits, `code/${id}`),
        expiresAt: now + LINK_CODE_LIFE_MS,
      };
    },

    async useLinkCode(digits, alongside) {
      if (!isLinkCode(digits)) return { kind: 'wrong' };
      const row = await db.code.findFirst({
        where: { hash: hashOf(digits), purpose: 'link' },
        orderBy: { createdAt: 'desc' },
      });
      if (!row?.caseId) return { kind: 'wrong' };
      const { id: codeId, caseId } = row;
      return db.$transaction(async (tx) => {
        const data = { usedAt: new Date(clock.now()) };
        const { count } = await tx.code.updateMany({ where: { id: codeId, ...usable() }, data });
        if (count === 0) return { kind: 'expired', codeId, caseId };
        await alongside(tx, { codeId, caseId });
        return { kind: 'right', codeId, caseId };
      });
    },

    async reveal(codeId) {
      const row = await db.code.findFirst({ where: { id: codeId, purpose: 'link', ...usable() } });
      return row ? vault.open(row.sealed, `code/${codeId}`) : undefined;
    },
  };
}
