import fc from 'fast-check';
import { expect, test } from 'vitest';
import { isUscc, looksLikeUscc } from './uscc.ts';

// of the national register (gsxt.gov.cn), in use
test.each([
  '91350100M000100Y43',
  '914403001922038216',
  '9144030071526726XG',
  '91330100799655058B',
  '91110000802100433B',
  '91100000100003962T',
  '9152000071430580XT',
  '91110000100017643K',
])('%s is one', (code) => {
  expect(isUscc(code)).toBe(true);
});

test.each([
  ['914403001922038217', 'another check character'],
  ['914403009122038216', 'two digits swapped'],
  ['91440300192203821', 'a digit too few'],
  ['9144030019220382160', 'a digit too many'],
  ['91350100m000100y43', 'small letters'],
  ['9135 0100 M000100Y43', 'spaces'],
  ['91350100MOOO1OOY43', 'the letter O, which is none of its signs'],
  ['11010519491231002X', 'an identity card of GB 11643'],
  ['', 'nothing'],
])('%j is none: %s', (code) => {
  expect(isUscc(code)).toBe(false);
});

test('a mistyped one still looks like one, so that it can be told', () => {
  expect(looksLikeUscc('914403001922038217')).toBe(true);
  expect(looksLikeUscc('91440300192203821S')).toBe(false);
});

test('every single slip is found out', () => {
  const signs = Array.from('0123456789ABCDEFGHJKLMNPQRTUWXY');
  fc.assert(
    fc.property(fc.nat({ max: 17 }), fc.constantFrom(...signs), (place, sign) => {
      const code = Array.from('91350100M000100Y43');
      const before = code[place];
      code[place] = sign;
      expect(isUscc(code.join(''))).toBe(sign === before);
    }),
  );
});
