import { afterAll, beforeAll, expect, test } from 'vitest';
import { freshDatabase } from '../tests/database.ts';
import { Prisma, rememberMode, type Store } from './db.ts';

let store: Store;
beforeAll(async () => void (store = await freshDatabase()));
afterAll(() => store.close());

test('the client reads every column of every table', async () => {
  const { rows } = await store.pool.query<{ name: string; columns: string[] }>(
    `select table_name as name, array_agg(column_name::text order by column_name) as columns
     from information_schema.columns where table_schema = 'public' and table_name <> '_prisma_migrations'
     group by table_name order by table_name`,
  );
  const models = Object.values(Prisma.ModelName);
  expect(rows).toHaveLength(models.length);
  for (const model of models) {
    const delegate = model.charAt(0).toLowerCase() + model.slice(1);
    // every scalar column is selected by default
    await (store.db as unknown as Record<string, { findMany(): Promise<unknown[]> }>)[delegate]!.findMany();
    const fields = Object.keys(Prisma[`${model}ScalarFieldEnum`]);
    const counts = rows.map((row) =>
      row.columns.map((column) => column.replace(/_(.)/g, (_, c: string) => c.toUpperCase())),
    );
    expect(counts.map((columns) => columns.toSorted())).toContainEqual(fields.toSorted());
  }
});

test('a database made for evaluation is never used for production', async () => {
  await rememberMode(store.db, 'evaluation');
  await rememberMode(store.db, 'evaluation');
  await expect(rememberMode(store.db, 'production')).rejects.toMatchObject({ code: 'store/other-mode' });
});
