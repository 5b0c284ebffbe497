import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { at } from '../tests/core/sample.ts';
import { DAY_MS, daysBetween, shanghaiDate } from './calendar.ts';
import { MANUAL_WINDOW } from './policy.ts';
import { checkWindow, hasExpired, newEnd, promisedDay, windowDates } from './window.ts';

const INSTANT = fc.integer({ min: Date.parse('2000-01-01T00:00:00Z'), max: Date.parse('2099-12-31T00:00:00Z') });

describe('a certificate that ends on 2026-06-15 23:59:59 (S1, S2)', () => {
  const notAfter = at('2026-06-15 23:59:59');

  test.each([
    { now: '2026-05-15T00:00:00+08:00', answer: 'too-early' },
    { now: '2026-05-15T23:59:59+08:00', answer: 'too-early' },
    { now: '2026-05-15T15:59:59Z', answer: 'too-early' },
    { now: '2026-05-15T15:59:59.999Z', answer: 'too-early' },
    { now: '2026-05-15T16:00:00Z', answer: 'open' },
    { now: '2026-05-16T00:00:00+08:00', answer: 'open' },
    { now: '2026-05-16T01:00:00+09:00', answer: 'open' },
    { now: '2026-06-15T23:59:59+08:00', answer: 'open' },
    { now: '2026-06-16T00:00:00+08:00', answer: 'open' },
    { now: '2028-06-13T12:00:00+08:00', answer: 'open' },
    { now: '2028-06-14T00:00:00+08:00', answer: 'open' },
    { now: '2028-06-14T23:59:59.999+08:00', answer: 'open' },
    { now: '2028-06-14T15:59:59Z', answer: 'open' },
    { now: '2028-06-14T16:00:00Z', answer: 'too-late' },
    { now: '2028-06-15T00:00:00+08:00', answer: 'too-late' },
  ])('asked about at $now: $answer', ({ now, answer }) => {
    expect(checkWindow(notAfter, Date.parse(now), MANUAL_WINDOW)).toEqual({
      kind: answer,
      opensOn: '2026-05-16',
      endsOn: '2026-06-15',
      closesOn: '2028-06-14',
    });
  });
});

describe('the days of the window', () => {
  test.each([
    { notAfter: '2026-06-15 23:59:59', opensOn: '2026-05-16', closesOn: '2028-06-14', why: 'a leap day lies between' },
    { notAfter: '2025-03-01 12:00:00', opensOn: '2025-01-30', closesOn: '2027-03-01', why: 'no leap day lies between' },
    { notAfter: '2028-02-29 10:00:00', opensOn: '2028-01-30', closesOn: '2030-02-28', why: 'ends on a leap day' },
    { notAfter: '2028-03-30 00:00:00', opensOn: '2028-02-29', closesOn: '2030-03-30', why: 'opens on a leap day' },
    { notAfter: '2026-03-01 09:00:00', opensOn: '2026-01-30', closesOn: '2028-02-29', why: 'closes on a leap day' },
    { notAfter: '2026-06-15 00:00:00', opensOn: '2026-05-16', closesOn: '2028-06-14', why: 'ends at midnight sharp' },
    { notAfter: '2026-06-14 23:59:59', opensOn: '2026-05-15', closesOn: '2028-06-13', why: 'a second before it' },
  ])('of $notAfter are $opensOn to $closesOn ($why)', ({ notAfter, opensOn, closesOn }) => {
    expect(windowDates(at(notAfter), MANUAL_WINDOW)).toEqual({ endsOn: notAfter.slice(0, 10), opensOn, closesOn });
  });

  test('are what a project says', () => {
    const wide = { opensDaysBefore: 90, closesDaysAfter: 0, writeGraceDays: 7 };
    const kindAt = (now: string) => checkWindow(at('2026-06-15 10:00:00'), at(now), wide).kind;
    expect(['2026-03-16', '2026-03-17', '2026-06-15 23:59:59', '2026-06-16'].map(kindAt)).toEqual([
      'too-early',
      'open',
      'open',
      'too-late',
    ]);
  });

  test('decide, whatever the time of day', () => {
    fc.assert(
      fc.property(INSTANT, fc.integer({ min: -800 * DAY_MS, max: 800 * DAY_MS }), (notAfter, from) => {
        const days = daysBetween(shanghaiDate(notAfter), shanghaiDate(notAfter + from));
        const expected = days < -30 ? 'too-early' : days > 730 ? 'too-late' : 'open';
        expect(checkWindow(notAfter, notAfter + from, MANUAL_WINDOW).kind).toBe(expected);
      }),
    );
  });
});

