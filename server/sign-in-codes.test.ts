import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { DAY_MS } from '../renewal/calendar.ts';
import { freshDatabase } from '../tests/database.ts';
import type { Store } from './db.ts';
import { createInbox } from './inbox.ts';
import { createVault } from './personal/vault.ts';
import { createSignInCodes, type Issued, type SignInCodes } from './sign-in-codes.ts';

const MOBILE = '13800006027';
const START = Date.parse('2026-06-15T09:00:00+08:00');
const vault = createVault(Buffer.alloc(32, 3));

let now = START;
const clock = { offsetMs: 0, now: () => now };
let store: Store;
let codes: SignInCodes;
let conversationId: string;

beforeAll(async () => {
  store = await freshDatabase();
  codes = createSignInCodes({ db: store.db, vault, clock });
  const inbox = createInbox({ pool: store.pool, vault, clock, tell: () => {} });
  const opened = { messageId: 'v/opened', visitor: 'v', incoming: { kind: 'opened' } } as const;
  conversationId = (await inbox.accept('web', opened, '192.0.2.7')).conversationId;
});
beforeEach(async () => {
  await store.db.code.deleteMany();
  now = START;
});
afterAll(() => store.close());

async function issue(
  change: { codeId?: string; mobile?: string; address?: string } = {},
): Promise<Issued & { codeId: string }> {
  const { codeId = randomUUID(), mobile = MOBILE, address = 'here' } = change;
  return { codeId, ...(await codes.issue({ codeId, mobile, conversationId, addressIndex: address })) };
}

async function issued(): Promise<{ codeId: string; digits: string; wrong: string }> {
  const { codeId } = await issue();
  const { digits } = (await codes.readSmsCode(codeId))!;
  return { codeId, digits, wrong: digits === '000000' ? '000001' : '000000' };
}

const say = () => randomUUID();

test('a code has six digits, is sent to its mobile, and serves five minutes', async () => {
  const { codeId, digits } = await issued();
  expect(digits).toMatch(/^\d{6}$/);
  expect(await codes.readSmsCode(codeId)).toEqual({ mobile: MOBILE, digits, createdAt: START, live: true });
  now = START + 5 * 60_000 - 1;
  expect(await codes.tryCode(codeId, digits, say())).toEqual({ kind: 'right', mobile: MOBILE });
});

test('after five minutes it does not', async () => {
  const { codeId, digits } = await issued();
  now = START + 5 * 60_000;
  expect(await codes.tryCode(codeId, digits, say())).toEqual({ kind: 'expired' });
});

test('neither mobile nor digits can be read in the table', async () => {
  const { codeId, digits } = await issued();
  const { rows } = await store.pool.query<{ row: string }>('select c::text as row from code c where id = $1', [codeId]);
  expect(rows[0]!.row).not.toContain(MOBILE);
  expect(rows[0]!.row).not.toContain(`,${digits},`);
});

test('five tries, counted down; then none helps, not even the right digits', async () => {
  const { codeId, digits, wrong } = await issued();
  for (const triesLeft of [4, 3, 2, 1])
    expect(await codes.tryCode(codeId, wrong, say())).toEqual({ kind: 'wrong', triesLeft });
  expect(await codes.tryCode(codeId, wrong, say())).toEqual({ kind: 'no-tries' });
  expect(await codes.tryCode(codeId, digits, say())).toEqual({ kind: 'no-tries' });
});

test('the same message again is no further try and gets the same verdict', async () => {
  const { codeId, digits, wrong } = await issued();
  const [one, two] = [say(), say()];
  expect(await codes.tryCode(codeId, wrong, one)).toEqual({ kind: 'wrong', triesLeft: 4 });
  expect(await codes.tryCode(codeId, wrong, one)).toEqual({ kind: 'wrong', triesLeft: 4 });
  expect(await codes.tryCode(codeId, digits, two)).toEqual({ kind: 'right', mobile: MOBILE });
  now += DAY_MS;
  expect(await codes.tryCode(codeId, digits, two)).toEqual({ kind: 'right', mobile: MOBILE });
});

test('it signs in once', async () => {
  const { codeId, digits } = await issued();
  const verdicts = await Promise.all([say(), say(), say()].map((message) => codes.tryCode(codeId, digits, message)));
  expect(verdicts.filter(({ kind }) => kind === 'right')).toHaveLength(1);
  expect(await codes.tryCode(codeId, digits, say())).toEqual({ kind: 'expired' });
});

test('however many guess at once, five guesses are taken', async () => {
  const { codeId, wrong } = await issued();
  const verdicts = await Promise.all(Array.from({ length: 20 }, () => codes.tryCode(codeId, wrong, say())));
  expect(verdicts.filter(({ kind }) => kind === 'wrong' || kind === 'no-tries')).toHaveLength(20);
  expect((await store.db.code.findUniqueOrThrow({ where: { id: codeId } })).triedBy).toHaveLength(5);
});

test('a new code ends the one before', async () => {
  const { codeId, digits } = await issued();
  now += 60_000;
  expect((await issue()).kind).toBe('issued');
  expect(await codes.tryCode(codeId, digits, say())).toEqual({ kind: 'expired' });
});

test('the same id again is the same code', async () => {
  const { codeId, digits } = await issued();
  expect((await issue({ codeId })).kind).toBe('issued');
  expect((await codes.readSmsCode(codeId))?.digits).toBe(digits);
});

test.each([
  [0, { kind: 'too-soon', waitSeconds: 60 }],
  [59_001, { kind: 'too-soon', waitSeconds: 1 }],
  [60_000, { kind: 'issued' }],
])('another code to the same mobile after %i ms: %o', async (later, answer) => {
  await issue();
  now = START + later;
  expect(await issue()).toMatchObject(answer);
});

test('five codes to a mobile in an hour, ten in a day', async () => {
  for (let hour = 0; hour < 2; hour++) {
    now = START + hour * 3_600_000;
    for (let i = 0; i < 5; i++) {
      expect((await issue({ address: `a${hour}${i}` })).kind).toBe('issued');
      now += 60_000;
    }
    expect((await issue()).kind).toBe('too-many');
  }
  now = START + DAY_MS - 1;
  expect((await issue()).kind).toBe('too-many');
  now = START + DAY_MS + 61_000;
  expect((await issue()).kind).toBe('issued');
});

test('five codes from an address in a minute, whatever the mobiles', async () => {
  for (let i = 0; i < 5; i++) expect((await issue({ mobile: `1390000000${i}` })).kind).toBe('issued');
  expect((await issue()).kind).toBe('too-many');
  expect((await issue({ address: 'elsewhere' })).kind).toBe('issued');
});

test('a refused code is not kept and does not count', async () => {
  await issue();
  await issue();
  expect(await store.db.code.count()).toBe(1);
});

test('a code that nobody made is expired', async () => {
  expect(await codes.tryCode(randomUUID(), '123456', say())).toEqual({ kind: 'expired' });
  expect(await codes.readSmsCode(randomUUID())).toBeUndefined();
});
