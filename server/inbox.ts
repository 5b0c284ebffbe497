/**
 * Messages that arrived and wait for their turn. Each is stored once per channel and message id before the platform
 * gets its acknowledgement; what must not be kept is gone before that.
 *
 * Claims are leases: they keep two processes from doing the same work, while what holds is the version that the
 * writer checks.
 */
import { randomUUID } from 'node:crypto';
import type pg from 'pg';
import type { Received } from '../bot/channels/port.ts';
import { FIRST_TALK, type Incoming, type Talk } from '../bot/talk.ts';
import type { ProblemCode } from '../renewal/problem.ts';
import type { Clock } from './clock.ts';
import type { Hint } from './hints.ts';
import { keep } from './masking.ts';
import type { Vault } from './personal/vault.ts';
import { storable } from './storable.ts';

export interface Claimed {
  readonly id: string;
  readonly conversationId: string;
  /** Unique over all channels. */
  readonly messageId: string;
  /** @throws when it was sealed with another master key */
  readonly read: () => Incoming;
  /** Keyed hash of the network address; undefined when nobody sent it. */
  readonly addressIndex: string | undefined;
  /** This one included. */
  readonly attempts: number;
  /** Of the conversation, when the message was taken out. */
  readonly caseId: string | undefined;
}

export interface Inbox {
  /**
   * Stores a message, making the conversation if the visitor is new. Again with the same id it changes nothing.
   *
   * @param address of the network, for limits
   */
  accept(channel: string, received: Received, address: string): Promise<{ readonly conversationId: string }>;
  /**
   * Every conversation that looks at this case takes a turn of its own and looks what to ask.
   *
   * @param because names the occasion: for the same one again nothing happens
   */
  lookAgainAt(caseId: string, because?: string): Promise<void>;
  /** The conversation that waits for this sign-in code learns, once, that it will not come. */
  codeFailed(codeId: string, problem: ProblemCode): Promise<void>;
  /** The oldest message, unless one of this conversation is being dealt with. */
  claim(conversationId: string): Promise<Claimed | undefined>;
  /** Gives it back for later. */
  postpone(id: string, pauseMs: number): Promise<void>;
  /** Conversations with messages that nobody deals with. */
  waiting(): Promise<readonly string[]>;
}

export interface InboxDependencies {
  readonly pool: pg.Pool;
  readonly vault: Vault;
  readonly clock: Clock;
  readonly tell: (hints: readonly Hint[]) => void;
}

/** A turn takes milliseconds; after a kill its message waits no longer than this. */
const LEASE_MS = 3_000;
const MOST_WAITING = 200;

interface Row {
  readonly id: string;
  readonly channel: string;
  readonly message_id: string;
  readonly kind: Incoming['kind'];
  readonly body_sealed: Uint8Array | null;
  readonly address_index: string | null;
  readonly attempts: number;
  readonly case_id: string | null;
}

