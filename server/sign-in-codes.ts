/**
 * Codes by SMS that sign somebody in: six digits, kept as a keyed hash bound to the code's id and mobile. A try is
 * counted before it is compared, and the same message is one try (design §9).
 */
import { randomInt, timingSafeEqual } from 'node:crypto';
import { RESEND_AFTER_MS } from '../bot/steps/sign-in.ts';
import { DAY_MS, type Instant } from '../renewal/calendar.ts';
import type { Clock } from './clock.ts';
import type { Database } from './db.ts';
import { mobileIndex } from './personal/mobile.ts';
import type { Vault } from './personal/vault.ts';

export interface SignInCodes {
  /**
   * Makes a code for a mobile, unless there were too many; the conversation's earlier ones end. Asked again with the
   * same id it is the same code. Sending it is somebody else's work.
   */
  issue(wanted: WantedCode): Promise<Issued>;
  /** The mobile that an earlier code was made for. */
  mobileOf(codeId: string): Promise<string>;
  /** Uses up one of its tries; the same message again gets the same verdict. */
  tryCode(codeId: string, digits: string, messageId: string): Promise<Verdict>;
  /** What the effect that sends it needs. */
  readSmsCode(codeId: string): Promise<SmsCode | undefined>;
}

export interface SignInCodesDependencies {
  readonly db: Database;
  readonly vault: Vault;
  readonly clock: Clock;
}

export interface WantedCode {
  readonly codeId: string;
  /** Eleven digits. */
  readonly mobile: string;
  readonly conversationId: string;
  /** Keyed hash of the visitor's network address. */
  readonly addressIndex: string;
}

export type Issued =
  | { readonly kind: 'issued'; readonly expiresAt: Instant }
  | { readonly kind: 'too-soon'; readonly waitSeconds: number }
  | { readonly kind: 'too-many' };

export type Verdict =
  | { readonly kind: 'right'; readonly mobile: string }
  | { readonly kind: 'wrong'; readonly triesLeft: number }
  | { readonly kind: 'expired' | 'no-tries' };

export interface SmsCode {
  /** Eleven digits. */
  readonly mobile: string;
  readonly digits: string;
  readonly createdAt: Instant;
  /** Can it still be used? False once expired, used or replaced by a newer one. */
  readonly live: boolean;
}

const SMS_DIGITS = 6;
const SMS_LIFE_MS = 5 * 60_000;
const SMS_TRIES = 5;
/** Between the processes of one installation, at most. An evaluation's clock may be set back by days. */
const CLOCKS_DIFFER_MS = 10_000;
const MOST_TO_A_MOBILE = [
  { withinMs: 3_600_000, most: 5 },
  { withinMs: DAY_MS, most: 10 },
];
/** From one network address, whatever the mobiles. */
const MOST_FROM_AN_ADDRESS = [
  { withinMs: 60_000, most: 5 },
  { withinMs: DAY_MS, most: 30 },
];

type Row = NonNullable<Awaited<ReturnType<Database['code']['findUnique']>>>;

