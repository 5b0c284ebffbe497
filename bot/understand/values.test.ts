import fc from 'fast-check';
import { expect, test } from 'vitest';
import { looksLikeMobile, matchDigitsIn, mobileIn, smsCodeIn, soughtIn } from './values.ts';

test.each([
  ['13800138000', '13800138000'],
  ['138 0013 8000', '13800138000'],
  ['138-0013-8000', '13800138000'],
  ['１３８００１３８０００', '13800138000'],
  ['+86 13800138000', '13800138000'],
  ['8613800138000', '13800138000'],
  ['手机号是13800138000。', '13800138000'],
  ['12800138000', undefined],
  ['1380013800', undefined],
  ['138001380001', undefined],
  ['', undefined],
])('mobile in %j: %s', (text, mobile) => {
  expect(mobileIn(text)).toBe(mobile);
});

test.each([
  ['123456', '123456'],
  ['验证码 123 456', '123456'],
  ['１２３４５６', '123456'],
  ['12345', undefined],
  ['1234567', undefined],
  ['1 2 3 4 5 6 还是 654321', undefined],
])('SMS code in %j: %s', (text, code) => {
  expect(smsCodeIn(text)).toBe(code);
});

test.each([
  ['47', '47'],
  ['07', '07'],
  ['4 7', '47'],
  ['是 47', '47'],
  ['4', undefined],
  ['471', undefined],
])('match number in %j: %s', (text, digits) => {
  expect(matchDigitsIn(text)).toBe(digits);
});

test.each([
  ['91350100M000100Y43', { by: 'uscc', value: '91350100M000100Y43' }],
  ['9135 0100 m000 100y 43', { by: 'uscc', value: '91350100M000100Y43' }],
  // 18 hex digits whose check character fits no USCC
  ['0123456789abcdef01', { by: 'serial', value: '0123456789ABCDEF01' }],
  ['0x1A:2B:3C:4D:5E', { by: 'serial', value: '1A2B3C4D5E' }],
  ['1A2B', undefined],
  ['德州恒信建筑工程有限公司', undefined],
])('%j asks for %j', (text, sought) => {
  expect(soughtIn(text)).toEqual(sought);
});

test('a number that is too long or too short still looks like a mobile number', () => {
  expect(looksLikeMobile('1380013800012')).toBe(true);
  expect(looksLikeMobile('138001')).toBe(false);
});

test('any text gives a value of the right form or none', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => {
      expect(mobileIn(text) ?? '13800138000').toMatch(/^1[3-9]\d{9}$/);
      expect(smsCodeIn(text) ?? '000000').toMatch(/^\d{6}$/);
      expect(matchDigitsIn(text) ?? '00').toMatch(/^\d{2}$/);
      expect(soughtIn(text)?.value ?? '00000000').toMatch(/^[0-9A-Z]{8,64}$/);
    }),
  );
});
