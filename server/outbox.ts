/** What was said in a conversation, both sides in one order, as its transcript shows it. */
import type pg from 'pg';
import type { Bubble } from '../bot/talk.ts';
import type { Instant } from '../renewal/calendar.ts';
import type { Shown } from './masking.ts';

export type Line =
  | { readonly seq: number; readonly at: Instant; readonly from: 'bot'; readonly bubble: Bubble }
  | {
      readonly seq: number;
      readonly at: Instant;
      readonly from: 'customer';
      readonly messageId: string;
      readonly shown: Shown;
    };

interface Row {
  readonly seq: number;
  readonly at: number;
  readonly bubble: Bubble | null;
  readonly message_id: string;
  readonly shown: Shown;
}

/** @returns the lines after `afterSeq`, in order; none that comes later has a number below theirs */
export async function transcript(pool: pg.Pool, conversationId: string, afterSeq: number): Promise<readonly Line[]> {
  const { rows } = await pool.query<Row>({
    name: 'transcript',
    text: `select seq::float8, extract(epoch from created_at)::float8 * 1000 as at, bubble, null as message_id,
        null::jsonb as shown
      from outbox where conversation_id = $1 and seq > $2
      union all
      select seq::float8, extract(epoch from received_at)::float8 * 1000, null, message_id, shown
      from inbox where conversation_id = $1 and seq > $2
      order by seq`,
    values: [conversationId, afterSeq],
  });
  return rows.map(({ seq, at, bubble, message_id: messageId, shown }) =>
    bubble ? { seq, at, from: 'bot', bubble } : { seq, at, from: 'customer', messageId, shown },
  );
}
