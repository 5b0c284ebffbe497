/**
 * May this certificate be renewed today, and until when will it last?
 *
 * Window by calendar day in Asia/Shanghai, both ends included (domain R2, S1, S2); "expired" is a matter of the
 * instant (S3); new end = one formula for early and late (domain §1.8, S4).
 */
import { addDays, addYears, daysBetween, shanghaiDate, type CalendarDate, type Instant } from './calendar.ts';
import type { WindowPolicy } from './policy.ts';

export interface WindowDates {
  readonly opensOn: CalendarDate;
  readonly endsOn: CalendarDate;
  /** Last day on which renewal may be asked for. */
  readonly closesOn: CalendarDate;
}

export type WindowAnswer = WindowDates & { readonly kind: 'open' | 'too-early' | 'too-late' };

/** The days that matter for a certificate that ends at `notAfter`. */
export function windowDates(notAfter: Instant, window: WindowPolicy): WindowDates {
  const endsOn = shanghaiDate(notAfter);
  return {
    endsOn,
    opensOn: addDays(endsOn, -window.opensDaysBefore),
    closesOn: addDays(endsOn, window.closesDaysAfter),
  };
}

export function checkWindow(notAfter: Instant, now: Instant, window: WindowPolicy): WindowAnswer {
  const dates = windowDates(notAfter, window);
  const today = shanghaiDate(now);
  if (daysBetween(dates.opensOn, today) < 0) return { kind: 'too-early', ...dates };
  if (daysBetween(dates.closesOn, today) > 0) return { kind: 'too-late', ...dates };
  return { kind: 'open', ...dates };
}

/** S3: its last moment still counts (RFC 5280 §4.1.2.5: the period includes notAfter). */
export function hasExpired(notAfter: Instant, now: Instant): boolean {
  return now > notAfter;
}

/** newEnd = addYears(max(old notAfter, issuance instant), years): early renewal loses no day, late renewal a full year. */
export function newEnd(oldNotAfter: Instant, issuedAt: Instant, years: number): Instant {
  return addYears(Math.max(oldNotAfter, issuedAt), years);
}

/** The day a customer is promised when asking now; issuance later can only give the same day or a later one. */
export function promisedDay(oldNotAfter: Instant, now: Instant, years: number): CalendarDate {
  return shanghaiDate(newEnd(oldNotAfter, now, years));
}
