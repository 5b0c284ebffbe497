/**
 * Days and years as a clerk in China counts them.
 *
 * Asia/Shanghai has been UTC+08:00 without summer time since 1991, so a fixed offset serves; certificates of this
 * system are younger. An `Instant` is milliseconds since the epoch (UTC); a `CalendarDate` is `YYYY-MM-DD` in
 * Shanghai.
 */
export type Instant = number;
export type CalendarDate = `${number}-${number}-${number}`;

const OFFSET_MS = 8 * 60 * 60 * 1000;
export const DAY_MS = 24 * 60 * 60 * 1000;

/** The calendar date in Shanghai at an instant. */
export function shanghaiDate(at: Instant): CalendarDate {
  return new Date(at + OFFSET_MS).toISOString().slice(0, 10) as CalendarDate;
}

/** Whole calendar days from one date to another; negative when `to` is earlier. */
export function daysBetween(from: CalendarDate, to: CalendarDate): number {
  return (Date.parse(to) - Date.parse(from)) / DAY_MS;
}

/** The date `days` later (or earlier, when negative). */
export function addDays(date: CalendarDate, days: number): CalendarDate {
  return new Date(Date.parse(date) + days * DAY_MS).toISOString().slice(0, 10) as CalendarDate;
}

/** Midnight in Shanghai, at which a date begins. */
export function startOfDay(date: CalendarDate): Instant {
  return Date.parse(date) - OFFSET_MS;
}

/**
 * The same wall-clock moment `years` later, the day clamped to the month: 2028-02-29 → 2029-02-28, never 03-01
 * (domain §1.8).
 */
export function addYears(at: Instant, years: number): Instant {
  const local = new Date(at + OFFSET_MS);
  const moved = new Date(local);
  moved.setUTCFullYear(local.getUTCFullYear() + years);
  if (moved.getUTCMonth() !== local.getUTCMonth()) moved.setUTCDate(0);
  return moved.getTime() - OFFSET_MS;
}
