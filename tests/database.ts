/**
 * The database of the tests: one server for the run, in a folder of its own, or the one of `TEST_DATABASE_URL`. Every
 * test file takes a copy of a migrated template (`freshDatabase`), which costs some 30 ms.
 */
import { randomBytes } from 'node:crypto';
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import pg from 'pg';
import type { TestProject } from 'vitest/node';
import { inject } from 'vitest';
import { openStore, type Store, type StoreAddress } from '../server/db.ts';
import { startEmbeddedPostgres } from '../server/embedded-postgres.ts';
import { migrate } from '../server/migrate.ts';

export const MIGRATIONS = fileURLToPath(new URL('../prisma/migrations', import.meta.url));

declare module 'vitest' {
  interface ProvidedContext {
    readonly testServer: { readonly address: StoreAddress; readonly template: string };
  }
}

interface TestServer {
  readonly address: StoreAddress;
  readonly template: string;
  readonly stop: () => Promise<void>;
}

/** Shared by all projects of a run, which live in one process. */
const shared = globalThis as { xuqiTestServer?: { users: number; started: Promise<TestServer> } | undefined };

export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const server = (shared.xuqiTestServer ??= { users: 0, started: start() });
  server.users += 1;
  const { address, template, stop } = await server.started;
  project.provide('testServer', { address, template });
  return async () => {
    server.users -= 1;
    if (server.users > 0) return;
    shared.xuqiTestServer = undefined;
    await stop();
  };
}

/** A database of its own, migrated and empty. `close` removes it. */
export async function freshDatabase(): Promise<Store> {
  const { address, template } = inject('testServer');
  const name = `test_${randomBytes(8).toString('hex')}`;
  await onServer(address, `create database ${name} template ${template}`);
  const store = openStore(withName(address, name));
  return {
    ...store,
    async close() {
      await store.close();
      await onServer(address, `drop database ${name} with (force)`);
    },
  };
}

async function start(): Promise<TestServer> {
  const server = process.env['TEST_DATABASE_URL']
    ? { address: { connectionString: process.env['TEST_DATABASE_URL'] }, stop: () => Promise.resolve() }
    : await startPrivateServer();
  const template = `template_${randomBytes(8).toString('hex')}`;
  await onServer(server.address, `create database ${template}`);
  const store = openStore(withName(server.address, template));
  await migrate(store.pool, MIGRATIONS);
  await store.close();
  return {
    address: server.address,
    template,
    stop: async () => {
      await onServer(server.address, `drop database ${template}`);
      await server.stop();
    },
  };
}

async function startPrivateServer() {
  const folder = mkdtempSync(path.join(tmpdir(), 'xuqi-test-'));
  chmodSync(folder, 0o755); // root's server runs as another user
  const server = await startEmbeddedPostgres(path.join(folder, 'postgres'));
  return {
    address: server.address,
    stop: async () => {
      await server.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

function withName(address: StoreAddress, database: string): StoreAddress {
  if (!('connectionString' in address)) return { ...address, database };
  const url = new URL(address.connectionString);
  url.pathname = `/${database}`;
  return { connectionString: url.href };
}

async function onServer(address: StoreAddress, statement: string): Promise<void> {
  const client = new pg.Client(address);
  await client.connect();
  try {
    await client.query(statement);
  } finally {
    await client.end();
  }
}
