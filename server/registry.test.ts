import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { DAY_MS } from '../renewal/calendar.ts';
import { freshDatabase } from '../tests/database.ts';
import { openOffice, type Office } from '../tests/office.ts';
import { createClock } from './clock.ts';
import type { Store } from './db.ts';
import { createHandlers } from './handlers.ts';
import { createRegistry, type Registry } from './registry.ts';

let store: Store;
let office: Office;
let registry: Registry;
let now = Date.now();

beforeAll(async () => {
  store = await freshDatabase();
  office = await openOffice(store);
  registry = createRegistry({ db: store.db, clock: { ...createClock(), now: () => now } });
});
afterAll(() => store.close());

const ask = (
  value: string,
  by: 'uscc' | 'serial' = 'serial',
  change: { messageId?: string; addressIndex?: string } = {},
) => registry.query({ by, value, messageId: randomUUID(), addressIndex: randomUUID(), ...change });

test('a handler sees the certificates of the own mobile, those that end first in front', async () => {
  const [later, sooner] = [
    await office.certificate({ notAfter: now + 40 * DAY_MS }),
    await office.certificate({ notAfter: now - DAY_MS, status: 'suspended' }),
  ];
  await office.certificate({ mobile: '13900000000' });
  const seen = await registry.certificatesOf(office.handlerId);
  expect(seen.map(({ id, status, liveCase }) => ({ id, status, liveCase }))).toEqual([
    { id: sooner, status: 'suspended', liveCase: 'none' },
    { id: later, status: 'good', liveCase: 'none' },
  ]);
  expect(seen[0]?.policy.projectName).toBe('测试项目');
});

test('a certificate that was replaced is told by its successor, unless that was revoked', async () => {
  const mobile = '13900000001';
  const handlerId = await createHandlers({ ...office, db: store.db }).register(mobile);
  const [old, unwanted, renewed] = [
    await office.certificate({ mobile }),
    await office.certificate({ mobile, status: 'revoked', notAfter: now + 385 * DAY_MS }),
    await office.certificate({ mobile, notAfter: now + 386 * DAY_MS }),
  ];
  const ids = async () => (await registry.certificatesOf(handlerId)).map(({ id }) => id);
  await store.db.certificate.update({ where: { id: unwanted }, data: { replacesId: old } });
  expect(await ids()).toContain(old);
  await store.db.certificate.update({ where: { id: renewed }, data: { replacesId: old } });
  expect(await ids()).not.toContain(old);
});

test('anybody may ask by serial or USCC, in any case of letters, and learns no name', async () => {
  const [serial, uscc] = ['ABCDEF0123456789', '91371400MA3QUERY11'];
  await office.certificate({ serial, uscc });
  const answer = await ask(serial.toLowerCase());
  expect(answer).toMatchObject({ verdict: 'answered', answers: [{ serialTail: '6789', status: 'good' }] });
  expect(JSON.stringify(answer)).not.toContain('测试单位');
  expect(await ask(uscc, 'uscc')).toMatchObject({ verdict: 'answered', answers: [{ serialTail: '6789' }] });
  expect(await ask('FFFF')).toMatchObject({ verdict: 'answered', answers: [] });
});

test('ten questions from an address in a minute; the same message counts once', async () => {
  const [addressIndex, messageId] = [randomUUID(), randomUUID()];
  for (let i = 0; i < 3; i++) await ask('FFFF', 'serial', { addressIndex, messageId });
  for (let i = 0; i < 9; i++) expect((await ask('FFFF', 'serial', { addressIndex })).verdict).toBe('answered');
  expect((await ask('FFFF', 'serial', { addressIndex })).verdict).toBe('too-many');
  now += 60_000;
  expect((await ask('FFFF', 'serial', { addressIndex })).verdict).toBe('answered');
});
