import { expect, test } from 'vitest';
import { RateLimit } from './rate-limit.ts';

test('a burst is allowed, then as much as fills up again, each visitor for himself', () => {
  let now = 0;
  const limit = new RateLimit({ perSecond: 2, burst: 3 }, () => now);
  const ask = (times: number) => Array.from({ length: times }, () => limit.allows('a'));
  expect(ask(4)).toEqual([true, true, true, false]);
  now = 499;
  expect(limit.allows('a')).toBe(false);
  now = 500;
  expect(ask(2)).toEqual([true, false]);
  expect(limit.allows('b')).toBe(true);
});

test('nobody saves up more than a burst', () => {
  let now = 0;
  const limit = new RateLimit({ perSecond: 1, burst: 2 }, () => now);
  limit.allows('a');
  now = 3_600_000;
  expect([limit.allows('a'), limit.allows('a'), limit.allows('a')]).toEqual([true, true, false]);
});
