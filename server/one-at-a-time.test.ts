import { expect, test } from 'vitest';
import { OneAtATime } from './one-at-a-time.ts';

test('work on one thing runs in its order, also after a failure; other things do not wait', async () => {
  const queue = new OneAtATime();
  const events: string[] = [];
  let finish: () => void = () => {};
  const first = queue.run('case-1', () => new Promise<void>((resolve) => (finish = resolve)));
  const second = queue.run('case-1', async () => {
    events.push('second');
    throw new Error('second');
  });
  const third = queue.run('case-1', async () => events.push('third'));
  await queue.run('case-2', async () => events.push('other'));
  expect(events).toEqual(['other']);
  finish();
  await first;
  await expect(second).rejects.toThrow('second');
  await third;
  expect(events).toEqual(['other', 'second', 'third']);
});

test('nothing is kept of things that nobody works on', async () => {
  const queue = new OneAtATime();
  await queue.run('case-1', async () => {});
  await Promise.resolve();
  expect(queue.size).toBe(0);
});
