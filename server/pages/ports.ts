/**
 * What the pages need of the house, as narrow as they can have it; `server/main.ts` hands it in.
 */
import type { Situation } from '../../renewal/agenda.ts';
import type { Received } from '../../bot/channels/port.ts';
import type { Line } from '../outbox.ts';

/** One line of a conversation, the customer's or the bot's. */
export type Entry = Line;

export interface ChatHouse {
  /**
   * Stores a message; the same message id is stored once. Its turn runs on its own.
   *
   * @param address of the visitor, for limits
   */
  accept(received: Received, address: string): Promise<{ readonly conversationId: string }>;

  conversationOf(visitor: string): Promise<string | undefined>;

  /**
   * Somebody opens the page again. After a while time alone may have made the open question another: then the bot
   * asks that before this resolves.
   *
   * @returns undefined when the visitor has no conversation here
   */
  comeBack(visitor: string, address: string): Promise<string | undefined>;

  /** Lines after `afterSeq`, in order. */
  transcript(conversationId: string, afterSeq: number): Promise<readonly Entry[]>;

  /** Where the conversation stands now. */
  standing(conversationId: string): Promise<Standing>;

  /** Calls back whenever the conversation or its case may have news; more often than needed is fine. */
  subscribe(conversationId: string, onNews: () => void): () => void;

  /** The digits of a link code, for the customer's own view only. @returns undefined once it can't be used */
  reveal(codeId: string): Promise<string | undefined>;
}

export interface Standing {
  /** The question an answer would count for. */
  readonly openQuestionId: string | undefined;
  readonly situation: Situation;
}

/** As pino has it. */
export interface Log {
  error(facts: object, message: string): void;
  warn(facts: object, message: string): void;
}

export interface AppDeps {
  readonly chat: ChatHouse;
  /** May customers be sent here? */
  readonly ready: () => Promise<boolean>;
  readonly log: Log;
  /** Pages are watermarked. */
  readonly evaluation: boolean;
  /** Is the product reached over https? Then the cookie never travels otherwise. */
  readonly https: boolean;
  readonly limits?: Limits;
}

/** Tokens a second and how many may be saved up. */
export interface Rate {
  readonly perSecond: number;
  readonly burst: number;
}

export interface Limits {
  /** Messages of one visitor. */
  readonly visitor: Rate;
  /** Requests from one address; an office may share one. */
  readonly address: Rate;
  /** New conversations from one address. */
  readonly newcomers: Rate;
}
