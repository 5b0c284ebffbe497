import fc from 'fast-check';
import { expect, test } from 'vitest';
import { DAY_MS, shanghaiDate, type Instant } from '../../renewal/calendar.ts';
import { parseOpeningTime } from './opening-time.ts';

/** 2026年11月22日（周日）10:00 */
const NOW = Date.parse('2026-11-22T10:00:00+08:00');

test.each([
  ['12月3日9点半', '2026-12-03T09:30'],
  ['12月3号上午9点半开标', '2026-12-03T09:30'],
  ['2026-12-03 09:30', '2026-12-03T09:30'],
  ['2026-12-03T09:30', '2026-12-03T09:30'],
  ['2026/12/3 9:30', '2026-12-03T09:30'],
  ['2026.12.3 9：30', '2026-12-03T09:30'],
  ['２０２６年１２月３日９点', '2026-12-03T09:00'],
  ['2026年12月3日 下午2点15分', '2026-12-03T14:15'],
  ['十二月三日九点半', '2026-12-03T09:30'],
  ['十二月二十三日下午两点', '2026-12-23T14:00'],
  ['十二月二十三日下午三点', '2026-12-23T15:00'],
  ['明天上午9点', '2026-11-23T09:00'],
  ['后天下午3点半', '2026-11-24T15:30'],
  ['大后天14:00', '2026-11-25T14:00'],
  ['今晚8点', '2026-11-22T20:00'],
  ['明早9点一刻', '2026-11-23T09:15'],
  ['明天中午12点', '2026-11-23T12:00'],
  ['明天中午1点', '2026-11-23T13:00'],
  ['12-3 9:30', '2026-12-03T09:30'],
  ['1月5日10点', '2027-01-05T10:00'],
  ['11月22日9点', '2026-11-22T09:00'],
  ['2月29日9点', '2028-02-29T09:00'],
  ['12月3日', undefined],
  ['9点半', undefined],
  ['2月30日9点', undefined],
  ['13月1日9点', undefined],
  ['12月3日25点', undefined],
  ['12月3日9点75分', undefined],
  ['1', undefined],
  ['', undefined],
  ['下周开标', undefined],
])('%j is %s', (text, expected) => {
  const at = expected === undefined ? undefined : Date.parse(`${expected}:00+08:00`);
  expect(parseOpeningTime(text, NOW)).toBe(at);
});

const minute = fc.integer({ min: 0, max: 3 * 365 * 24 * 60 }).map((m): Instant => NOW - (NOW % 60_000) + m * 60_000);

function parts(at: Instant) {
  const [year, month, day] = shanghaiDate(at).split('-').map(Number) as [number, number, number];
  const clock = new Date(at + 8 * 3_600_000);
  return { year, month, day, hour: clock.getUTCHours(), minute: clock.getUTCMinutes() };
}

test('a moment written whole is read back to the minute, however it is written', () => {
  const ways = [
    (p: ReturnType<typeof parts>) => `${p.year}-${p.month}-${p.day} ${p.hour}:${String(p.minute).padStart(2, '0')}`,
    (p: ReturnType<typeof parts>) => `${p.year}年${p.month}月${p.day}日${p.hour}点${p.minute}分`,
    (p: ReturnType<typeof parts>) => `${p.year}/${p.month}/${p.day} ${p.hour}时${p.minute}分开标`,
    (p: ReturnType<typeof parts>) =>
      `${p.year}年${p.month}月${p.day}日${p.hour < 12 ? '上午' : '下午'}${p.hour > 12 ? p.hour - 12 : p.hour}点${p.minute}分`,
  ];
  fc.assert(
    fc.property(minute, fc.constantFrom(...ways), (at, write) => {
      expect(parseOpeningTime(write(parts(at)), NOW)).toBe(at);
    }),
  );
});

test('a date without a year is never a past day and at most a year away', () => {
  fc.assert(
    fc.property(minute, (at) => {
      const { month, day } = parts(at);
      fc.pre(!(month === 2 && day === 29));
      const read = parseOpeningTime(`${month}月${day}日9点`, NOW);
      expect(read).toBeDefined();
      expect(shanghaiDate(read ?? 0) >= shanghaiDate(NOW)).toBe(true);
      expect((read ?? 0) - NOW).toBeLessThan(367 * DAY_MS);
    }),
  );
});

test('whatever is typed gives a moment or nothing, never an error', () => {
  fc.assert(
    fc.property(
      fc.oneof(fc.string({ unit: 'binary' }), fc.stringMatching(/^[0-9年月日点:\-/ 半上下午明后天一十]{0,30}$/)),
      (text) => {
        const at = parseOpeningTime(text, NOW);
        expect(at === undefined || Number.isSafeInteger(at)).toBe(true);
      },
    ),
    { numRuns: 500 },
  );
});
