import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { freshDatabase } from '../tests/database.ts';
import type { Store } from './db.ts';
import { storable, storableJson } from './storable.ts';

let store: Store;
beforeAll(async () => void (store = await freshDatabase()));
afterAll(() => store.close());

test('whatever anybody typed, the database keeps it and gives it back', async () => {
  const typed = fc.jsonValue({ stringUnit: 'binary' });
  await fc.assert(
    fc.asyncProperty(typed, async (value) => {
      const { rows } = await store.pool.query<{ v: unknown }>('select $1::jsonb as v', [storableJson(value)]);
      expect(JSON.stringify(sorted(rows[0]!.v))).toBe(JSON.stringify(sorted(storable(value))));
    }),
    { numRuns: 300 },
  );
});

test.each([
  ['a\0b', 'a\ufffdb'],
  ['\ud83d', '\ufffd'],
  ['\udc00x', '\ufffdx'],
  ['😀', '😀'],
])('%j is kept as %j', (typed, kept) => {
  expect(storable({ [typed]: [typed] })).toEqual({ [kept]: [kept] });
});

/** `jsonb` orders keys, and -0 is 0. */
function sorted(value: unknown): unknown {
  if (Object.is(value, -0)) return 0;
  if (Array.isArray(value)) return value.map(sorted);
  if (value === null || typeof value !== 'object') return value;
  const entries = Object.entries(value).map(([key, of]) => [key, sorted(of)] as const);
  return Object.fromEntries(entries.sort(([a], [b]) => (a < b ? -1 : 1)));
}
