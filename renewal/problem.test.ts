import { expect, test } from 'vitest';
import { ProblemError, PROBLEMS } from './problem.ts';

test.each(Object.keys(PROBLEMS))('%s is spelled area/what-is-wrong', (code) => {
  expect(code).toMatch(/^[a-z]+\/[a-z]+(-[a-z]+)*$/);
});

test('an expected failure keeps its code, its facts and the vendor’s own error', () => {
  const vendor = new Error('CKR_PIN_INCORRECT');
  const problem = new ProblemError('pin/incorrect', { triesLeft: 3 }, { cause: vendor });
  expect(problem).toBeInstanceOf(Error);
  expect(problem.name).toBe('ProblemError');
  expect(problem.message).toBe('pin/incorrect');
  expect(problem.code).toBe('pin/incorrect');
  expect(problem.facts).toEqual({ triesLeft: 3 });
  expect(problem.cause).toBe(vendor);
});

test('an expected failure may have no facts and no cause', () => {
  const problem = new ProblemError('token/none');
  expect(problem.facts).toEqual({});
  expect(problem.cause).toBeUndefined();
});
