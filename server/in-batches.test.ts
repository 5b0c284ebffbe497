import { expect, test } from 'vitest';
import { InBatches } from './in-batches.ts';

/** Answers each question with its double, and notes what came together. */
function doubling(limits: { most: number; atOnce: number }) {
  const batches: (readonly number[])[] = [];
  const together = new InBatches<number, number>(limits, async (questions) => {
    batches.push(questions);
    if (questions.includes(13)) throw new Error('13');
    return questions.map((question) => question * 2);
  });
  return { batches, together };
}

test('questions that are asked at the same time are answered together, each with its own answer', async () => {
  const { batches, together } = doubling({ most: 8, atOnce: 1 });
  expect(await Promise.all([1, 2, 3].map((n) => together.ask(n)))).toEqual([2, 4, 6]);
  expect(batches).toEqual([[1, 2, 3]]);
});

test('no batch is larger than the most', async () => {
  const { batches, together } = doubling({ most: 2, atOnce: 1 });
  expect(await Promise.all([1, 2, 3, 4, 5].map((n) => together.ask(n)))).toEqual([2, 4, 6, 8, 10]);
  expect(batches).toEqual([[1, 2], [3, 4], [5]]);
});

test('a batch that fails fails for all who are in it, and the next goes on', async () => {
  const { together } = doubling({ most: 2, atOnce: 1 });
  const settled = await Promise.allSettled([1, 13, 2].map((n) => together.ask(n)));
  expect(settled.map(({ status }) => status)).toEqual(['rejected', 'rejected', 'fulfilled']);
  expect(await together.ask(4)).toBe(8);
});
