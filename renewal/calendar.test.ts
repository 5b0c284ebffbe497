import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { at } from '../tests/core/sample.ts';
import { addDays, addYears, daysBetween, shanghaiDate, startOfDay } from './calendar.ts';

/** Another calendar's opinion, from the time zone database. */
const SHANGHAI = new Intl.DateTimeFormat('en-CA', {
  timeZone: 'Asia/Shanghai',
  year: 'numeric',
  month: '2-digit',
  day: '2-digit',
});

/** Since China gave up summer time (1991) and as far as certificates reach. */
const INSTANT = fc.integer({ min: Date.parse('1992-01-01T00:00:00Z'), max: Date.parse('2199-12-31T00:00:00Z') });
const DAYS = fc.integer({ min: -2000, max: 2000 });

describe('the date in Shanghai', () => {
  test.each([
    { instant: '2026-05-15T15:59:59.999Z', date: '2026-05-15' },
    { instant: '2026-05-15T16:00:00Z', date: '2026-05-16' },
    { instant: '2026-05-16T00:00:00+08:00', date: '2026-05-16' },
    { instant: '2026-12-31T23:59:59+08:00', date: '2026-12-31' },
    { instant: '2026-12-31T16:00:00Z', date: '2027-01-01' },
    { instant: '2028-02-28T16:00:00Z', date: '2028-02-29' },
    { instant: '2027-02-28T16:00:00Z', date: '2027-03-01' },
    { instant: '2026-06-14T20:00:00-12:00', date: '2026-06-15' },
  ])('at $instant it is $date', ({ instant, date }) => {
    expect(shanghaiDate(Date.parse(instant))).toBe(date);
  });

  test('is the one that the time zone database gives', () => {
    fc.assert(fc.property(INSTANT, (instant) => shanghaiDate(instant) === SHANGHAI.format(instant)));
  });

  test('begins at its midnight and lasts 24 hours', () => {
    fc.assert(
      fc.property(INSTANT, (instant) => {
        const midnight = startOfDay(shanghaiDate(instant));
        return midnight <= instant && instant < midnight + 86_400_000 && midnight % 3_600_000 === 0;
      }),
    );
    expect(startOfDay('2026-06-15')).toBe(at('2026-06-15 00:00:00'));
  });
});

describe('days', () => {
  test.each([
    { from: '2026-06-15', to: '2026-06-15', days: 0 },
    { from: '2026-06-15', to: '2026-05-16', days: -30 },
    { from: '2026-06-15', to: '2028-06-14', days: 730 },
    { from: '2025-03-01', to: '2027-03-01', days: 730 },
    { from: '2027-02-28', to: '2027-03-01', days: 1 },
    { from: '2028-02-28', to: '2028-03-01', days: 2 },
  ] as const)('from $from to $to there are $days', ({ from, to, days }) => {
    expect(daysBetween(from, to)).toBe(days);
    expect(addDays(from, days)).toBe(to);
    expect(addDays(to, -days)).toBe(from);
  });

  test('added and counted are the same', () => {
    fc.assert(
      fc.property(INSTANT, DAYS, (instant, days) => {
        const date = shanghaiDate(instant);
        return daysBetween(date, addDays(date, days)) === days;
      }),
    );
  });
});

describe('years', () => {
  test.each([
    { from: '2026-06-15 23:59:59', years: 1, to: '2027-06-15 23:59:59' },
    { from: '2028-02-29 10:00:00', years: 1, to: '2029-02-28 10:00:00' },
    { from: '2028-02-29 00:00:00', years: 1, to: '2029-02-28 00:00:00' },
    { from: '2028-02-29 23:59:59', years: 4, to: '2032-02-29 23:59:59' },
    { from: '2027-02-28 12:00:00', years: 1, to: '2028-02-28 12:00:00' },
    { from: '2028-03-01 00:00:00', years: 1, to: '2029-03-01 00:00:00' },
    // in UTC it is still the day before: the leap day counts where the customer is
    { from: '2028-03-01 07:59:59', years: 1, to: '2029-03-01 07:59:59' },
    { from: '2028-02-29 07:59:59', years: 1, to: '2029-02-28 07:59:59' },
    { from: '2027-01-01 00:00:00', years: 2, to: '2029-01-01 00:00:00' },
    { from: '2099-02-28 12:00:00', years: 1, to: '2100-02-28 12:00:00' },
    { from: '2096-02-29 12:00:00', years: 4, to: '2100-02-28 12:00:00' },
  ])('$years after $from is $to', ({ from, years, to }) => {
    expect(addYears(at(from), years)).toBe(at(to));
  });

  test('keep month, day and time of day, but for 29 February', () => {
    fc.assert(
      fc.property(INSTANT, fc.integer({ min: 0, max: 5 }), (instant, years) => {
        const [from, to] = [shanghaiDate(instant), shanghaiDate(addYears(instant, years))];
        expect(Number(to.slice(0, 4)) - Number(from.slice(0, 4))).toBe(years);
        if (!from.endsWith('02-29')) expect(to.slice(5)).toBe(from.slice(5));
        expect((addYears(instant, years) - instant) % 86_400_000).toBe(0);
      }),
    );
  });

  test('later is never earlier a year on, by day', () => {
    fc.assert(
      fc.property(
        INSTANT,
        fc.nat({ max: 400 * 86_400_000 }),
        fc.integer({ min: 1, max: 3 }),
        (instant, more, years) => {
          return shanghaiDate(addYears(instant + more, years)) >= shanghaiDate(addYears(instant, years));
        },
      ),
    );
  });
});
