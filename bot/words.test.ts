import { expect, test } from 'vitest';
import { CHAPTERS } from '../renewal/agenda.ts';
import { PROBLEMS, type ProblemCode } from '../renewal/problem.ts';
import problems from '../templates/problems.json' with { type: 'json' };
import { chapterName, problemWords } from './words.ts';

/** The places that whoever raises a problem fills. */
const FILLED: Partial<Record<ProblemCode, Record<string, number>>> = {
  'code/wrong': { triesLeft: 3 },
  'code/too-soon': { waitSeconds: 42 },
};

test('every problem has its words, and nothing else has', () => {
  expect(Object.keys(problems).sort()).toEqual(Object.keys(PROBLEMS).sort());
});

test.each(Object.keys(PROBLEMS) as ProblemCode[])('%s says what happened and what to do, in full', (code) => {
  const { zh, hint } = problemWords(code, FILLED[code]);
  expect(`${zh}${hint}`).not.toMatch(/[{}！!]|系统|错误代码/);
  expect(zh).toMatch(/。$/);
  expect(hint).toMatch(/。$/);
  expect(`${zh}${hint}`.length).toBeLessThanOrEqual(80);
});

test('every chapter has a name of two characters', () => {
  const names = CHAPTERS.map(chapterName);
  for (const name of names) expect(name).toMatch(/^\p{Script=Han}{2}$/u);
  expect(new Set(names).size).toBe(7);
});

test('a value that is told stands in its place', () => {
  expect(problemWords('code/wrong', { triesLeft: 3 }).zh).toContain('3 次');
});
