/** What holds at every step, whatever is said: an answer, never an error, never too much, nothing undone unasked. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { AGENDA } from '../renewal/agenda.ts';
import { Conversation, EVERYWHERE } from '../tests/conversation.ts';
import type { Incoming } from './talk.ts';

const PLACES = Object.entries(EVERYWHERE);
const WORDS = ['继续', '返回', '人工', '进度', '帮助', '重复', '取消', '重新开始', '退订', '验真'];

const INPUTS: Readonly<Record<string, Incoming>> = {
  ...Object.fromEntries(WORDS.map((text) => [text, { kind: 'text', text }])),
  ...Object.fromEntries(Array.from({ length: 10 }, (_, n) => [String(n), { kind: 'text', text: String(n) }])),
  nonsense: { kind: 'text', text: '嗯那个章的' },
  'two digits': { kind: 'text', text: '47' },
  'six digits': { kind: 'text', text: '123456' },
  'a mobile': { kind: 'text', text: '13800138000' },
  'a USCC': { kind: 'text', text: '91350100M000100Y43' },
  'a time': { kind: 'text', text: '12月3日9点半' },
  empty: { kind: 'text', text: '  ' },
  'a question mark': { kind: 'text', text: '？' },
  'a very long text': { kind: 'text', text: '续'.repeat(10_000) },
  'a picture': { kind: 'picture' },
  'a PIN': { kind: 'masked', what: 'pin' },
  'an ID number': { kind: 'masked', what: 'id-number' },
  'an option of yesterday': { kind: 'choice', questionId: 'yesterday', key: '1' },
};

test('every step of the agenda is among the places', () => {
  const steps = new Set(PLACES.map(([, go]) => go().talk.question?.step));
  expect(AGENDA.map(({ name }) => name).filter((name) => !steps.has(name))).toEqual([]);
});

describe.each(PLACES)('at %s', (_name, go) => {
  test.each(Object.entries(INPUTS))('%s is answered', (_input, incoming) => {
    const c = go();
    const says = c.hear(incoming);
    expect(says.length).toBeGreaterThanOrEqual(1);
    expect(says.length).toBeLessThanOrEqual(2);
    expect(c.talk.question).toBeDefined();
    expect(says.at(-1)?.question).toEqual(c.talk.question);
  });

  test('an option that is not there is answered', () => {
    const c = go();
    const questionId = c.talk.question?.id ?? '';
    expect(c.hear({ kind: 'choice', questionId, key: '9' }).length).toBeGreaterThanOrEqual(1);
  });

  test('nothing but a clear yes ends the case', () => {
    for (const incoming of Object.values(INPUTS)) {
      const c = go();
      const wasOver = c.case?.ended !== 'no';
      const chosen = c.talk.question?.options.find(({ key }) => incoming.kind === 'text' && key === incoming.text);
      const yes = ['cancel-yes', 'restart-yes', 'other-certificate'].includes(chosen?.name ?? '');
      c.hear(incoming);
      const facts = c.last?.caseChange?.facts.map(({ type }) => type) ?? [];
      expect(wasOver || yes || !facts.includes('case-cancelled')).toBe(true);
    }
  });

  test('重新开始 and a yes lead to a question again, unless the CA was asked already', () => {
    const c = go();
    c.text('重新开始');
    if (c.talk.confirming === 'restart') c.text('1');
    const begins: readonly (string | undefined)[] = ['sign-in', 'choose-certificate'];
    const asked = c.case !== undefined && c.case.issuance.kind !== 'none';
    expect(begins.includes(c.talk.question?.step)).toBe(!asked || c.case?.issuance.kind === 'rejected');
  });
});

const anything = fc.oneof(
  fc.constantFrom(...Object.values(INPUTS)),
  fc.string({ unit: 'binary', maxLength: 80 }).map((text): Incoming => ({ kind: 'text', text })),
  fc.constantFrom('0', '1', '2', '3').map((key) => ({ kind: 'tap', key }) as const),
);

test('any talk stays within its bounds: at least one bubble a message, two a turn, three before the next', () => {
  fc.assert(
    fc.property(fc.constantFrom(...PLACES), fc.array(anything, { maxLength: 12 }), ([, go], messages) => {
      const c = go();
      for (const message of messages) {
        const says = message.kind === 'tap' ? c.tap(message.key) : c.hear(message);
        expect(says.length).toBeGreaterThanOrEqual(1);
        expect(says.length).toBeLessThanOrEqual(2);
        expect(c.talk.said).toBeLessThanOrEqual(3);
        expect(c.talk.misses).toBeLessThan(3);
        expect(c.talk.question?.options.map(({ key }) => key)).toEqual([
          ...new Set(c.talk.question?.options.map(({ key }) => key)),
        ]);
      }
    }),
    { numRuns: 400 },
  );
});

test('the same turn run twice says the same', () => {
  for (const [, go] of PLACES) {
    const [a, b] = [go(), go()];
    for (const incoming of Object.values(INPUTS)) expect(a.hear(incoming)).toEqual(b.hear(incoming));
  }
});

test('a first message before anything was asked is taken as the answer to the first question', () => {
  const c = new Conversation();
  expect(c.text('13800138000').map(({ template }) => template)).toEqual(['ask-code']);
});