export function createInbox({ pool, vault, clock, tell }: InboxDependencies): Inbox {
  async function talkOf(channel: string, visitor: string): Promise<Talk | undefined> {
    const { rows } = await pool.query<{ state: Talk }>({
      name: 'talk-of',
      text: 'select state from conversation where channel = $1 and visitor = $2',
      values: [channel, visitor],
    });
    return rows[0]?.state;
  }

  return {
    async accept(channel, { messageId, visitor, incoming }, address) {
      const talk = await talkOf(channel, visitor);
      const kept = keep(incoming, talk?.question?.step);
      const body = vault.seal(JSON.stringify(kept.incoming), sealedFor(channel, messageId));
      const shown = kept.shown ? JSON.stringify(storable(kept.shown)) : null;
      const addressIndex = vault.blindIndex('address', address);
      const { rows } = await pool.query<{ id: string }>({
        name: 'accept-message',
        text: 'select accept_message($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) as id',
        values: [
          ...[randomUUID(), channel, visitor, messageId, kept.incoming.kind, Buffer.from(body), shown, addressIndex],
          ...[JSON.stringify(FIRST_TALK), new Date(clock.now())],
        ],
      });
      const conversationId = rows[0]?.id as string;
      tell([
        { kind: 'inbox', conversationId },
        { kind: 'conversation', conversationId },
      ]);
      return { conversationId };
    },

    async lookAgainAt(caseId, because = randomUUID()) {
      const { rows } = await pool.query<{ conversationId: string }>({
        name: 'look-again-at',
        text: `insert into inbox (id, channel, message_id, conversation_id, kind, received_at)
          select gen_random_uuid(), channel, 'look-again/' || id || '/' || $2, id, 'look-again', $3
          from conversation where case_id = $1 and owner = 'bot'
          on conflict (channel, message_id) do nothing
          returning conversation_id as "conversationId"`,
        values: [caseId, because, new Date(clock.now())],
      });
      tell(rows.map(({ conversationId }) => ({ kind: 'inbox', conversationId })));
    },

    async codeFailed(codeId, problem) {
      const { rows } = await pool.query<{ id: string; channel: string }>(
        'select c.id, c.channel from code o join conversation c on c.id = o.conversation_id where o.id = $1',
        [codeId],
      );
      const [conversation] = rows;
      if (!conversation) return;
      const { id: conversationId, channel } = conversation;
      const messageId = `code-failed/${codeId}`;
      const news: Incoming = { kind: 'code-failed', codeId, problem };
      const body = Buffer.from(vault.seal(JSON.stringify(news), sealedFor(channel, messageId)));
      await pool.query(
        `insert into inbox (id, channel, message_id, conversation_id, kind, body_sealed, received_at)
         values ($1, $2, $3, $4, $5, $6, $7) on conflict (channel, message_id) do nothing`,
        [randomUUID(), channel, messageId, conversationId, news.kind, body, new Date(clock.now())],
      );
      tell([{ kind: 'inbox', conversationId }]);
    },

    async claim(conversationId) {
      const now = clock.now();
      const { rows } = await pool.query<Row>({
        name: 'claim-message',
        text: `update inbox set leased_until = $3, attempts = attempts + 1
          where id = (
            select id from inbox where conversation_id = $1 and done_at is null
              and not exists (
                select from inbox o where o.conversation_id = $1 and o.done_at is null and o.leased_until > $2
              )
            order by received_at, seq nulls first limit 1 for update
          ) and (leased_until is null or leased_until <= $2)
          returning id, channel, message_id, kind, body_sealed, address_index, attempts,
            (select case_id from conversation where id = $1) as case_id`,
        values: [conversationId, new Date(now), new Date(now + LEASE_MS)],
      });
      const row = rows[0];
      return row && claimed(conversationId, row, vault);
    },

    async postpone(id, pauseMs) {
      const until = new Date(clock.now() + pauseMs);
      await pool.query('update inbox set leased_until = $2 where id = $1 and done_at is null', [id, until]);
    },

    async waiting() {
      const { rows } = await pool.query<{ id: string }>({
        name: 'waiting-conversations',
        text: `select conversation_id as id from inbox where done_at is null
          group by conversation_id having bool_and(leased_until is null or leased_until <= $1)
          order by min(received_at) limit ${MOST_WAITING}`,
        values: [new Date(clock.now())],
      });
      return rows.map(({ id }) => id);
    },
  };
}

function claimed(conversationId: string, row: Row, vault: Vault): Claimed {
  const { id, channel, message_id: messageId, body_sealed: body, attempts } = row;
  const read = (): Incoming =>
    body ? (JSON.parse(vault.open(body, sealedFor(channel, messageId))) as Incoming) : { kind: 'look-again' };
  const addressIndex = row.address_index ?? undefined;
  const caseId = row.case_id ?? undefined;
  return { id, conversationId, messageId: `${channel}/${messageId}`, read, addressIndex, attempts, caseId };
}

function sealedFor(channel: string, messageId: string): string {
  return `inbox/${channel}/${messageId}`;
}
