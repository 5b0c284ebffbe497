import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { ecdsaSignature, encode, objectIdentifier, readAll, readFirst, unsignedInteger } from './der.ts';

const hex = (text: string) => Buffer.from(text, 'hex');

test.each([
  ['1.2.840.10045.3.1.7', '06082a8648ce3d030107'],
  ['1.2.840.113549.1.1.11', '06092a864886f70d01010b'],
  ['2.16.840.1.101.3.4.2.1', '0609608648016503040201'],
])('%s is written as %s', (dotted, der) => {
  expect(objectIdentifier(dotted)).toEqual(hex(der));
});

test.each([
  ['00', '020100'],
  ['0000', '020100'],
  ['7f', '02017f'],
  ['80', '02020080'],
  ['00ff01', '020300ff01'],
])('the number %s is written shortest and never negative: %s', (octets, der) => {
  expect(unsignedInteger(hex(octets))).toEqual(hex(der));
});

test('r‖s becomes a sequence of two numbers', () => {
  expect(ecdsaSignature(hex('00010080'))).toEqual(hex('30070201010202' + '0080'));
});

test('what was written is read again, whatever its length', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 70_000 }), fc.uint8Array({ maxLength: 300 }), (content, after) => {
      const tlv = readFirst(Buffer.concat([encode(0x30, content), after]));
      expect(tlv.tag).toBe(0x30);
      expect(tlv.content.equals(content)).toBe(true);
    }),
  );
});

test('any other bytes are refused, never read past their end', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
      try {
        const found = readAll(Buffer.from(bytes));
        expect(Buffer.concat(found.map(({ whole }) => whole)).equals(bytes)).toBe(true);
      } catch (error) {
        expect(error).toBeInstanceOf(RangeError);
      }
    }),
  );
});
