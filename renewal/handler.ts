/**
 * A handler (经办人): a person who signed in, as facts. The mobile number itself is sealed beside the row; facts and
 * state carry its mask only.
 */
import type { Instant } from './calendar.ts';

/** Raised when `evolveHandler` gives another state for the same facts. */
export const HANDLER_EVOLVE = 1;

export type HandlerFact =
  | { readonly type: 'handler-registered'; readonly handlerId: string; readonly mobile: string }
  /** Real name and mobile were found to belong together; counts until that instant. */
  | { readonly type: 'identity-verified'; readonly until: Instant };

export interface Handler {
  readonly id: string;
  /** Masked, as 138****6027. */
  readonly mobile: string;
  readonly verifiedUntil: Instant | 'never';
}

export function evolveHandler(handler: Handler | undefined, fact: HandlerFact): Handler | undefined {
  if (fact.type === 'handler-registered')
    return handler ?? { id: fact.handlerId, mobile: fact.mobile, verifiedUntil: 'never' };
  return handler && { ...handler, verifiedUntil: fact.until };
}

/** Does the real-name verification count at this instant? */
export function isVerified(handler: Handler, now: Instant): boolean {
  return handler.verifiedUntil !== 'never' && now < handler.verifiedUntil;
}