export function createSignInCodes({ db, vault, clock }: SignInCodesDependencies): SignInCodes {
  const find = (id: string) => db.code.findUnique({ where: { id } });
  const isLive = (row: Row) => !row.usedAt && !row.voidedAt && row.expiresAt.getTime() > clock.now();
  const hashOf = (id: string, index: string, digits: string) =>
    new Uint8Array(vault.keyedHash('sign-in-code', `${id}/${index}/${digits}`));
  const openSms = (row: Row) =>
    JSON.parse(vault.open(row.sealed, `code/${row.id}`)) as { mobile: string; digits: string };

  /** Counted after its row is in, so that of two at once neither slips through. */
  async function refusalOf(row: Pick<Row, 'id' | 'mobileIndex' | 'addressIndex'>): Promise<Issued | undefined> {
    const now = clock.now();
    const others = (withinMs: number) => ({
      id: { not: row.id },
      createdAt: { gt: new Date(now - withinMs), lte: new Date(now + CLOCKS_DIFFER_MS) },
    });
    const { mobileIndex: toMobile, addressIndex: fromAddress } = row;
    const last = await db.code.findFirst({
      where: { mobileIndex: toMobile, ...others(RESEND_AFTER_MS) },
      orderBy: { createdAt: 'desc' },
    });
    if (last)
      return { kind: 'too-soon', waitSeconds: Math.ceil((last.createdAt.getTime() + RESEND_AFTER_MS - now) / 1000) };
    for (const { withinMs, most } of MOST_TO_A_MOBILE)
      if ((await db.code.count({ where: { mobileIndex: toMobile, ...others(withinMs) } })) >= most)
        return { kind: 'too-many' };
    for (const { withinMs, most } of MOST_FROM_AN_ADDRESS)
      if ((await db.code.count({ where: { addressIndex: fromAddress, ...others(withinMs) } })) >= most)
        return { kind: 'too-many' };
    return undefined;
  }

  return {
    async issue({ codeId: id, mobile, conversationId, addressIndex }) {
      const earlier = await find(id);
      if (earlier) return { kind: 'issued', expiresAt: earlier.expiresAt.getTime() };
      const now = clock.now();
      const index = mobileIndex(vault, mobile);
      const digits = String(randomInt(10 ** SMS_DIGITS)).padStart(SMS_DIGITS, '0');
      const row = await db.code.create({
        data: {
          ...{ id, purpose: 'sign-in', conversationId, mobileIndex: index, addressIndex, triesLeft: SMS_TRIES },
          hash: hashOf(id, index, digits),
          sealed: vault.seal(JSON.stringify({ mobile, digits }), `code/${id}`),
          createdAt: new Date(now),
          expiresAt: new Date(now + SMS_LIFE_MS),
        },
      });
      const refusal = await refusalOf(row);
      if (refusal) {
        await db.code.delete({ where: { id } });
        return refusal;
      }
      await db.code.updateMany({
        where: { conversationId, purpose: 'sign-in', id: { not: id }, usedAt: null, voidedAt: null },
        data: { voidedAt: new Date(now) },
      });
      return { kind: 'issued', expiresAt: now + SMS_LIFE_MS };
    },

    async mobileOf(codeId) {
      return openSms(await db.code.findUniqueOrThrow({ where: { id: codeId } })).mobile;
    },

    async tryCode(codeId, digits, messageId) {
      const before = await find(codeId);
      if (!before) return { kind: 'expired' };
      const again = before.triedBy.includes(messageId);
      if (!again && !isLive(before)) return { kind: 'expired' };
      if (!again) {
        const counted = await db.code.updateMany({
          where: {
            id: codeId,
            triesLeft: { gt: 0 },
            usedAt: null,
            voidedAt: null,
            NOT: { triedBy: { has: messageId } },
          },
          data: { triesLeft: { decrement: 1 }, triedBy: { push: messageId } },
        });
        if (counted.count === 0) return { kind: 'no-tries' };
      }
      const row = await db.code.findUniqueOrThrow({ where: { id: codeId } });
      const right = timingSafeEqual(row.hash, hashOf(codeId, row.mobileIndex ?? '', digits));
      if (!right) return row.triesLeft > 0 ? { kind: 'wrong', triesLeft: row.triesLeft } : { kind: 'no-tries' };
      const used = { usedAt: new Date(clock.now()), usedBy: messageId };
      await db.code.updateMany({ where: { id: codeId, usedAt: null }, data: used });
      // of two right messages at once one signs in
      const { usedBy } = await db.code.findUniqueOrThrow({ where: { id: codeId } });
      return usedBy === messageId ? { kind: 'right', mobile: openSms(row).mobile } : { kind: 'expired' };
    },

    async readSmsCode(codeId) {
      const row = await find(codeId);
      return row ? { ...openSms(row), createdAt: row.createdAt.getTime(), live: isLive(row) } : undefined;
    },
  };
}
