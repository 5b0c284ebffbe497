import { expect, test } from 'vitest';
import { checkWindow } from '../../renewal/window.ts';
import { DEMO_CERTIFICATES, validity } from './certificates.ts';

const ALPHABET = '0123456789ABCDEFGHJKLMNPQRTUWXY';

test.each(DEMO_CERTIFICATES)('$unit has a code with the check digit of GB 32100: $uscc', ({ uscc }) => {
  let weight = 1;
  let sum = 0;
  for (const character of uscc.slice(0, 17)) {
    sum += ALPHABET.indexOf(character) * weight;
    weight = (weight * 3) % 31;
  }
  expect(uscc.slice(17)).toBe(ALPHABET[(31 - (sum % 31)) % 31]);
});

const MORNINGS = ['2026-11-22T00:00:00+08:00', '2026-11-22T23:59:59+08:00', '2028-02-29T12:00:00+08:00'];

test.each(
  MORNINGS.flatMap((now) =>
    DEMO_CERTIFICATES.map((one) => ({
      now,
      one,
      name: one.name,
      answer: { due: 'open', expired: 'open', 'too-early': 'too-early', 'too-late': 'too-late', revoked: 'open' }[
        one.name
      ],
    })),
  ),
)('made at $now, the certificate "$name" is $answer', ({ now, one, answer }) => {
  const at = Date.parse(now);
  expect(checkWindow(validity(one, at).notAfter, at, one.policy.window).kind).toBe(answer);
});
