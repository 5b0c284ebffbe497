import { expect, test } from 'vitest';
import problems from '../templates/agent/problems.json' with { type: 'json' };
import terminal from '../templates/agent/terminal.json' with { type: 'json' };
import { AGENT_PROBLEMS } from './problem.ts';
import { words, WORDS } from './words.ts';

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

test('a name from a certificate cannot steer the terminal', () => {
  expect(words('resuming', { unit: '某公司\u001b[2J\u0007\u202e' })).toContain('（某公司[2J）');
});
