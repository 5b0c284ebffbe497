/**
 * Reads when a bid is opened, as people type it: 12月3日9点半, 2026-12-03 09:30, 明天上午9点. Wall clock of
 * Asia/Shanghai; a date without a year is the next one from today on. A day without a time is not enough: the hour
 * decides whether a file can still be made again.
 */
import { shanghaiDate, type CalendarDate, type Instant } from '../../renewal/calendar.ts';
import { calendarDate, dayFromNow, momentAt } from '../dates.ts';

const DIGITS = '零一二三四五六七八九十';
const RELATIVE_DAYS: Readonly<Record<string, number>> = { 今天: 0, 今日: 0, 明天: 1, 明日: 1, 后天: 2, 大后天: 3 };

const RELATIVE = /大后天|后天|明天|明日|今天|今日/;
const FULL_DATE = /(\d{4})\s*[-/.年]\s*(\d{1,2})\s*[-/.月]\s*(\d{1,2})(?!\d)\s*[日号]?/;
const SHORT_DATE = /(?<![\d:])(\d{1,2})\s*[-/.月]\s*(\d{1,2})(?!\d|\s*[-/.])\s*[日号]?/;
const TIME = /(\d{1,2})\s*(?::|点钟?|时)\s*(半|[一1]刻|[三3]刻|\d{1,2}(?!\d))?\s*分?/;
const AFTERNOON = /下午|傍晚|晚上|今晚|pm/;
const NOON = /中午/;
/** Longer texts are stories. */
const LONGEST_TIME = 60;

/**
 * @param known the day that was told before, for a text that says the hour alone
 * @returns the moment, or undefined when the text does not say one
 */
export function parseOpeningTime(text: string, now: Instant, known?: CalendarDate): Instant | undefined {
  if (text.length > LONGEST_TIME) return undefined;
  const plain = plainTime(text);
  const day = dayIn(plain, now) ?? (known && { said: '', date: known });
  if (!day) return undefined;
  const time = timeIn(plain.replace(day.said, ' '));
  if (!time) return undefined;
  const [year, month, date] = day.date.split('-').map(Number) as [number, number, number];
  return momentAt(year, month, date, time.hour, time.minute);
}

/** @returns the day, and whether the text says nothing else; undefined when it says none */
export function parseOpeningDay(text: string, now: Instant): { date: CalendarDate; alone: boolean } | undefined {
  if (text.length > LONGEST_TIME) return undefined;
  const plain = plainTime(text);
  const day = dayIn(plain, now);
  return day && { date: day.date, alone: plain.replace(day.said, '').trim() === '' };
}

function plainTime(text: string): string {
  return arabic(text.normalize('NFKC').toLowerCase().replace('t', ' '))
    .replace(/今晚/, '今天晚上')
    .replace(/明早/, '明天早上');
}

function dayIn(text: string, now: Instant): { said: string; date: CalendarDate } | undefined {
  const relative = RELATIVE.exec(text)?.[0];
  if (relative) return { said: relative, date: dayFromNow(now, RELATIVE_DAYS[relative] ?? 0) };
  const full = FULL_DATE.exec(text);
  if (full) return withDate(full[0], calendarDate(Number(full[1]), Number(full[2]), Number(full[3])));
  const short = SHORT_DATE.exec(text);
  if (short) return withDate(short[0], nextDate(Number(short[1]), Number(short[2]), shanghaiDate(now)));
  return undefined;
}

function withDate(said: string, date: CalendarDate | undefined): { said: string; date: CalendarDate } | undefined {
  return date && { said, date };
}

/** 2月29日 may be up to eight years away. */
function nextDate(month: number, day: number, today: CalendarDate): CalendarDate | undefined {
  const thisYear = Number(today.slice(0, 4));
  for (let year = thisYear; year <= thisYear + 8; year++) {
    const date = calendarDate(year, month, day);
    if (date && date >= today) return date;
  }
  return undefined;
}

function timeIn(text: string): { hour: number; minute: number } | undefined {
  const found = TIME.exec(text);
  if (!found) return undefined;
  const said = Number(found[1]);
  const afternoon = AFTERNOON.test(text) || (NOON.test(text) && said < 11);
  return { hour: afternoon && said < 12 ? said + 12 : said, minute: minutes(found[2]) };
}

function minutes(said: string | undefined): number {
  if (said === undefined) return 0;
  if (said === '半') return 30;
  if (said.endsWith('刻')) return said.startsWith('3') || said.startsWith('三') ? 45 : 15;
  return Number(said);
}

/** 十二月三日九点半 → 12月3日9点半. */
function arabic(text: string): string {
  return text.replaceAll('两', '二').replace(/[零一二三四五六七八九十]+/g, (run) => {
    const [tens, ones] = run.includes('十') ? run.split('十') : [undefined, undefined];
    if (tens === undefined || ones === undefined) return [...run].map((digit) => DIGITS.indexOf(digit)).join('');
    return String((tens === '' ? 1 : DIGITS.indexOf(tens)) * 10 + (ones === '' ? 0 : DIGITS.indexOf(ones)));
  });
}
