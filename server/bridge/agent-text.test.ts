import fc from 'fast-check';
import { expect, test } from 'vitest';
import { agentText } from './agent-text.ts';

test.each([
  { said: 'DESK-7', kept: 'DESK-7' },
  { said: ' 财务室 电脑\n', kept: '财务室 电脑' },
  { said: 'a\u0000b\u202Ec\u2028d\u200Be', kept: 'abcde' },
  { said: '\u{1F600}'.repeat(70), kept: '\u{1F600}'.repeat(60) },
])('$said is kept as $kept', ({ said, kept }) => {
  expect(agentText(said)).toBe(kept);
});

test('whatever an agent says becomes one short visible line', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (said) => {
      expect(agentText(said)).toMatch(/^[^\p{C}\p{Zl}\p{Zp}]{0,60}$/u);
    }),
  );
});
