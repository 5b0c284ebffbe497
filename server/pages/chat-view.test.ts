import { expect, test } from 'vitest';
import type { Bubble } from '../../bot/talk.ts';
import { answeredUpTo, linesAfter, spentCodeUpTo, type Line, type ViewDeps } from './chat-view.ts';
import type { Shown } from '../masking.ts';
import type { Entry, Standing } from './ports.ts';

const MORNING = Date.parse('2026-05-20T09:00:00+08:00');
const DAY_MS = 24 * 3_600_000;

const options = [
  { key: '1', name: 'no-bids', label: '没有' },
  { key: '2', name: 'unopened', label: '有，还没开标' },
  { key: '0', name: 'back', label: '返回' },
];

const says = (seq: number, more: Partial<Bubble> = {}, at = MORNING): Entry => ({
  seq,
  at,
  from: 'bot',
  bubble: { template: 't', data: {}, ...more },
});
const asks = (seq: number, id: string): Entry => says(seq, { question: { id, step: 'bid-guard', shows: '', options } });
const wrote = (seq: number, shown: Shown): Entry => ({
  seq,
  at: MORNING,
  from: 'customer',
  messageId: `visitor/${String(seq)}`,
  shown,
});

const open = (openQuestionId?: string): Standing => ({
  openQuestionId,
  situation: { case: undefined, policy: undefined, live: { signedIn: false, link: { kind: 'none' } }, now: MORNING },
});

const errors: object[] = [];
const deps: ViewDeps = {
  chat: { reveal: (codeId) => Promise.resolve(codeId === 'live' ? '48271605932' : undefined) },
  templates: {
    page: (name) => `<${name}>`,
    bubble: (name, data) => {
      if (name === 'broken') throw new Error('no such template');
      return JSON.stringify(data);
    },
  },
  log: { error: (facts) => errors.push(facts), warn: () => undefined },
};

const view = (entries: Entry[], standing = open(), after = 0) => linesAfter(after, entries, standing, deps);

/** The options of a line as a customer sees them: buttons in brackets, a picked one ticked. */
function optionsOf(line: Line | undefined): string {
  if (!line || line.mine || !line.choices) return 'none';
  const { live, options } = line.choices;
  return options.map(({ key, picked }) => (live ? `[${key}]` : picked ? `✓${key}` : key)).join(' ');
}

test.each<[string, Shown, string]>([
  ['tapped', { kind: 'choice', questionId: 'q1', key: '2' }, '1 ✓2 0'],
  ['typed as its number', { kind: 'text', text: ' 2 ' }, '1 ✓2 0'],
  ['typed as its words', { kind: 'text', text: '没有' }, '✓1 2 0'],
  ['something else', { kind: 'text', text: '那个章的' }, '1 2 0'],
  ['a button of an older question', { kind: 'choice', questionId: 'q0', key: '2' }, '1 2 0'],
  ['a picture', { kind: 'picture' }, '1 2 0'],
])('an answered question is one line of its options; the answer %s (%o): %s', async (_, shown, seen) => {
  const [question] = await view([asks(1, 'q1'), wrote(2, shown), says(3)], open());
  expect(optionsOf(question)).toBe(seen);
});

test('the open question has buttons, also when something was said after it', async () => {
  const lines = await view([asks(1, 'q1'), wrote(2, { kind: 'text', text: '进度' }), says(3)], open('q1'));
  expect(optionsOf(lines[0])).toBe('[1] [2] [0]');
});

test('a question that was asked again has its buttons at the end only', async () => {
  const lines = await view([asks(1, 'q1'), wrote(2, { kind: 'text', text: '重复' }), asks(3, 'q1')], open('q1'));
  expect(lines.map(optionsOf)).toEqual(['1 2 0', 'none', '[1] [2] [0]']);
});

test('a tapped option reads as its words', async () => {
  const [, own] = await view([asks(1, 'q1'), wrote(2, { kind: 'choice', questionId: 'q1', key: '1' })]);
  expect(own).toMatchObject({ mine: true, text: '没有' });
});

test('lines after a number are the rest of the same view', async () => {
  const entries = [asks(1, 'q1'), wrote(2, { kind: 'choice', questionId: 'q1', key: '1' }), says(3)];
  const all = await view(entries);
  expect(await view(entries, open(), 1)).toEqual(all.slice(1));
});

test('buttons that stand somewhere are taken back when their question is answered', () => {
  const entries = [asks(1, 'q1'), wrote(2, { kind: 'text', text: '1' }), asks(3, 'q2')];
  expect(answeredUpTo(2, entries, open('q2'))).toMatchObject({ seq: 1, live: false, oob: true });
  expect(answeredUpTo(3, entries, open('q2'))).toBeUndefined();
  expect(answeredUpTo(0, entries, open('q2'))).toBeUndefined();
});

test('a day is named where it begins, and the mark stands beside the first line in a row', async () => {
  const lines = await view([says(1), says(2), says(3, {}, MORNING + DAY_MS)]);
  expect(lines.map(({ day }) => day?.iso.slice(0, 10))).toEqual(['2026-05-20', undefined, '2026-05-21']);
  expect(lines.map((line) => !line.mine && line.face)).toEqual([true, false, true]);
});

test('a bubble that cannot be shown is said to be busy, logged, and the rest is shown', async () => {
  const lines = await view([says(1, { template: 'broken' }), says(2)]);
  expect(lines).toMatchObject([{ html: '<broken-bubble>' }, { html: '{}' }]);
  expect(errors).toHaveLength(1);
});

test.each([
  ['live', ['482', '7160', '5932']],
  ['used up', null],
])('a link code that is %s shows %o', async (codeId, code) => {
  const [line] = await view([says(1, { secret: { kind: 'link-code', codeId } })]);
  expect(line).toMatchObject({ html: JSON.stringify({ code }) });
});

test('a code that serves no more is taken off pages that show it', async () => {
  const shows = (codeId: string) => [says(1, { secret: { kind: 'link-code', codeId } }), says(2)];
  expect(await spentCodeUpTo(2, shows('used up'), open(), deps)).toMatchObject({ seq: 1, oob: true });
  expect(await spentCodeUpTo(2, shows('live'), open(), deps)).toBeUndefined();
  expect(await spentCodeUpTo(0, shows('used up'), open(), deps)).toBeUndefined();
});
