import fc from 'fast-check';
import { expect, test } from 'vitest';
import { ChannelError } from '../port.ts';
import { webChannel } from './channel.ts';
import { clientMessageIdOf, LONGEST_TEXT, opened } from './receive.ts';

const visitor = 'a'.repeat(64);
const clientMessageId = '0b6f1c1e-5f5c-4d0e-9c55-1f5f1d7f0a11';
const read = (body: unknown) => webChannel.receive({ visitor, body });

test.each([
  [{ text: '13800006027' }, { kind: 'text', text: '13800006027' }],
  [{ text: '' }, { kind: 'text', text: '' }],
  [{ text: 'x'.repeat(LONGEST_TEXT) }, { kind: 'text', text: 'x'.repeat(LONGEST_TEXT) }],
  [
    { questionId: 'q1', key: '0' },
    { kind: 'choice', questionId: 'q1', key: '0' },
  ],
  [{ kind: 'picture' }, { kind: 'picture' }],
])('a post of %o is read', (fields, incoming) => {
  expect(read({ clientMessageId, ...fields })).toEqual({
    visitor,
    messageId: `${visitor}/${clientMessageId}`,
    incoming,
  });
});

test('one character more than the longest text is refused by name', () => {
  expect(() => read({ clientMessageId, text: 'x'.repeat(LONGEST_TEXT + 1) })).toThrow(
    new ChannelError('channel/too-long'),
  );
});

test.each([
  ['nothing', undefined],
  ['no client message id', { text: 'x' }],
  ['an id that is no UUID', { clientMessageId: 'x', text: 'x' }],
  ['text twice', { clientMessageId, text: ['a', 'b'] }],
  ['a field nobody knows', { clientMessageId, text: 'x', owner: 'agent' }],
  ['text and an answer at once', { clientMessageId, text: 'x', questionId: 'q', key: '1' }],
  ['a kind of our own making', { clientMessageId, kind: 'look-again' }],
  ['a key of two digits', { clientMessageId, questionId: 'q', key: '12' }],
])('%s is malformed', (_, body) => {
  expect(() => read(body)).toThrow(new ChannelError('channel/malformed'));
});

test('whatever is posted is a message or a channel error', () => {
  fc.assert(
    fc.property(fc.anything(), (body) => {
      try {
        return read(body).visitor === visitor;
      } catch (error) {
        return error instanceof ChannelError;
      }
    }),
  );
});

test('the same client message id of two visitors is two messages', () => {
  const other = webChannel.receive({ visitor: 'b'.repeat(64), body: { clientMessageId, text: 'x' } });
  expect(other.messageId).not.toBe(read({ clientMessageId, text: 'x' }).messageId);
  expect(clientMessageIdOf(other.messageId)).toBe(clientMessageId);
});

test('any number of first page views is one message', () => {
  expect(opened(visitor)).toEqual(opened(visitor));
});

test('options are shown as buttons of their question; a bubble without any has none', () => {
  const option = { key: '1', name: 'no-bids', label: '没有' };
  const question = { id: 'q1', step: 'bid-guard', shows: '', options: [option] } as const;
  expect(webChannel.render({ template: 't', data: {}, question }).choices).toEqual({
    questionId: 'q1',
    options: [option],
  });
  expect(
    webChannel.render({ template: 't', data: {}, question: { ...question, options: [] } }).choices,
  ).toBeUndefined();
  const secret = { kind: 'link-code', codeId: 'c1' } as const;
  expect(webChannel.render({ template: 't', data: {}, secret }).secretCodeId).toBe('c1');
});
