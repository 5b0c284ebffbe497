import { expect, test } from 'vitest';
import { untilNews } from './news.ts';

/** A conversation that says what it is told to, and counts who listens. */
function conversation() {
  const listeners = new Set<() => void>();
  return {
    listeners,
    say: () => {
      for (const listener of listeners) listener();
    },
    subscribe: (_: string, onNews: () => void) => {
      listeners.add(onNews);
      return () => listeners.delete(onNews);
    },
  };
}

const LONG_MS = 60_000;

test('what is true already is not waited for', async () => {
  const chat = conversation();
  expect(await untilNews(chat, 'c', () => Promise.resolve(true), LONG_MS)).toBe(true);
  expect(chat.listeners.size).toBe(0);
});

test('news is looked at until it is the right one', async () => {
  const chat = conversation();
  let looks = 0;
  const check = () => {
    looks += 1;
    queueMicrotask(chat.say);
    return Promise.resolve(looks === 3);
  };
  expect(await untilNews(chat, 'c', check, LONG_MS)).toBe(true);
  expect(looks).toBe(3);
  expect(chat.listeners.size).toBe(0);
});

test('news that comes while we look is not lost', async () => {
  const chat = conversation();
  let looks = 0;
  const check = async () => {
    looks += 1;
    if (looks === 1) chat.say();
    await Promise.resolve();
    return looks === 2;
  };
  expect(await untilNews(chat, 'c', check, LONG_MS)).toBe(true);
});

test('silence ends when the time is up', async () => {
  const chat = conversation();
  expect(await untilNews(chat, 'c', () => Promise.resolve(false), 1)).toBe(false);
  expect(chat.listeners.size).toBe(0);
});

test('a look that fails leaves nobody listening', async () => {
  const chat = conversation();
  await expect(untilNews(chat, 'c', () => Promise.reject(new Error('gone')), LONG_MS)).rejects.toThrow('gone');
  expect(chat.listeners.size).toBe(0);
});
