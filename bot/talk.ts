/**
 * A conversation as the bot keeps it: who talks, which question is open, and what was said.
 *
 * Stored as one JSON snapshot per conversation; nothing in it says at which step a case is.
 */
import type { CalendarDate, Instant } from '../renewal/calendar.ts';
import type { StepName } from '../renewal/agenda.ts';
import type { ProblemCode } from '../renewal/problem.ts';

export interface Talk {
  readonly id: string;
  readonly channel: string;
  readonly owner: 'bot';
  readonly handlerId?: string;
  readonly caseId?: string;
  /** The question that an answer would count for. */
  readonly question?: Question;
  /** How far signing in has come while nobody is signed in. */
  readonly signIn: SignIn;
  /** 先查能不能办 waits for a USCC or a serial. */
  readonly querying: boolean;
  /** A word or an answer that cannot be undone and waits for its confirmation. */
  readonly confirming: 'none' | 'cancel' | 'restart' | 'bid-risk';
  /** The day of a bid's opening, whose hour is still to be told. */
  readonly openingDay?: CalendarDate;
  /** Misunderstood answers in a row. */
  readonly misses: number;
  /** Bubbles since the customer's last message; unasked ones stop at three. */
  readonly said: number;
}

export interface Question {
  readonly id: string;
  readonly step: StepName | 'query';
  /** What was shown when it was asked (`bot/screen.ts`). */
  readonly shows: string;
  readonly options: readonly Option[];
}

export type SignIn =
  | { readonly kind: 'mobile' }
  | {
      readonly kind: 'code';
      readonly codeId: string;
      readonly mobileMasked: string;
      readonly sentAt: Instant;
      readonly expiresAt: Instant;
      /** Why it serves no more: late, tried too often, or not delivered. */
      readonly void?: ProblemCode;
    };

/** Numbered as typed; the same words appear in every channel and on agents' screens. */
export interface Option {
  /** What a customer types, `1`…`9`, `0` for going back. */
  readonly key: string;
  /** Stable name of the answer, e.g. `no-bids`. */
  readonly name: string;
  readonly label: string;
}

/**
 * One thing the bot says: a template in `templates/chat/` and its data. Never contains a code in clear: `secret`
 * names the `code` row whose value the customer's own view fills in (`bot/bubble-data.ts`).
 */
export interface Bubble {
  readonly template: string;
  readonly data: Readonly<Record<string, unknown>>;
  readonly question?: Question;
  readonly secret?: { readonly kind: 'link-code'; readonly codeId: string };
}

/** What a channel hands in, verified and normalised. */
export type Incoming =
  /** The chat was opened or reloaded with nothing said yet. */
  | { readonly kind: 'opened' }
  /** The step of the case changed elsewhere. */
  | { readonly kind: 'look-again' }
  /** A sign-in code could not be delivered. */
  | { readonly kind: 'code-failed'; readonly codeId: string; readonly problem: ProblemCode }
  | { readonly kind: 'text'; readonly text: string }
  /** A tapped option; stale when its question is no longer open. */
  | { readonly kind: 'choice'; readonly questionId: string; readonly key: string }
  | { readonly kind: 'picture' }
  /** Something that must not be kept was typed; all that is left is what it was. */
  | { readonly kind: 'masked'; readonly what: 'pin' | 'id-number' };

export const FIRST_TALK = {
  owner: 'bot',
  signIn: { kind: 'mobile' },
  querying: false,
  confirming: 'none',
  misses: 0,
  said: 0,
} as const;
