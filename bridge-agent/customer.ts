/**
 * The person at this PC, as the token transaction needs them: agreeing, typing the PIN, being told how far it is.
 * The terminal is one way to reach them (`prompts.ts`).
 */
import type { AgentProblemCode } from './problem.ts';
import type { PinState, Token } from './token/port.ts';
import type { FactsOf, WordKey } from './words.ts';

export interface ConsentText {
  readonly purpose: 'renew' | 'write';
  /** From the certificate on the key. */
  readonly unit: string;
  /** Masked mobile of who asks in the chat. */
  readonly askedBy: string;
  readonly oldDay: string;
  readonly newDay: string;
}

export interface PinQuestion {
  readonly tries: PinState;
  /** The entry before this one was wrong. */
  readonly wrongBefore: boolean;
  readonly length: Token['pinLength'];
}

export interface Customer {
  tell<K extends WordKey>(key: K, ...facts: FactsOf<K>): void;
  /** Why it stopped, and which button of the chat goes on. */
  tellProblem(code: AgentProblemCode, again: 'look-again' | 'try-again'): void;
  /**
   * @throws AgentProblem pin/refused, pin/timeout
   * @throws the signal's reason
   */
  agree(text: ConsentText, signal: AbortSignal): Promise<void>;
  /**
   * One entry of the PIN, by hand; the caller zeroes it.
   *
   * @throws AgentProblem pin/refused (also: not with the last try), pin/timeout
   */
  pin(question: PinQuestion, signal: AbortSignal): Promise<Buffer>;
}
