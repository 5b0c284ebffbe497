/** What of a message is kept, step by step: in the sealed body for the turn, and in the transcript. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Question } from '../bot/talk.ts';
import { STEPS } from '../bot/steps/steps.ts';
import { linkCheckDigit } from '../bridge-agent/protocol.ts';
import { mobileIn } from '../bot/understand/values.ts';
import { keep } from './masking.ts';

type Step = Question['step'];

const EVERY_STEP = Object.keys(STEPS) as Step[];
const AT_THE_KEY = EVERY_STEP.filter((step) => /^(?:link|match|look|rekey|write|verify|details)/.test(step));
const say = (text: string, step?: Step) => keep({ kind: 'text', text }, step);
const isMasked = (text: string, step?: Step) => {
  const { incoming, shown } = say(text, step);
  if (incoming.kind !== 'masked') return false;
  expect(JSON.stringify(shown)).not.toMatch(/\d/);
  return true;
};

describe.each(EVERY_STEP)('at %s', (step) => {
  test.each([
    '12345678',
    '1234567',
    ' 12345678 ',
    '１２３４５６７８',
    '1234 5678',
    '12345678。',
    'Xy7!9934',
    'Abc12345',
  ])('a PIN %j alone is not kept', (pin) => {
    expect(isMasked(pin, step)).toBe(true);
  });

  test.each(['密码是Qx7391zz', '密码123456', 'pin: 8812', '我的口令为abcd', 'mima 88123456'])(
    'a PIN told as one (%s) is not kept',
    (text) => {
      expect(isMasked(text, step)).toBe(true);
    },
  );

  test.each(['1', '0', '第2个', '继续', 'jixu', 'td', 'help', '13800006027', '138 0000 6027', '91371400MA3C7XQF08'])(
    '%s is no PIN',
    (text) => {
      expect(say(text, step).incoming).toEqual({ kind: 'text', text });
    },
  );

  test('a number of an identity card is not kept', () => {
    expect(say('11010519491231002X', step).incoming).toEqual({ kind: 'masked', what: 'id-number' });
  });
});

test.each(EVERY_STEP.filter((step) => step !== 'sign-in'))('six digits at %s are a PIN', (step) => {
  expect(isMasked('123456', step)).toBe(true);
});

describe.each(AT_THE_KEY)('before the key, at %s', (step) => {
  test.each(['1234', 'a1b2', '20261203', '输入12345678不行', '123456对吗'])('%s is taken for a PIN', (text) => {
    expect(isMasked(text, step)).toBe(true);
  });

  test.each(['47', '472', 'win10', `4827160593${linkCheckDigit('4827160593')}`, 'XQ260520-1A2B3C'])(
    '%s is none',
    (text) => {
      expect(isMasked(text, step)).toBe(false);
    },
  );
});

test.each<[Step | undefined, string]>([
  [undefined, '13800006027'],
  ['sign-in', '123456'],
  ['sign-in', '123 456'],
  ['sign-in', '1380000602'],
  ['sign-in', '1380013800012'],
  ['sign-in', '91350100M000100Y43'],
  ['query', '91350100M000100Y43'],
  ['query', '1234567890'],
  ['query', '10C4A90B52E67F3A'],
  ['query', '10:C4:A9:0B:52:E6:7F:3A'],
  ['choose-certificate', '7f3a'],
  ['choose-certificate', '10C4A90B52E67F3A'],
  ['bid-opening', '20261203'],
  ['bid-opening', '202612030930'],
  ['bid-opening', '2026-12-03'],
  ['bid-opening', '2026-12-03 09:30'],
  ['bid-opening', '9:30'],
])('at %s the answer %s reaches the turn', (step, text) => {
  expect(say(text, step).incoming).toEqual({ kind: 'text', text });
});

test.each<[Step | undefined, string]>([
  ['sign-in', '123456'],
  ['sign-in', '123 456'],
  ['sign-in', '12345'],
  ['sign-in', '1380000602'],
  [undefined, '123456'],
  ['match', '57'],
  ['match', '5 7'],
  ['match', '577'],
])('at %s a code %s is not in the transcript', (step, text) => {
  expect(say(text, step).shown).toEqual({ kind: 'text', text: '●●●' });
});

test.each(EVERY_STEP)('a PIN is told in many ways; at %s none is kept', (step) => {
  for (const text of ['12345678是密码', '我的UKey 12345678', '密码我记得是12345678', '888888是PIN', '锁 88123456 不行'])
    expect(isMasked(text, step)).toBe(true);
});

test.each(EVERY_STEP)('talk of a password without one is kept, at %s', (step) => {
  for (const text of ['密码忘了', '密码输错3次', 'UKey 插不进去', '密码是不是开机那个'])
    expect(say(text, step).incoming.kind).toBe('text');
});

test('whatever is understood as a mobile number is never shown whole', () => {
  const gap = fc.constantFrom('', ' ', '-', '–', '·', '\u3000', '\u00a0', '  ');
  const digits = fc.tuple(
    fc.constantFrom('3', '5', '9'),
    fc.array(fc.integer({ min: 0, max: 9 }), { minLength: 9, maxLength: 9 }),
  );
  const prefix = fc.constantFrom('', '86', '+86', '0086', '手机 ');
  fc.assert(
    fc.property(prefix, digits, fc.array(gap, { minLength: 11, maxLength: 11 }), (before, [second, rest], gaps) => {
      const mobile = `1${second}${rest.join('')}`;
      const text = before + [...mobile].map((digit, i) => digit + (gaps[i] ?? '')).join('');
      fc.pre(mobileIn(text) === mobile);
      const { shown } = say(text, 'sign-in');
      expect(JSON.stringify(shown).replace(/[^\d*]/g, '')).not.toContain(mobile);
    }),
  );
});

test.each([
  ['sign-in', '1', '1'],
  ['sign-in', '0', '0'],
  ['match', '1', '1'],
  ['choose-certificate', '5D3C4A123456', '5D3C4A123456'],
] as const)('at %s the slip or option %s is shown as it is', (step, text, shown) => {
  expect(say(text, step).shown).toEqual({ kind: 'text', text: shown });
});

test('before anything was asked a PIN is one as well', () => {
  expect(isMasked('12345678')).toBe(true);
});

test('a mobile number is shown masked', () => {
  expect(say('13800006027', 'sign-in').shown).toEqual({ kind: 'text', text: '138****6027' });
});

test('no PIN of six to eight signs survives where nothing of the kind is asked', () => {
  const sign = fc.constantFrom(...Array.from('0123456789abcdefghXYZ!@#$'));
  const pin = fc.string({ unit: sign, minLength: 6, maxLength: 8 }).filter((text) => /\d/.test(text));
  fc.assert(
    fc.property(pin, fc.constantFrom(...AT_THE_KEY), (text, step) => {
      fc.pre(!/^win/i.test(text));
      expect(JSON.stringify(say(text, step))).not.toContain(text);
    }),
  );
});

test('any text at any step is kept or masked, never refused', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), fc.constantFrom(...EVERY_STEP), (text, step) => {
      expect(['text', 'masked']).toContain(say(text, step).incoming.kind);
    }),
  );
});
