import { afterAll, beforeAll, expect, test } from 'vitest';
import { DAY_MS } from '../renewal/calendar.ts';
import { isVerified } from '../renewal/handler.ts';
import { freshDatabase } from '../tests/database.ts';
import { MOBILE, openOffice, type Office } from '../tests/office.ts';
import type { Store } from './db.ts';
import { createHandlers, type Handlers } from './handlers.ts';

let store: Store;
let office: Office;
let handlers: Handlers;

beforeAll(async () => {
  store = await freshDatabase();
  office = await openOffice(store);
  handlers = createHandlers({ ...office, db: store.db });
});
afterAll(() => store.close());

test('a mobile is one handler, however often and at once it is registered', async () => {
  const mobile = '13900000002';
  const ids = await Promise.all(Array.from({ length: 5 }, () => handlers.register(mobile)));
  expect(new Set(ids).size).toBe(1);
  expect(await store.db.fact.count({ where: { thingId: ids[0]! } })).toBe(1);
  const { handler } = await office.writer.read({ handlerId: ids[0] });
  expect(handler?.state).toEqual({ id: ids[0], mobile: '139****0002', verifiedUntil: 'never' });
});

test('a handler who was known may be verified later', async () => {
  const mobile = '13900000003';
  const now = office.clock.now();
  const id = await handlers.register(mobile);
  expect(await handlers.register(mobile, now + DAY_MS)).toBe(id);
  const { handler } = await office.writer.read({ handlerId: id });
  expect(isVerified(handler!.state, now)).toBe(true);
});

test('a handler without cases has none that go on', async () => {
  expect(await handlers.openCasesOf(office.handlerId)).toEqual([]);
  expect(await handlers.register(MOBILE)).toBe(office.handlerId);
});