test.each([
  { now: '2026-06-15 00:00:00', expired: false },
  { now: '2026-06-15 09:59:00', expired: false },
  { now: '2026-06-15 10:00:00', expired: false },
  { now: '2026-06-15 10:00:01', expired: true },
  { now: '2026-06-15 10:01:00', expired: true },
  { now: '2026-06-16 09:59:00', expired: true },
])('a certificate that ends on 2026-06-15 10:00:00 has expired at $now: $expired (S3)', ({ now, expired }) => {
  expect(hasExpired(at('2026-06-15 10:00:00'), at(now))).toBe(expired);
});

describe('the new end (S4)', () => {
  test.each([
    { s4: 'a', oldEnd: '2026-06-15 23:59:59', issued: '2026-05-20 09:00:00', end: '2027-06-15 23:59:59' },
    { s4: 'b', oldEnd: '2026-06-15 23:59:59', issued: '2026-09-01 10:30:00', end: '2027-09-01 10:30:00' },
    { s4: 'c', oldEnd: '2028-02-29 23:59:59', issued: '2028-02-10 09:00:00', end: '2029-02-28 23:59:59' },
    { s4: 'd', oldEnd: '2027-02-28 23:59:59', issued: '2027-02-10 09:00:00', end: '2028-02-28 23:59:59' },
    { s4: 'e', oldEnd: '2027-06-15 23:59:59', issued: '2028-02-29 09:00:00', end: '2029-02-28 09:00:00' },
    { s4: '730 days late', oldEnd: '2026-06-15 23:59:59', issued: '2028-06-14 23:59:59', end: '2029-06-14 23:59:59' },
  ])('$s4: ended $oldEnd, issued $issued: until $end', ({ oldEnd, issued, end }) => {
    expect(newEnd(at(oldEnd), at(issued), 1)).toBe(at(end));
  });

  test('a: renewed on 2026-05-20, the new certificate lasts 391 days', () => {
    expect(daysBetween('2026-05-20', shanghaiDate(newEnd(at('2026-06-15 23:59:59'), at('2026-05-20'), 1)))).toBe(391);
  });

  // expired is a matter of the instant, renewable one of the day (S3)
  test.each([
    { issued: '2026-06-15 09:59:00', end: '2027-06-15 10:00:00' },
    { issued: '2026-06-15 10:00:00', end: '2027-06-15 10:00:00' },
    { issued: '2026-06-15 10:00:01', end: '2027-06-15 10:00:01' },
    { issued: '2026-06-15 10:01:00', end: '2027-06-15 10:01:00' },
  ])('of a certificate that ends on 2026-06-15 10:00:00, issued $issued: $end', ({ issued, end }) => {
    expect(newEnd(at('2026-06-15 10:00:00'), at(issued), 1)).toBe(at(end));
    expect(checkWindow(at('2026-06-15 10:00:00'), at(issued), MANUAL_WINDOW).kind).toBe('open');
  });

  test('falls back within its day when a leap day is clamped, never before the promised day', () => {
    const oldEnd = at('2027-06-15 10:00:00');
    expect(promisedDay(oldEnd, at('2028-02-28 10:00:00'), 1)).toBe('2029-02-28');
    expect(shanghaiDate(newEnd(oldEnd, at('2028-02-29 09:00:00'), 1))).toBe('2029-02-28');
  });

  test('is never before the day that was promised earlier', () => {
    fc.assert(
      fc.property(
        INSTANT,
        fc.integer({ min: -40 * DAY_MS, max: 740 * DAY_MS }),
        fc.nat({ max: 60 * DAY_MS }),
        fc.integer({ min: 1, max: 3 }),
        (oldEnd, asked, waited, years) => {
          const issuedAt = oldEnd + asked + waited;
          return shanghaiDate(newEnd(oldEnd, issuedAt, years)) >= promisedDay(oldEnd, oldEnd + asked, years);
        },
      ),
    );
  });
});
