/**
 * One pool of connections for the hot path (SQL of our own) and for Prisma (everything else).
 */
import { PrismaPg } from '@prisma/adapter-pg';
import pg from 'pg';
import { PrismaClient } from './generated/prisma/client.ts';
import { StoreError } from './store-error.ts';

export { Prisma } from './generated/prisma/client.ts';
/** Ordinary access, typed by `prisma/schema.prisma`. */
export type Database = PrismaClient;

/** Eight beat thirty-two on two cores. */
const MOST_CONNECTIONS = 8;
/** Every statement finds its rows by an index, whatever the values: planning again each time would cost more. */
const SESSION = '-c plan_cache_mode=force_generic_plan';

export type StoreAddress =
  { readonly connectionString: string } | { readonly host: string; readonly user: string; readonly database: string };

export interface Store {
  readonly address: StoreAddress;
  readonly pool: pg.Pool;
  readonly db: Database;
  close(): Promise<void>;
}

/**
 * Nothing is sent until the first use.
 *
 * @param onLost a connection that nobody was using broke; the next use opens another
 */
export function openStore(address: StoreAddress, onLost: (error: Error) => void = () => {}): Store {
  const pool = new pg.Pool({ ...address, max: MOST_CONNECTIONS, connectionTimeoutMillis: 10_000, options: SESSION });
  pool.on('error', onLost);
  const db = new PrismaClient({ adapter: new PrismaPg(pool) });
  return {
    address,
    pool,
    db,
    async close() {
      await db.$disconnect();
      await pool.end();
    },
  };
}

/**
 * The database remembers what it was made for, so that evaluation data never becomes somebody's records.
 *
 * @throws StoreError store/other-mode
 */
export async function rememberMode(db: Database, mode: 'evaluation' | 'production'): Promise<void> {
  const { mode: made } = await db.instance.upsert({ where: { only: true }, create: { mode }, update: {} });
  if (made !== mode) throw new StoreError('store/other-mode', `This database was made for ${made}, not for ${mode}.`);
}
