import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import type { Incoming } from '../bot/talk.ts';
import { freshDatabase } from '../tests/database.ts';
import type { Store } from './db.ts';
import type { Hint } from './hints.ts';
import { createInbox, type Inbox } from './inbox.ts';
import { transcript } from './outbox.ts';
import { createVault } from './personal/vault.ts';

const vault = createVault(Buffer.alloc(32, 4));
const told: Hint[] = [];
let now = Date.parse('2026-06-15T09:00:00+08:00');
let store: Store;
let inbox: Inbox;
let visitor: string;

beforeAll(async () => {
  store = await freshDatabase();
  const clock = { offsetMs: 0, now: () => now };
  inbox = createInbox({ pool: store.pool, vault, clock, tell: (hints) => void told.push(...hints) });
});
beforeEach(() => {
  visitor = randomUUID();
  told.splice(0);
});
afterAll(() => store.close());

async function post(incoming: Incoming, messageId: string = randomUUID()): Promise<string> {
  now += 1_000;
  const received = { messageId: `${visitor}/${messageId}`, visitor, incoming };
  return (await inbox.accept('web', received, '192.0.2.7')).conversationId;
}
const text = (words: string) => ({ kind: 'text', text: words }) as const;

test('a visitor has one conversation, whatever comes at once', async () => {
  const ids = await Promise.all(Array.from({ length: 6 }, (_, i) => post(text(`${i}`))));
  expect(new Set(ids).size).toBe(1);
  const { state } = await store.db.conversation.findUniqueOrThrow({ where: { id: ids[0]! } });
  expect(state).toMatchObject({ id: ids[0], channel: 'web', owner: 'bot', signIn: { kind: 'mobile' } });
});

test('the same message id is one message', async () => {
  const id = await post(text('你好'), 'same');
  await post(text('别的'), 'same');
  const lines = await transcript(store.pool, id, 0);
  expect(lines).toMatchObject([{ seq: 1, from: 'customer', shown: { kind: 'text', text: '你好' } }]);
});

test('what was typed can be read with the master key only, and not in the table', async () => {
  const id = await post(text('统一社会信用代码'));
  const { rows } = await store.pool.query<{ row: string }>(
    'select i::text as row from inbox i where conversation_id = $1',
    [id],
  );
  const claimed = (await inbox.claim(id))!;
  expect(claimed.read()).toEqual(text('统一社会信用代码'));
  expect(rows[0]!.row).not.toContain('192.0.2.7');
  const other = createInbox({
    pool: store.pool,
    vault: createVault(Buffer.alloc(32)),
    clock: { offsetMs: 0, now: () => now + 60_000 },
    tell: () => {},
  });
  expect((await other.claim(id))!.read).toThrow();
});

test('a transcript goes on after the last line that was seen, and leaves out what nobody said', async () => {
  const id = await post({ kind: 'opened' });
  await post(text('1'));
  await post({ kind: 'picture' });
  expect((await transcript(store.pool, id, 0)).map(({ seq }) => seq)).toEqual([1, 2]);
  expect((await transcript(store.pool, id, 1)).map(({ seq }) => seq)).toEqual([2]);
});

test('messages are dealt with in the order in which they came, one at a time', async () => {
  const id = await post(text('first'));
  await post(text('second'));
  const first = (await inbox.claim(id))!;
  expect(first.read()).toEqual(text('first'));
  expect(await inbox.claim(id)).toBeUndefined();
  await store.db.inbox.update({ where: { id: first.id }, data: { doneAt: new Date(now) } });
  expect((await inbox.claim(id))!.read()).toEqual(text('second'));
});

test('what a killed process had taken is taken again when its lease has run out', async () => {
  const id = await post(text('1'));
  expect((await inbox.claim(id))?.attempts).toBe(1);
  expect(await inbox.waiting()).not.toContain(id);
  now += 60_000;
  expect(await inbox.waiting()).toContain(id);
  expect((await inbox.claim(id))?.attempts).toBe(2);
});

test('what was postponed waits', async () => {
  const id = await post(text('1'));
  const { id: messageId } = (await inbox.claim(id))!;
  await inbox.postpone(messageId, 5 * 60_000);
  now += 4 * 60_000;
  expect(await inbox.claim(id)).toBeUndefined();
  now += 60_000;
  expect(await inbox.claim(id)).toMatchObject({ id: messageId });
});

test('of many who claim at once, one gets it', async () => {
  const id = await post(text('1'));
  const claims = await Promise.all(Array.from({ length: 8 }, () => inbox.claim(id)));
  expect(claims.filter(Boolean)).toHaveLength(1);
});

test('whoever cares is told of every message', async () => {
  const id = await post(text('1'));
  expect(told).toEqual([
    { kind: 'inbox', conversationId: id },
    { kind: 'conversation', conversationId: id },
  ]);
});
