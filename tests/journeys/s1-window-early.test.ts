/** S1: the window opens 30 days before the last day, at midnight in Shanghai (domain §7.2, R2). */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { MANUAL_WINDOW } from '../../renewal/policy.ts';
import { checkWindow } from '../../renewal/window.ts';
import { Chat } from './chat.ts';
import { Product } from './product.ts';
import { dayIn, signIn } from './renewal.ts';

const UNIT = '早办示例建设有限公司';
const USCC = '91371400MA3XQ01D7Q';
const END = '2026-06-15T23:59:59+08:00';

describe('S1 the window opens on the 30th day before the end', () => {
  let product: Product;
  beforeAll(() => {
    product = new Product([
      { name: 's1', unit: UNIT, uscc: USCC, notBefore: '2025-06-16T00:00:00+08:00', notAfter: END },
    ]);
  });
  afterAll(() => product.dispose());

  test.each([
    { now: '2026-05-15T12:00:00+08:00', answer: 'too-early' },
    { now: '2026-05-15T23:59:59+08:00', answer: 'too-early' },
    { now: '2026-05-15T15:59:59Z', answer: 'too-early' },
    { now: '2026-05-16T00:00:00+08:00', answer: 'open' },
    { now: '2026-05-15T16:00:00Z', answer: 'open' },
  ])('by the rule, at $now it is $answer', ({ now, answer }) => {
    expect(checkWindow(Date.parse(END), Date.parse(now), MANUAL_WINDOW).kind).toBe(answer);
  });

  test.each([
    { now: '2026-05-15T12:00:00+08:00', opens: '2026-05-16' },
    // the last minutes of the day; the exact second is asked of the rule above
    { now: '2026-05-15T15:57:00Z', opens: '2026-05-16' },
    { now: '2026-05-15T16:00:00Z', opens: undefined },
  ])('asked in the chat at $now, before signing in and after it', async ({ now, opens }) => {
    await product.runAt(now);
    const stranger = await Chat.open(product.chat);
    await stranger.say('1');
    await stranger.hears(/请发统一社会信用代码/);
    await stranger.say(USCC);
    const customer = await signIn(product);
    if (opens !== undefined) {
      expect(dayIn((await stranger.hears(/还早， ?(\S+) ?起可以办/))[1] ?? '')).toBe(opens);
      expect(dayIn((await customer.hears(/还早， ?(\S+) ?起可以办/))[1] ?? '')).toBe(opens);
    } else {
      await stranger.hears(/可以办，办到 ?2028年6月14日/);
      await customer.hears(new RegExp(`1 ${UNIT}`));
      await customer.say('1');
      await customer.hears(/还没开标/);
    }
    stranger.close();
    customer.close();
  });
});
