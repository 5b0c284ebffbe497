/**
 * The house: everything that runs on one server, in the order that it needs each other, and how it ends. Nothing
 * here decides anything; it hands each part what it needs.
 */
import { renameSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { createApp } from './app.ts';
import { openBridge, type Bridge } from './bridge/bridge.ts';
import { serverKeys, type ServerKeys } from './bridge/server-keys.ts';
import { childEnv } from './child-env.ts';
import { clientAddress } from './client-address.ts';
import { createClock } from './clock.ts';
import type { Config } from './config.ts';
import { openStore, rememberMode, type StoreAddress } from './db.ts';
import { confirmHandler } from './effects/confirm.ts';
import { issueHandler } from './effects/issue.ts';
import { revokeHandler } from './effects/revoke.ts';
import { createRunner } from './effects/runner.ts';
import { smsEffect } from './effects/sms.ts';
import { startCaProcess, type CaProcess } from './embedded-ca/process.ts';
import { startEmbeddedPostgres } from './embedded-postgres.ts';
import { createHandlers } from './handlers.ts';
import { createHints } from './hints.ts';
import { createInbox } from './inbox.ts';
import { openKeys } from './keys.ts';
import { createLinkCodes } from './link-codes.ts';
import type { Log } from './log.ts';
import { migrate } from './migrate.ts';
import { chatHouse } from './chat-house.ts';
import { createVault } from './personal/vault.ts';
import { embeddedCa } from './providers/ca/embedded.ts';
import { aliyunSms } from './providers/sms/aliyun.ts';
import { createRegistry } from './registry.ts';
import { createSignInCodes } from './sign-in-codes.ts';
import { createTimers } from './timers.ts';
import { createTurns } from './turns.ts';
import { createWriter, type Writer } from './writer.ts';

export interface House {
  readonly port: number;
  /** Takes no more requests, lets what runs finish, and closes everything in order. */
  stop(): Promise<void>;
}

/** Everything that the CA's process reads of the environment. */
const CA_READS = ['MODE', 'CLOCK_OFFSET', 'CA_PASSPHRASE'];

/** A request has arrived whole by then; answers and streams may take longer. */
const REQUEST_WITHIN_MS = 15_000;

const MIGRATIONS = fileURLToPath(new URL('../prisma/migrations', import.meta.url));

/**
 * @throws StoreError and Error with a sentence for whoever starts the server
 */
export async function startHouse(config: Config, log: Log): Promise<House> {
  const clock = createClock(config.clockOffsetMs);
  const keys = openKeys(config);
  const vault = createVault(keys.master);
  const bridgeKeys = serverKeys(keys.bridge.current, keys.bridge.next);

  const [database, ca] = await Promise.all([openDatabase(config), startCa(config, log)]);
  const store = openStore(database.address, (err) => log.warn({ err }, 'a database connection broke'));
  const { db, pool } = store;
  await migrate(pool, MIGRATIONS);
  await rememberMode(db, config.mode);

  const hints = createHints(database.address, log);
  const { tell } = hints;
  const writer = createWriter({ pool, clock, tell });
  const inbox = createInbox({ pool, vault, clock, tell });
  const linkCodes = createLinkCodes({ db, vault, clock });
  const signInCodes = createSignInCodes({ db, vault, clock });
  const registry = createRegistry({ db, clock });
  const handlers = createHandlers({ db, writer, vault });

  const report: Writer['report'] = (...news) => writer.report(...news);
  const bridge = openBridge(
    {
      ...{ db, clock, log, vault, inbox, hints, report },
      useLinkCode: (...claim) => linkCodes.useLinkCode(...claim),
      readCase: async (caseId) => (await writer.read({ commandId: '', caseId })).case?.state,
    },
    { keys: bridgeKeys, pinned: [ca.root], addressOf: clientAddress },
  );

  const authority = embeddedCa(config.caSocket);
  const sender = aliyunSms({ ...config.sms, now: () => clock.now() });
  const runner = createRunner({
    ...{ pool, clock, hints, log, report },
    handlers: [
      smsEffect({
        sender,
        readCode: (codeId) => signInCodes.readSmsCode(codeId),
        tellFailure: (...news) => inbox.codeFailed(...news),
      }),
      issueHandler({ ca: authority, db, pinned: [ca.root], clock, log }),
      revokeHandler({ ca: authority, db }),
      confirmHandler({ ca: authority }),
    ],
  });
  const timers = createTimers({ pool, clock, log, writer, tell });
  const { links } = bridge;
  const turns = createTurns({ inbox, writer, linkCodes, hints, log, signInCodes, registry, handlers, links, vault });

  const app = createApp({
    chat: chatHouse({ db, pool, writer, inbox, turns, hints, linkCodes, clock }),
    ready: async () => (await db.instance.count()) === 1,
    log,
    evaluation: config.mode === 'evaluation',
    https: config.publicUrl.startsWith('https:'),
  });
  const server = createServer({ requestTimeout: REQUEST_WITHIN_MS, headersTimeout: REQUEST_WITHIN_MS }, app);
  bridge.attach(server);
  await hints.start();
  for (const worker of [turns, runner, timers]) worker.start();
  const port = await listen(server, config);
  if (config.mode === 'evaluation') introduceToAgents(config, port, bridgeKeys, ca);

  return {
    port,
    async stop() {
      await close(server, bridge);
      for (const worker of [turns, runner, timers]) await worker.stop();
      await hints.stop();
      await ca.stop();
      await store.close();
      await database.stop();
    },
  };
}

interface OpenedDatabase {
  readonly address: StoreAddress;
  stop(): Promise<void>;
}

async function openDatabase({ databaseUrl, dataDir }: Config): Promise<OpenedDatabase> {
  if (databaseUrl === undefined) return startEmbeddedPostgres(path.join(dataDir, 'postgres'));
  return { address: { connectionString: databaseUrl }, stop: () => Promise.resolve() };
}

function startCa(config: Config, log: Log): Promise<CaProcess> {
  return startCaProcess({
    env: { ...childEnv(CA_READS), DATA_DIR: config.dataDir, CA_SOCKET: config.caSocket },
    complained: (said) => log.error({ said }, 'the certificate authority complains'),
    execArgv: process.execArgv,
  });
}

function listen(server: Server, { host, port }: Config): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject).listen(port, host, () => {
      const address = server.address();
      resolve(typeof address === 'object' && address ? address.port : port);
    });
  });
}

function close(server: Server, bridge: Bridge): Promise<void> {
  bridge.stop();
  return new Promise((resolve) => {
    server.close(() => resolve());
    // streams stay open for as long as a customer looks; they come back to the next process
    server.closeAllConnections();
  });
}

/** What the development agent on this machine needs to know, as a packaged one has it inside. */
function introduceToAgents({ host, dataDir }: Config, port: number, keys: ServerKeys, ca: CaProcess): void {
  const file = path.join(dataDir, 'bridge.json');
  const introduction = {
    server: `ws://${host === '0.0.0.0' ? '127.0.0.1' : host}:${port}/bridge`,
    pinnedKeys: keys.pinned,
    serverId: keys.keyId,
    issuers: [ca.root.der.toString('base64')],
  };
  writeFileSync(`${file}.new`, JSON.stringify(introduction));
  renameSync(`${file}.new`, file);
}
