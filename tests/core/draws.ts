/** Endless choices that follow from one number (mulberry32), so that a walk is a short list of numbers. */
export interface Draws {
  /** A whole number from 0, below `limit`. */
  below(limit: number): number;
  chance(percent: number): boolean;
  one<T>(of: readonly T[]): T;
}

export function drawsFrom(seed: number): Draws {
  let state = seed;
  const next = () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return (mixed ^ (mixed >>> 14)) >>> 0;
  };
  const below = (limit: number) => next() % limit;
  return {
    below,
    chance: (percent) => below(100) < percent,
    one: (of) => of[below(of.length)]!,
  };
}
