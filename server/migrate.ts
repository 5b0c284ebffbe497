/**
 * Brings the database to this release: applies `prisma/migrations/<name>/migration.sql` in the order of their names.
 *
 * Keeps Prisma's own table, checksum and advisory lock, so that `prisma migrate deploy` can take over on a machine
 * that has its engine.
 */
import { createHash, randomUUID } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import type pg from 'pg';
import { StoreError } from './store-error.ts';

/** The advisory lock that Prisma Migrate takes. */
const LOCK = 72707369;

const BOOK = `create table if not exists "_prisma_migrations" (
  "id" varchar(36) primary key not null,
  "checksum" varchar(64) not null,
  "finished_at" timestamptz,
  "migration_name" varchar(255) not null,
  "logs" text,
  "rolled_back_at" timestamptz,
  "started_at" timestamptz not null default now(),
  "applied_steps_count" integer not null default 0
)`;

/**
 * @param folder with one folder a migration
 * @returns the names of those that were applied now
 * @throws StoreError store/newer-than-build, store/migration-edited, store/migration-failed
 */
export async function migrate(pool: pg.Pool, folder: string): Promise<string[]> {
  const names = readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map((entry) => entry.name)
    .sort();
  const client = await pool.connect();
  try {
    await client.query('select pg_advisory_lock($1)', [LOCK]);
    await client.query(BOOK);
    const { rows } = await client.query<{ name: string; checksum: string }>(
      `select migration_name as name, checksum from _prisma_migrations
       where finished_at is not null and rolled_back_at is null`,
    );
    const done = new Map(rows.map((row) => [row.name, row.checksum]));
    const unknown = [...done.keys()].filter((name) => !names.includes(name));
    if (unknown.length > 0)
      throw new StoreError(
        'store/newer-than-build',
        `The database is newer than this release (${unknown.join(', ')}).`,
      );
    const applied = [];
    for (const name of names) if (await apply(client, folder, name, done.get(name))) applied.push(name);
    return applied;
  } finally {
    // the lock goes with the connection
    client.release(true);
  }
}

/** @returns false when it was applied before */
async function apply(client: pg.PoolClient, folder: string, name: string, known: string | undefined): Promise<boolean> {
  const sql = readFileSync(path.join(folder, name, 'migration.sql'), 'utf8');
  const checksum = createHash('sha256').update(sql).digest('hex');
  if (known === checksum) return false;
  if (known !== undefined)
    throw new StoreError('store/migration-edited', `Migration ${name} was edited after this database had applied it.`);
  try {
    await client.query('begin');
    await client.query(sql);
    await client.query(
      `insert into _prisma_migrations (id, checksum, migration_name, finished_at, applied_steps_count)
       values ($1, $2, $3, now(), 1)`,
      [randomUUID(), checksum, name],
    );
    await client.query('commit');
    return true;
  } catch (cause) {
    await client.query('rollback');
    throw new StoreError('store/migration-failed', `Migration ${name} failed: ${(cause as Error).message}`, { cause });
  }
}
