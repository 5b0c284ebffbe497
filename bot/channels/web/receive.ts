/**
 * Reads what a browser posts: one message, named by the browser (`clientMessageId`, a UUID), so that sending it again
 * is sending it once. Forms and JSON have the same fields.
 */
import { z } from 'zod';
import type { Incoming } from '../../talk.ts';
import { ChannelError, type Received } from '../port.ts';

/** A message longer than this is refused with a clear answer. Characters as a reader counts them, roughly: code units. */
export const LONGEST_TEXT = 2000;

export interface WebRequest {
  /** Hash of the visitor's token. */
  readonly visitor: string;
  readonly body: unknown;
}

const Id = z.uuid();
const Fields = z.union([
  z.strictObject({ clientMessageId: Id, questionId: z.string().min(1).max(64), key: z.string().regex(/^\d$/) }),
  z.strictObject({ clientMessageId: Id, text: z.string() }),
  z.strictObject({ clientMessageId: Id, kind: z.literal('picture') }),
]);

/** The first page view of a visitor; any number of them is one. */
export function opened(visitor: string): Received {
  return { messageId: `${visitor}/opened`, visitor, incoming: { kind: 'opened' } };
}

/**
 * @returns a message whose id holds the visitor's own name, so that nobody can use up somebody else's
 * @throws ChannelError channel/malformed, channel/too-long
 */
export function receive({ visitor, body }: WebRequest): Received {
  const fields = Fields.safeParse(body);
  if (!fields.success) throw new ChannelError('channel/malformed', { cause: fields.error });
  return { messageId: `${visitor}/${fields.data.clientMessageId}`, visitor, incoming: incomingOf(fields.data) };
}

/** The browser's own name of a message. */
export function clientMessageIdOf(messageId: string): string {
  return messageId.slice(messageId.lastIndexOf('/') + 1);
}

function incomingOf(fields: z.infer<typeof Fields>): Incoming {
  if ('kind' in fields) return { kind: 'picture' };
  if ('key' in fields) return { kind: 'choice', questionId: fields.questionId, key: fields.key };
  if (fields.text.length > LONGEST_TEXT) throw new ChannelError('channel/too-long');
  return { kind: 'text', text: fields.text };
}
