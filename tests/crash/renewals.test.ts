/**
 * Whatever is killed, whenever: a customer who does not give up gets the certificate, one certificate, on a key that
 * still has everything it had, and nobody learns the PIN.
 *
 * CRASH_SEED repeats a run, as far as the machine's own timing lets it; CRASH_RENEWALS makes it longer.
 */
import { randomBytes } from 'node:crypto';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { addDays, shanghaiDate, startOfDay } from '../../renewal/calendar.ts';
import { Product } from '../journeys/product.ts';
import { Books } from './books.ts';
import { Killer, type Kill } from './killer.ts';
import { Operator } from './operator.ts';
import { Secret } from './secret.ts';
import { StubbornCustomer } from './stubborn-customer.ts';
import { TokenReader, type TokenObject } from './token-objects.ts';
import { Victims } from './victims.ts';

const SEED = process.env['CRASH_SEED'] ?? randomBytes(4).toString('hex');
const RENEWALS = Number(process.env['CRASH_RENEWALS'] ?? 3);
const LEAST_KILLS = 3;
const SETTING_UP_MS = 240_000;
/** One renewal with all its restarts, on a machine that has other things to do. */
const PATIENCE_MS = 240_000;
const CHECKS_MS = 60_000;
/** What `script` tells of a program that ended by SIGKILL. */
const KILLED = 128 + 9;
/** No other run's, and not to be met by chance in hex or in a time. */
const PIN = `Zq${randomBytes(6).toString('base64url')}`;

/** Each a day later than the one before: the chat offers nine, the next to end first. Some twenty are in the window. */
const FIRST_DAYS_LEFT = 10;
const today = shanghaiDate(Date.now());
const isoOf = (days: number) => new Date(startOfDay(addDays(today, days))).toISOString();
const CERTIFICATES = Array.from({ length: RENEWALS }, (_, i) => ({
  name: `crash-${i + 1}`,
  unit: `百折示例${i + 1}号建设有限公司`,
  uscc: '91371400MA3XQ01D7Q',
  notBefore: isoOf(FIRST_DAYS_LEFT + i - 365),
  notAfter: isoOf(FIRST_DAYS_LEFT + i),
  // no label is the beginning of another: pkcs11-tool would take either
  token: `CRASH-${String(i + 1).padStart(2, '0')}`,
}));

/** Aborted at the end, or with the fault that makes going on pointless. */
const over = new AbortController();
const product = new Product(CERTIFICATES, PIN);
const operator = new Operator(product);
const secret = new Secret(PIN);
const processesWithPin = new Set<string>();
const keysBefore = new Map<string, readonly TokenObject[]>();
const toClose: (() => Promise<void>)[] = [];
let customer: StubbornCustomer;
let killer: Killer;
let books: Books;

beforeAll(async () => {
  console.log(`CRASH_SEED=${SEED}`);
  await operator.start();
  for (const { token } of CERTIFICATES) keysBefore.set(token, keyOf(token).objects());
  books = await Books.open(product);
  toClose.push(() => books.close());
  customer = new StubbornCustomer(product, product.env(), PIN);
  toClose.push(() => customer.desk.close());
  killer = new Killer(SEED, new Victims(product, operator, customer.desk));
  // codes by SMS are few: the customer signs in once
  await customer.signIn(over.signal);
  operator.keepRunning(over.signal).catch((fault: unknown) => over.abort(fault));
  lookForPin().catch(() => undefined);
}, SETTING_UP_MS);

afterAll(async () => {
  over.abort();
  for (const close of toClose) await close();
  await product.dispose();
}, SETTING_UP_MS);

