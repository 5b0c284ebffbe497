/** The house as the web chat sees it (`pages/ports.ts`): one channel's inbox, its transcript and where it stands. */
import type pg from 'pg';
import type { Clock } from './clock.ts';
import type { Database } from './db.ts';
import type { Hints } from './hints.ts';
import type { Inbox } from './inbox.ts';
import type { LinkCodes } from './link-codes.ts';
import { transcript } from './outbox.ts';
import type { ChatHouse } from './pages/ports.ts';
import type { Turns } from './turns.ts';
import type { Writer } from './writer.ts';

const CHANNEL = 'web';
/** After such a pause the open question may be another. */
const LONG_MS = 5 * 60_000;

export interface ChatHouseDependencies {
  readonly db: Database;
  readonly pool: pg.Pool;
  readonly writer: Writer;
  readonly inbox: Inbox;
  readonly turns: Pick<Turns, 'run'>;
  readonly hints: Hints;
  readonly linkCodes: LinkCodes;
  readonly clock: Pick<Clock, 'now'>;
}

export function chatHouse({
  db,
  pool,
  writer,
  inbox,
  turns,
  hints,
  linkCodes,
  clock,
}: ChatHouseDependencies): ChatHouse {
  return {
    accept: (received, address) => inbox.accept(CHANNEL, received, address),

    async conversationOf(visitor) {
      const where = { channel_visitor: { channel: CHANNEL, visitor } };
      return (await db.conversation.findUnique({ where, select: { id: true } }))?.id;
    },

    async comeBack(visitor, address) {
      const where = { channel_visitor: { channel: CHANNEL, visitor } };
      const found = await db.conversation.findUnique({ where, select: { id: true, changedAt: true } });
      if (!found) return undefined;
      const { id, changedAt } = found;
      if (clock.now() - changedAt.getTime() > LONG_MS) {
        // the same pause is ended once, however many pages are opened
        const messageId = `${visitor}/came-back/${changedAt.getTime()}`;
        await inbox.accept(CHANNEL, { messageId, visitor, incoming: { kind: 'opened' } }, address);
        await turns.run(id);
      }
      return id;
    },

    transcript: (conversationId, afterSeq) => transcript(pool, conversationId, afterSeq),

    async standing(conversationId) {
      const { conversation, case: known, policy, link, now } = await writer.read({ commandId: '', conversationId });
      const talk = conversation?.talk;
      return {
        openQuestionId: talk?.question?.id,
        situation: { case: known?.state, policy, now, live: { signedIn: talk?.handlerId !== undefined, link } },
      };
    },

    subscribe(conversationId, onNews) {
      const stops = [
        hints.on((hint) => {
          if (hint.kind === 'conversation' && hint.conversationId === conversationId) onNews();
        }),
        hints.onGap(onNews),
      ];
      return () => {
        for (const stop of stops) stop();
      };
    },

    reveal: (codeId) => linkCodes.reveal(codeId),
  };
}
