import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { freshDatabase } from '../tests/database.ts';
import { createClock } from './clock.ts';
import type { Store } from './db.ts';
import { createLinkCodes, type LinkCodes } from './link-codes.ts';
import { createVault } from './personal/vault.ts';

const NOTHING = () => Promise.resolve();
const clock = createClock();

let store: Store;
let linkCodes: LinkCodes;
beforeAll(async () => {
  store = await freshDatabase();
  linkCodes = createLinkCodes({ db: store.db, vault: createVault(Buffer.alloc(32, 9)), clock });
});
afterAll(() => store.close());

/** Digits that a chat shows. */
async function shown(): Promise<{ digits: string; codeId: string; caseId: string }> {
  const [codeId, caseId, conversationId] = [randomUUID(), randomUUID(), randomUUID()];
  const at = new Date(clock.now());
  const talk = { channel: 'web', owner: 'bot', version: 1, state: {}, createdAt: at, changedAt: at };
  await store.db.conversation.create({ data: { ...talk, id: conversationId, visitor: conversationId } });
  const { hash, sealed, expiresAt } = linkCodes.draw({ codeId, caseId }, clock.now());
  const code = { purpose: 'link', conversationId, caseId, triesLeft: 1, createdAt: at };
  await store.db.code.create({
    data: {
      ...{ ...code, id: codeId, expiresAt: new Date(expiresAt) },
      hash: new Uint8Array(hash),
      sealed: new Uint8Array(sealed),
    },
  });
  return { digits: (await linkCodes.reveal(codeId))!, codeId, caseId };
}

test('a code is right once, and what follows from it is told whose it was', async () => {
  const { digits, codeId, caseId } = await shown();
  const told: unknown[] = [];
  const used = await linkCodes.useLinkCode(digits, async (_, code) => void told.push(code));
  expect([used.kind, told]).toEqual(['right', [{ codeId, caseId }]]);
  expect((await linkCodes.useLinkCode(digits, NOTHING)).kind).toBe('expired');
  expect(await linkCodes.reveal(codeId)).toBeUndefined();
});

test('a process that ends before anything followed from the code leaves it usable', async () => {
  const { digits, codeId } = await shown();
  await expect(linkCodes.useLinkCode(digits, () => Promise.reject(new Error('killed')))).rejects.toThrow('killed');
  expect(await linkCodes.reveal(codeId)).toBe(digits);
  expect((await linkCodes.useLinkCode(digits, NOTHING)).kind).toBe('right');
});

test('of two computers that type it at once one is right', async () => {
  const { digits } = await shown();
  const both = await Promise.all([linkCodes.useLinkCode(digits, NOTHING), linkCodes.useLinkCode(digits, NOTHING)]);
  expect(both.map(({ kind }) => kind).sort()).toEqual(['expired', 'right']);
});
