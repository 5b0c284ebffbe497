/**
 * Sends sign-in codes by SMS. Carriers take a message or they don't, and nobody can call it back: sending twice is
 * two messages, so a lost answer is asked about, never sent again (design §2).
 */
import type { Instant } from '../../../renewal/calendar.ts';

export interface SmsSender {
  /**
   * Sends one code. Not idempotent.
   *
   * @param message.mobile eleven digits, mainland China
   * @param message.requestId ours, up to 256 characters; `ask` finds the message by it
   * @throws ProblemError sms/unreachable (surely not sent, try later), sms/refused, mobile/not-a-mobile,
   *   code/too-many (the carrier's own limit for the number): surely not sent, final
   * @throws AnswerLost perhaps sent
   */
  send(message: { mobile: string; code: string; requestId: string }): Promise<{ messageId: string }>;

  /**
   * After a lost answer: what became of the message?
   *
   * @param message.wantedAt when the code was made; messages of that day and of today are looked at (Shanghai)
   * @returns unseen when the provider knows of none, which may change within seconds
   * @throws ProblemError sms/unreachable when it can't be asked now
   */
  ask(message: { mobile: string; requestId: string; wantedAt: Instant }): Promise<'accepted' | 'failed' | 'unseen'>;
}

/** The request may have arrived; its answer did not. */
export class AnswerLost extends Error {
  override readonly name = 'AnswerLost';
}
