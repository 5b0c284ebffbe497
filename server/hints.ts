/**
 * After a commit, whoever may care is told that there is something to look at: this process at once, the others by
 * PostgreSQL's NOTIFY. The truth is in the tables, so a lost hint costs a moment; everybody also looks from time to
 * time.
 *
 * Sent after the commit and not in it: a transaction that notifies holds a lock through its commit that all others
 * of its kind wait for, so that no two would share a write to the disk.
 */
import { randomUUID } from 'node:crypto';
import { EventEmitter } from 'node:events';
import pg from 'pg';
import { z } from 'zod';
import type { StoreAddress } from './db.ts';
import type { Log } from './log.ts';

const Hint = z.discriminatedUnion('kind', [
  /** A message waits for its turn. */
  z.object({ kind: z.literal('inbox'), conversationId: z.string() }),
  /** The transcript, or where it stands, is another. */
  z.object({ kind: z.literal('conversation'), conversationId: z.string() }),
  /** The bridge has something to do for this case. */
  z.object({ kind: z.literal('effects'), caseId: z.string() }),
  /** Effects of other kinds wait. */
  z.object({ kind: z.literal('work') }),
  /** A link's row is another. */
  z.object({ kind: z.literal('link'), linkId: z.string() }),
]);
export type Hint = z.infer<typeof Hint>;

export interface Hints {
  /** Tells this process now, the others soon. Never fails. */
  readonly tell: (hints: readonly Hint[]) => void;
  /** @returns how to stop listening */
  readonly on: (listener: (hint: Hint) => void) => () => void;
  /** Called whenever hints may have been missed, also at the start: look at everything. */
  readonly onGap: (listener: () => void) => () => void;
  /** Resolves once other processes are heard. */
  readonly start: () => Promise<void>;
  readonly stop: () => Promise<void>;
}

const CHANNEL = 'xuqi';
const RECONNECT_PAUSE_MS = 1_000;
/** NOTIFY takes less than 8,000 bytes. */
const MOST_IN_ONE = 40;

const Payload = z.object({ from: z.string(), hints: z.array(Hint) });

export function createHints(address: StoreAddress, log: Pick<Log, 'warn'>): Hints {
  const me = randomUUID();
  const emitter = new EventEmitter<{ hint: [Hint]; gap: [] }>().setMaxListeners(0);
  let waiting = new Map<string, Hint>();
  let sending: Promise<void> | undefined;
  let client: pg.Client | undefined;
  let reconnect: NodeJS.Timeout | undefined;
  let stopped = false;

  /** What comes while a batch is on its way goes with the next. */
  async function send(): Promise<void> {
    // nobody hears: others look by themselves
    if (!client) waiting.clear();
    while (client && waiting.size > 0) {
      const batch = [...waiting.values()];
      waiting = new Map();
      for (let i = 0; i < batch.length; i += MOST_IN_ONE) {
        const payload = JSON.stringify({ from: me, hints: batch.slice(i, i + MOST_IN_ONE) });
        await client.query({ name: 'notify', text: 'select pg_notify($1, $2)', values: [CHANNEL, payload] });
      }
    }
  }

  function hear(text: string): void {
    const payload = Payload.safeParse(parsed(text));
    if (!payload.success || payload.data.from === me) return;
    for (const hint of payload.data.hints) emitter.emit('hint', hint);
  }

  async function listen(): Promise<void> {
    const fresh = new pg.Client(address);
    fresh.on('notification', ({ payload }) => {
      hear(payload ?? '');
    });
    fresh.on('error', (err) => {
      log.warn({ err }, 'hints of other processes are not heard');
    });
    fresh.on('end', listenLater);
    await fresh.connect();
    await fresh.query(`listen ${CHANNEL}`);
    client = fresh;
    emitter.emit('gap');
  }

  function listenLater(): void {
    client = undefined;
    if (stopped || reconnect) return;
    reconnect = setTimeout(() => {
      reconnect = undefined;
      listen().catch(listenLater);
    }, RECONNECT_PAUSE_MS);
  }

  return {
    tell(hints) {
      for (const hint of hints) {
        waiting.set(JSON.stringify(hint), hint);
        emitter.emit('hint', hint);
      }
      sending ??= send()
        .catch((err: unknown) => {
          log.warn({ err }, 'hints could not be sent');
        })
        .finally(() => (sending = undefined));
    },
    on(listener) {
      emitter.on('hint', listener);
      return () => emitter.off('hint', listener);
    },
    onGap(listener) {
      emitter.on('gap', listener);
      return () => emitter.off('gap', listener);
    },
    start: listen,
    async stop() {
      stopped = true;
      clearTimeout(reconnect);
      await sending;
      await client?.end();
    },
  };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
