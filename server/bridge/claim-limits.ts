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
  /**
   * A code is about to be compared. Counted as wrong before it is, so that tries at the same moment are all counted.
   *
   * @returns `last-straw` is allowed, and nobody's code is taken after it
   */
  begin(address: string, now: Instant): 'allowed' | 'last-straw' | 'too-many';
  /** The one that began at `now` was right. */
  wasRight(address: string, now: Instant): void;
}

export function claimLimits(): ClaimLimits {
  const byAddress = new Map<string, Instant[]>();
  let everywhere: Instant[] = [];
  const recent = (times: readonly Instant[], now: Instant, windowMs: number) =>
    times.filter((at) => at > now - windowMs);

  return {
    begin(address, now) {
      everywhere = recent(everywhere, now, EVERYWHERE_WINDOW_MS);
      const times = recent(byAddress.get(address) ?? [], now, ADDRESS_WINDOW_MS);
      if (everywhere.length >= EVERYWHERE || times.length >= PER_ADDRESS) return 'too-many';
      // re-entered, so that the map stays in the order of the last try
      byAddress.delete(address);
      byAddress.set(address, [...times, now]);
      const oldest = byAddress.keys().next();
      if (byAddress.size > MOST_ADDRESSES && !oldest.done) byAddress.delete(oldest.value);
      everywhere.push(now);
      return everywhere.length === EVERYWHERE ? 'last-straw' : 'allowed';
    },
    wasRight(address, now) {
      byAddress.set(address, without(byAddress.get(address) ?? [], now));
      everywhere = without(everywhere, now);
    },
  };
}

/** One of them less. */
function without(times: readonly Instant[], now: Instant): Instant[] {
  const at = times.lastIndexOf(now);
  return times.filter((_, i) => i !== at);
}

/** Tries that a connection has left after so many wrong ones. */
export function triesLeft(wrong: number): number {
  return Math.max(0, LINK_CODE_TRIES_PER_CONNECTION - wrong);
}
