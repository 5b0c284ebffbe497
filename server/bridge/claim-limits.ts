/**
 * How many wrong link codes are borne (bridge reference §2.3): 5 per connection, 5 per address in 15 minutes, and
 * 100 from everywhere in 10 minutes, after which nobody's code is taken until they have passed.
 */
import { LINK_CODE_TRIES_PER_CONNECTION } from '../../bridge-agent/protocol.ts';
import type { Instant } from '../../renewal/calendar.ts';

const PER_ADDRESS = 5;
const ADDRESS_WINDOW_MS = 15 * 60_000;
const EVERYWHERE = 100;
const EVERYWHERE_WINDOW_MS = 10 * 60_000;
/** Addresses remembered at most; beyond it the oldest are forgotten and the limit for all still holds. */
const MOST_ADDRESSES = 10_000;

export interface ClaimLimits {
  /** May this address try a code now? */
  mayTry(address: string, now: Instant): boolean;
  /** @returns whether this one was the last straw for everybody */
  countWrong(address: string, now: Instant): { readonly broken: boolean };
}

export function claimLimits(): ClaimLimits {
  const byAddress = new Map<string, Instant[]>();
  let everywhere: Instant[] = [];
  const recent = (times: readonly Instant[], now: Instant, windowMs: number) =>
    times.filter((at) => at > now - windowMs);

  return {
    mayTry(address, now) {
      everywhere = recent(everywhere, now, EVERYWHERE_WINDOW_MS);
      if (everywhere.length >= EVERYWHERE) return false;
      return recent(byAddress.get(address) ?? [], now, ADDRESS_WINDOW_MS).length < PER_ADDRESS;
    },
    countWrong(address, now) {
      const times = recent(byAddress.get(address) ?? [], now, ADDRESS_WINDOW_MS);
      // re-entered, so that the map stays in the order of the last wrong try
      byAddress.delete(address);
      byAddress.set(address, [...times, now]);
      const oldest = byAddress.keys().next();
      if (byAddress.size > MOST_ADDRESSES && !oldest.done) byAddress.delete(oldest.value);
      everywhere.push(now);
      return { broken: everywhere.length === EVERYWHERE };
    },
  };
}

/** Tries that a connection has left after so many wrong ones. */
export function triesLeft(wrong: number): number {
  return Math.max(0, LINK_CODE_TRIES_PER_CONNECTION - wrong);
}
