import fc from 'fast-check';
import { expect, test } from 'vitest';
import { maskMobile, mobileIndex } from './mobile.ts';
import { createVault } from './vault.ts';

const vault = createVault(new Uint8Array(32).fill(7));
const other = createVault(new Uint8Array(32).fill(8));

test('what was sealed opens again, and only for what it belongs to', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme' }), fc.string(), fc.string(), (plain, mine, theirs) => {
      const sealed = vault.seal(plain, mine);
      expect(vault.open(sealed, mine)).toBe(plain);
      if (mine !== theirs) expect(() => vault.open(sealed, theirs)).toThrow();
      expect(() => other.open(sealed, mine)).toThrow();
    }),
  );
});

test('a changed byte anywhere keeps it shut', () => {
  const sealed = vault.seal('13800006027', 'code/1');
  for (let at = 0; at < sealed.length; at++) {
    const changed = Uint8Array.from(sealed, (byte, i) => (i === at ? byte ^ 1 : byte));
    expect(() => vault.open(changed, 'code/1')).toThrow();
  }
});

test('bytes that nobody sealed do not open', () => {
  fc.assert(
    fc.property(fc.uint8Array(), (bytes) => {
      expect(() => vault.open(bytes, '')).toThrow();
    }),
  );
});

test('the same value is sealed differently each time and indexed the same', () => {
  expect(vault.seal('13800006027', 'x')).not.toEqual(vault.seal('13800006027', 'x'));
  expect(mobileIndex(vault, '13800006027')).toBe(mobileIndex(vault, '13800006027'));
});

test('the same value of two kinds, or under two keys, has two indexes', () => {
  expect(vault.blindIndex('mobile', '1')).not.toBe(vault.blindIndex('address', '1'));
  expect(vault.blindIndex('mobile', '1')).not.toBe(other.blindIndex('mobile', '1'));
});

test('a masked mobile keeps three digits in front and four behind', () => {
  expect(maskMobile('13800006027')).toBe('138****6027');
});
