/**
 * Days and moments as the bot writes them: always whole, with the weekday (2026年6月15日（周一）), in Asia/Shanghai.
 */
import { addDays, shanghaiDate, startOfDay, type CalendarDate, type Instant } from '../renewal/calendar.ts';

/** A date for a template: `iso` for `<time datetime>`, `words` for people. */
export interface WrittenDay {
  readonly iso: string;
  readonly words: string;
}

const MINUTE_MS = 60_000;
const WRITTEN = new Intl.DateTimeFormat('zh-CN', {
  timeZone: 'UTC',
  year: 'numeric',
  month: 'long',
  day: 'numeric',
  weekday: 'short',
});

export function writtenDay(date: CalendarDate): WrittenDay {
  const parts = WRITTEN.formatToParts(Date.parse(date));
  const day = parts.filter(({ type }) => type !== 'weekday').map(({ value }) => value);
  const weekday = parts.find(({ type }) => type === 'weekday')?.value ?? '';
  return { iso: date, words: `${day.join('').trim()}（${weekday}）` };
}

export function dayOf(at: Instant): WrittenDay {
  return writtenDay(shanghaiDate(at));
}

/** A moment to the minute, e.g. 2026年12月3日（周四）9:30. */
export function momentOf(at: Instant): WrittenDay {
  const date = shanghaiDate(at);
  const minutes = Math.floor((at - startOfDay(date)) / MINUTE_MS);
  const hour = Math.floor(minutes / 60);
  const minute = String(minutes % 60).padStart(2, '0');
  return {
    iso: `${date}T${String(hour).padStart(2, '0')}:${minute}:00+08:00`,
    words: `${writtenDay(date).words}${hour}:${minute}`,
  };
}

/** The instant of a wall clock in Shanghai, or undefined when there is no such day or time. */
export function momentAt(year: number, month: number, day: number, hour: number, minute: number): Instant | undefined {
  const date = calendarDate(year, month, day);
  if (!date || hour > 23 || minute > 59) return undefined;
  return startOfDay(date) + hour * 60 * MINUTE_MS + minute * MINUTE_MS;
}

/** 30 February is no date. */
export function calendarDate(year: number, month: number, day: number): CalendarDate | undefined {
  const pad = (value: number, digits: number) => String(value).padStart(digits, '0');
  const text = `${pad(year, 4)}-${pad(month, 2)}-${pad(day, 2)}` as CalendarDate;
  const at = Date.parse(text);
  return Number.isNaN(at) || new Date(at).toISOString().slice(0, 10) !== text ? undefined : text;
}

/** The date so many days from now, as a clerk says 明天 (1) or 后天 (2). */
export function dayFromNow(now: Instant, days: number): CalendarDate {
  return addDays(shanghaiDate(now), days);
}
