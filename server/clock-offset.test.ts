import { expect, test } from 'vitest';
import { parseOffset } from './clock-offset.ts';

const HOUR = 3_600_000;

test.each([
  ['P1D', 24 * HOUR],
  ['1d', 24 * HOUR],
  ['-3h', -3 * HOUR],
  ['PT2H30M', 2.5 * HOUR],
  ['-PT2H30M', -2.5 * HOUR],
  ['+P1DT12H', 36 * HOUR],
  ['PT90S', 90_000],
  ['45s', 45_000],
  ['-PT0S', 0],
])('%s moves the clock by %i ms', (text, ms) => {
  expect(parseOffset(text)).toBe(ms);
});

test.each(['', 'P', 'PT', 'P1DT', 'P1M', 'P1Y', '1', 'd', 'P-1D', 'tomorrow', '1d '])(
  '"%s" is not a duration',
  (text) => {
    expect(parseOffset(text)).toBeUndefined();
  },
);
