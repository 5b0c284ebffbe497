import { expect, test } from 'vitest';
import problems from '../templates/agent/problems.json' with { type: 'json' };
import terminal from '../templates/agent/terminal.json' with { type: 'json' };
import chat from '../templates/chat/words.json' with { type: 'json' };
import { AGENT_PROBLEMS } from './problem.ts';
import { problemWords, words, WORDS } from './words.ts';

const COLUMNS = 80;
/** Chinese characters and punctuation take two columns. */
const width = (line: string) => [...line].reduce((sum, c) => sum + ((c.codePointAt(0) ?? 0) > 0x2e7f ? 2 : 1), 0);

test('every text is there once, with just the facts that its callers give', () => {
  const placeholders = Object.fromEntries(
    Object.entries(terminal).map(([key, text]) => [key, [...text.matchAll(/\{(\w+)\}/g)].map((found) => found[1])]),
  );
  expect(placeholders).toEqual(WORDS);
});

test('every problem has its words', () => {
  expect(Object.keys(problems).sort()).toEqual([...AGENT_PROBLEMS].sort());
});

test.each([...Object.entries(terminal), ...Object.entries(problems)])(
  '%s fits a narrow window and stays calm',
  (_, text) => {
    for (const line of text.split('\n')) expect(width(line)).toBeLessThanOrEqual(COLUMNS);
    expect(text).not.toMatch(/[!！]|\p{Extended_Pictographic}|你/u);
  },
);

test('a day is written as in the chat', () => {
  expect(words('issued', { day: '2026-12-03' })).toContain('2026年12月3日');
});

test('a problem names the button of the chat that goes on', () => {
  expect(problemWords('token/none', 'look-again')).toContain('“再看一次”');
  expect(problemWords('token/none', 'try-again')).toContain('“再试一次”');
  expect([chat.options['look-again'], chat.options['try-again']]).toEqual([words('look-again'), words('try-again')]);
});

test('a name from a certificate cannot steer the terminal', () => {
  expect(words('resuming', { unit: '某公司\u001b[2J\u0007\u202e' })).toContain('（某公司[2J）');
});
