import { expect, test } from 'vitest';
import { claimLimits } from './claim-limits.ts';

const NOON = Date.parse('2026-05-20T12:00:00+08:00');
const MINUTE = 60_000;

test('tries at the same moment are all counted: of forty, five are compared', () => {
  const limits = claimLimits();
  const answers = Array.from({ length: 40 }, () => limits.begin('203.0.113.7', NOON));
  expect(answers.filter((answer) => answer === 'allowed')).toHaveLength(5);
  expect(limits.begin('203.0.113.7', NOON + 15 * MINUTE)).toBe('allowed');
});

test('right ones do not count', () => {
  const limits = claimLimits();
  for (let i = 0; i < 200; i++) {
    expect(limits.begin('203.0.113.7', NOON + i)).toBe('allowed');
    limits.wasRight('203.0.113.7', NOON + i);
  }
});

test('the hundredth wrong one from anywhere is the last that is compared for ten minutes', () => {
  const limits = claimLimits();
  const answers = Array.from({ length: 101 }, (_, i) => limits.begin(`address ${i}`, NOON));
  expect(answers.slice(98)).toEqual(['allowed', 'last-straw', 'too-many']);
  expect(limits.begin('another', NOON + 10 * MINUTE)).toBe('allowed');
});
