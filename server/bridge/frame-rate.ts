/** How fast an agent may talk: a burst, then so many frames a minute (bridge reference §2.3). */
import type { Instant } from '../../renewal/calendar.ts';

/** A result and its two or three small frames, thirty times a minute. */
const FRAMES_PER_MINUTE = 120;
const BURST = 60;

/** @returns takes one frame; false when there were too many */
export function frameRate(): (now: Instant) => boolean {
  let allowance = BURST;
  let last: Instant | undefined;
  return (now) => {
    const gained = last === undefined ? 0 : (Math.max(0, now - last) * FRAMES_PER_MINUTE) / 60_000;
    allowance = Math.min(BURST, allowance + gained);
    last = now;
    if (allowance < 1) return false;
    allowance -= 1;
    return true;
  };
}
