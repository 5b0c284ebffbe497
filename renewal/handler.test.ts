import { expect, test } from 'vitest';
import { evolveHandler, isVerified, type Handler } from './handler.ts';

const REGISTERED = { type: 'handler-registered', handlerId: 'h-1', mobile: '138****6027' } as const;
const verified = (until: number) => ({ type: 'identity-verified', until }) as const;

test('a handler is registered once and not verified by that', () => {
  const handler = evolveHandler(undefined, REGISTERED) as Handler;
  expect(handler).toEqual({ id: 'h-1', mobile: '138****6027', verifiedUntil: 'never' });
  expect(evolveHandler(handler, { ...REGISTERED, mobile: '139****0000' })).toBe(handler);
  expect(isVerified(handler, 0)).toBe(false);
});

test('the last verification counts, up to its end and not at it', () => {
  const handler = [verified(2_000), verified(1_000)].reduce<Handler | undefined>(
    evolveHandler,
    evolveHandler(undefined, REGISTERED),
  ) as Handler;
  expect([999, 1_000].map((now) => isVerified(handler, now))).toEqual([true, false]);
});

test('nobody is verified before being registered', () => {
  expect(evolveHandler(undefined, verified(1))).toBeUndefined();
});
