/**
 * The one clock of the server: the machine's, moved by `CLOCK_OFFSET` in an evaluation. The database's clock is moved
 * by the same amount where the writer reads it.
 */
import type { Instant } from '../renewal/calendar.ts';

export interface Clock {
  now(): Instant;
  /** Milliseconds ahead of the real time; negative when behind. */
  readonly offsetMs: number;
}

export function createClock(offsetMs = 0): Clock {
  return { offsetMs, now: () => Date.now() + offsetMs };
}
