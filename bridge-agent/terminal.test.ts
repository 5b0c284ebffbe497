import { getEventListeners } from 'node:events';
import { PassThrough } from 'node:stream';
import type { ReadStream, WriteStream } from 'node:tty';
import { expect, test } from 'vitest';
import { Terminal } from './terminal.ts';

function somebodyAt(): { terminal: Terminal; types: (keys: string) => void } {
  const keyboard = Object.assign(new PassThrough(), { setRawMode: () => undefined });
  const screen = new PassThrough().resume();
  const terminal = new Terminal(keyboard as unknown as ReadStream, screen as unknown as WriteStream, () => undefined);
  return { terminal, types: (keys) => void keyboard.emit('data', Buffer.from(keys)) };
}

test('however often something is asked, nothing of it stays with the signal', async () => {
  const { terminal, types } = somebodyAt();
  const stop = new AbortController();
  for (let n = 0; n < 20; n++) {
    const asked = terminal.ask({ text: '? ', echo: 'plain' }, stop.signal);
    types('4827\r');
    expect((await asked).toString()).toBe('4827');
  }
  expect(getEventListeners(stop.signal, 'abort')).toHaveLength(0);
});

test('a question that is given up throws the reason', async () => {
  const { terminal } = somebodyAt();
  const stop = new AbortController();
  const asked = terminal.ask({ text: '? ', echo: 'plain' }, stop.signal);
  stop.abort(new Error('interrupted'));
  await expect(asked).rejects.toThrow('interrupted');
});
