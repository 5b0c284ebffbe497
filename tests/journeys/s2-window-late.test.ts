/** S2: the window closes 730 days after the last day, which is a date and not "two years" (domain §7.2, R2). */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { MANUAL_WINDOW } from '../../renewal/policy.ts';
import { checkWindow } from '../../renewal/window.ts';
import { Chat } from './chat.ts';
import { Product } from './product.ts';
import { atTheComputer, confirmDetails, dayIn, signIn, writeAndVerify } from './renewal.ts';

/** Between the first end and its last day lies 2028-02-29, between the second and its last day none. */
const CERTIFICATES = [
  {
    unit: '闰年示例科技有限公司',
    uscc: '91371400MA3XQ01D7Q',
    end: '2026-06-15',
    last: '2028-06-14',
    asked: [
      { now: '2028-06-13T10:00:00+08:00', open: true },
      { now: '2028-06-14T23:57:00+08:00', open: true },
      { now: '2028-06-15T00:00:00+08:00', open: false },
    ],
  },
  {
    unit: '平年示例科技有限公司',
    uscc: '91371400MA3XQ02B7C',
    end: '2025-03-01',
    last: '2027-03-01',
    asked: [
      { now: '2027-02-28T10:00:00+08:00', open: true },
      { now: '2027-03-01T23:57:00+08:00', open: true },
      { now: '2027-03-02T00:00:00+08:00', open: false },
    ],
  },
];
const endOf = (day: string) => `${day}T23:59:59+08:00`;

describe('S2 by the rule', () => {
  test.each([
    { end: '2026-06-15', now: '2028-06-13T12:00:00+08:00', answer: 'open' },
    { end: '2026-06-15', now: '2028-06-14T23:59:59+08:00', answer: 'open' },
    { end: '2026-06-15', now: '2028-06-15T00:00:00+08:00', answer: 'too-late' },
    { end: '2025-03-01', now: '2027-02-28T12:00:00+08:00', answer: 'open' },
    { end: '2025-03-01', now: '2027-03-01T23:59:59+08:00', answer: 'open' },
    { end: '2025-03-01', now: '2027-03-02T00:00:00+08:00', answer: 'too-late' },
  ])('a certificate that ended on $end is $answer at $now', ({ end, now, answer }) => {
    expect(checkWindow(Date.parse(endOf(end)), Date.parse(now), MANUAL_WINDOW).kind).toBe(answer);
  });
});

describe.each(CERTIFICATES)('S2 in the chat, a certificate that ended on $end', ({ unit, uscc, end, last, asked }) => {
  let product: Product;
  beforeAll(() => {
    const notBefore = new Date(Date.parse(endOf(end)) - 365 * 86_400_000).toISOString();
    product = new Product([{ name: end, unit, uscc, notBefore, notAfter: endOf(end) }]);
  });
  afterAll(() => product.dispose());

  test.each(asked)('asked about at $now: open is $open', async ({ now, open }) => {
    await product.runAt(now);
    const stranger = await Chat.open(product.chat);
    await stranger.say('1');
    await stranger.hears(/请发统一社会信用代码/);
    await stranger.say(uscc);
    const told = open ? /已过期，还可以办，办到 ?(\S+)/ : /已超期， ?(\S+) ?截止，要到服务网点办/;
    expect(dayIn((await stranger.hears(told))[1] ?? '')).toBe(last);
    const customer = await signIn(product);
    if (open) {
      const choice = await customer.hears(new RegExp(`(\\d) ${unit}`));
      await customer.say(choice[1] ?? '');
      await customer.hears(/还没开标/);
      // not today; otherwise the next sign-in goes on with this case
      await customer.say('取消');
      await customer.hears(/先不办/);
      await customer.say('1');
      await customer.hears(/已取消|取消了/);
    } else {
      await customer.hears(new RegExp(`${unit}[^]*?已超期`));
    }
    stranger.close();
    customer.close();
  });
});

describe('S2 what was confirmed on the last day', () => {
  const { unit, uscc, end } = CERTIFICATES[0]!;
  let product: Product;
  beforeAll(() => {
    const notBefore = new Date(Date.parse(endOf(end)) - 365 * 86_400_000).toISOString();
    product = new Product([{ name: end, unit, uscc, notBefore, notAfter: endOf(end), token: 'JOURNEY-S2' }]);
  });
  afterAll(() => product.dispose());

  test('is written on the day after it', async () => {
    await product.runAt('2028-06-14T23:30:00+08:00');
    const promised = await atTheComputer(product, async (chat, computer) => {
      const day = await confirmDetails(chat, computer, unit);
      // asked for consent, the customer goes home
      await computer.reads(/同意请按 Y/);
      return day;
    });
    expect(promised).toBe('2029-06-14');

    await product.runAt('2028-06-15T10:00:00+08:00');
    // the computer is still joined: it asks for consent again as soon as the agent is opened
    const done = await atTheComputer(product, writeAndVerify);
    expect(done).toBe('2029-06-15');
  });
});