test.each(CERTIFICATES)(
  '$name, renewed under fire, is one certificate on one new key',
  async ({ unit, token }) => {
    const kills = await renewUnderFire(unit);
    console.log(`${unit}: ${kills.map(tell).join('; ')}`);
    expect(kills.length).toBeGreaterThanOrEqual(LEAST_KILLS);

    const { serial, certificate } = await onRecord(unit);
    expect(await books.successorsOf(unit)).toEqual([serial]);
    expect(books.issuedTo(unit)).toEqual({ issued: [expect.any(String), expect.any(String)], revoked: [] });
    onKey(token, certificate);
  },
  PATIENCE_MS + CHECKS_MS,
);

test('every agent that ended had been killed', () => {
  expect(customer.desk.endings.filter((code) => code !== KILLED)).toEqual([]);
});

test(
  'the PIN stands in no file, no row and no process',
  async () => {
    // the plan and the demo's card tell it to whoever tries the product, which also shows that we would find it
    const told = ['demo.json', 'plan.json'].map((name) => path.join(product.folder, name));
    const folders = new Set([product.folder, await books.databaseFolder()]);
    expect([...folders].flatMap((folder) => secret.filesIn(folder)).sort()).toEqual(told);
    expect((await books.dump()).filter((row) => secret.isIn(row))).toEqual([]);
    expect([...processesWithPin]).toEqual([]);
    expect(customer.acts).toContain('pin');
  },
  CHECKS_MS,
);

/** @returns when the page says that it is done, and everything that was killed runs again */
async function renewUnderFire(unit: string): Promise<readonly Kill[]> {
  const done = new AbortController();
  const patience = AbortSignal.any([over.signal, AbortSignal.timeout(PATIENCE_MS)]);
  const following = killer.follow(customer, AbortSignal.any([patience, done.signal]));
  try {
    await customer.renew(unit, patience);
    done.abort();
    await operator.allRuns(patience);
    return await following;
  } catch (cause) {
    const kills = await following.catch(() => []);
    const seen = `killed: ${kills.map(tell).join('; ')}\nthe chat:\n${customer.transcript}\nthe screen:\n${customer.desk.shown}`;
    const fault = new Error(`${unit} was not renewed\n${seen}`, { cause });
    over.abort(fault);
    throw fault;
  }
}

/** One case, verified, and its facts tell the same. */
async function onRecord(unit: string): Promise<{ readonly serial: string; readonly certificate: string }> {
  const cases = await books.confirmedCasesOf(unit, over.signal);
  expect(cases).toHaveLength(1);
  const { state, replayed, chain } = cases[0]!;
  expect(chain).toEqual({ kind: 'whole' });
  expect(replayed).toEqual(state);
  expect(state.verifying.kind).toBe('verified');
  if (state.issuance.kind !== 'issued') throw new Error(`verified and ${state.issuance.kind}`);
  return state.issuance;
}

/** Everything that was there, and beside it one pair with the certificate that was issued. */
function onKey(token: string, certificate: string): void {
  const before = keysBefore.get(token) ?? [];
  const key = keyOf(token);
  const now = key.objects();
  expect(now).toEqual(expect.arrayContaining([...before]));
  const added = now.filter(({ description }) => !before.some((old) => old.description === description));
  expect(added.map(({ kind }) => kind).sort()).toEqual(['Certificate', 'Private Key', 'Public Key']);
  const [id = '', ...otherIds] = new Set(added.map((object) => object.id));
  expect(otherIds).toEqual([]);
  expect(before.map((old) => old.id)).not.toContain(id);
  const written = key.certificate(id);
  expect(written.raw.toString('base64')).toBe(certificate);
  expect(written.publicKey.equals(key.publicKey(id))).toBe(true);
}

/** Whenever the customer has done something, so also when the PIN was just typed. */
async function lookForPin(): Promise<void> {
  for (;;) {
    await customer.hasDone(customer.acts.length + 1, over.signal);
    for (const found of secret.processes()) processesWithPin.add(found);
  }
}

function keyOf(token: string): TokenReader {
  return new TokenReader(product, token, PIN);
}

function tell({ victim, after, atMs }: Kill): string {
  return `${victim} after "${after}" at ${(atMs / 1000).toFixed(1)} s`;
}
