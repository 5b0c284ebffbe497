import { expect, test } from 'vitest';
import { calendarDate, dayFromNow, dayOf, momentAt, momentOf, writtenDay } from './dates.ts';

test.each([
  ['2026-06-15', '2026年6月15日（周一）'],
  ['2028-02-29', '2028年2月29日（周二）'],
  ['2026-12-06', '2026年12月6日（周日）'],
] as const)('%s is written %s', (date, words) => {
  expect(writtenDay(date)).toEqual({ iso: date, words });
});

test('a moment is written in Shanghai, to the minute', () => {
  expect(momentOf(Date.parse('2026-12-03T01:30:00Z'))).toEqual({
    iso: '2026-12-03T09:30:00+08:00',
    words: '2026年12月3日（周四）9:30',
  });
  expect(dayOf(Date.parse('2026-12-03T16:00:00Z')).iso).toBe('2026-12-04');
});

test('there is no 30 February and no 24 o’clock', () => {
  expect(calendarDate(2026, 2, 30)).toBeUndefined();
  expect(momentAt(2026, 2, 30, 9, 0)).toBeUndefined();
  expect(momentAt(2026, 2, 28, 24, 0)).toBeUndefined();
});

test('tomorrow begins at midnight in Shanghai', () => {
  expect(dayFromNow(Date.parse('2026-11-22T15:59:59Z'), 1)).toBe('2026-11-23');
  expect(dayFromNow(Date.parse('2026-11-22T16:00:00Z'), 1)).toBe('2026-11-24');
});
