/** The house as the web chat sees it (`pages/ports.ts`): one channel's inbox, its transcript and where it stands. */
import type pg from 'pg';
import type { Database } from './db.ts';
import type { Hints } from './hints.ts';
import type { Inbox } from './inbox.ts';
import type { LinkCodes } from './link-codes.ts';
import { transcript } from './outbox.ts';
import type { ChatHouse } from './pages/ports.ts';
import type { Writer } from './writer.ts';

const CHANNEL = 'web';

export interface ChatHouseDependencies {
  readonly db: Database;
  readonly pool: pg.Pool;
  readonly writer: Writer;
  readonly inbox: Inbox;
  readonly hints: Hints;
  readonly linkCodes: LinkCodes;
}

export function chatHouse({ db, pool, writer, inbox, hints, linkCodes }: ChatHouseDependencies): ChatHouse {
  return {
    accept: (received, address) => inbox.accept(CHANNEL, received, address),

    async conversationOf(visitor) {
      const where = { channel_visitor: { channel: CHANNEL, visitor } };
      return (await db.conversation.findUnique({ where, select: { id: true } }))?.id;
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
