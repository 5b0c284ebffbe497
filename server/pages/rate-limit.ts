/**
 * How fast one visitor or address may ask: a bucket each that fills at a steady rate. Per process, because it protects
 * the process; limits that protect people (codes, queries) are counted in the database.
 */
import type { Rate } from './ports.ts';

interface Bucket {
  tokens: number;
  /** Milliseconds of the monotonic clock. */
  at: number;
}

const MOST_BUCKETS = 100_000;

export class RateLimit {
  readonly #rate: Rate;
  readonly #buckets = new Map<string, Bucket>();
  readonly #clock: () => number;

  constructor(rate: Rate, clock: () => number = () => performance.now()) {
    this.#rate = rate;
    this.#clock = clock;
  }

  /** Takes one token of `who`. @returns false when there is none */
  allows(who: string): boolean {
    const now = this.#clock();
    const known = this.#buckets.get(who);
    const filled = known ? known.tokens + ((now - known.at) / 1000) * this.#rate.perSecond : this.#rate.burst;
    const tokens = Math.min(this.#rate.burst, filled);
    const allowed = tokens >= 1;
    // deleted and set again, so that the map's order is that of the last use
    this.#buckets.delete(who);
    this.#buckets.set(who, { tokens: allowed ? tokens - 1 : tokens, at: now });
    if (this.#buckets.size > MOST_BUCKETS) this.#dropOldest();
    return allowed;
  }

  #dropOldest(): void {
    for (const oldest of this.#buckets.keys()) {
      this.#buckets.delete(oldest);
      return;
    }
  }
}
