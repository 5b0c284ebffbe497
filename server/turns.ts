/**
 * Runs the turns of conversations: takes a message out of the inbox, reads what the bot needs to know, lets it answer
 * (`bot/turn.ts`), and has the writer commit message, answer and everything that follows from it at once.
 *
 * What uses something up (a try at a code, a match number) or is looked up elsewhere is done between two readings,
 * once per message: whoever is asked about the same message again gives the same answer.
 */
import { problem } from '../bot/reaction.ts';
import { checkNeeded, turn, type Finding, type RegisteredCertificate } from '../bot/turn.ts';
import { drawFor } from './draw.ts';
import { createFindOut, type FindOutDependencies, type NeededCheck } from './find-out.ts';
import type { Hints } from './hints.ts';
import type { Claimed, Inbox } from './inbox.ts';
import type { LinkCodes } from './link-codes.ts';
import type { Log } from './log.ts';
import { OneAtATime } from './one-at-a-time.ts';
import type { Snapshot } from './snapshot.ts';
import { inputOf, planOf } from './turn-input.ts';
import type { Planned, Writer } from './writer.ts';

export interface TurnsDependencies extends FindOutDependencies {
  readonly inbox: Inbox;
  readonly writer: Writer;
  readonly linkCodes: Pick<LinkCodes, 'draw'>;
  readonly hints: Pick<Hints, 'on' | 'onGap' | 'tell'>;
  readonly log: Pick<Log, 'error' | 'warn'>;
}

export interface Turns {
  /** Takes turns whenever a message arrives, until stopped. */
  start(): void;
  /** Deals with everything that waits in a conversation. Never fails: what failed is tried again later. */
  run(conversationId: string): Promise<void>;
  /** Ends after the turns that are under way. */
  stop(): Promise<void>;
}

const LOOK_EVERY_MS = 2_000;
/** Then the customer is told that it did not work. */
const MOST_ATTEMPTS = 5;
const FIRST_PAUSE_MS = 250;

/** What became of a turn, or what has to be known before it can be taken. */
type Tried =
  /** `givenUp`: the case that the customer cancelled. */
  | { readonly kind: 'taken'; readonly givenUp: string | undefined }
  | { readonly kind: 'certificates'; readonly handlerId: string }
  | { readonly kind: 'finding'; readonly check: NeededCheck };

interface Known {
  readonly certificates?: readonly RegisteredCertificate[];
  readonly finding?: Finding;
}

export function createTurns(deps: TurnsDependencies): Turns {
  const { inbox, writer, log } = deps;
  const findOut = createFindOut(deps);
  /** Conversations that are being dealt with; `more` when something came meanwhile. */
  const busy = new Map<string, { more: boolean; done: Promise<void> }>();
  /** Turns about one case: two browsers that hear of the same thing must not each make a link code. */
  const byCase = new OneAtATime();
  const endings: (() => void)[] = [];
  let stopped = false;
  const isStopped = () => stopped;

  async function takeTurn(message: Claimed, known: Known = {}): Promise<void> {
    const { id, conversationId } = message;
    const target = { commandId: `message/${id}`, conversationId };
    // run again because of somebody else's change, certificates must be looked at again too: one may be taken now
    let looked: Known = known;
    const changed = await writer.change<Tried>(target, (read) => {
      const planned = plan(message, read, looked);
      looked = known.finding ? { finding: known.finding } : {};
      return planned;
    });
    if (changed.kind === 'answered') return;
    const tried = changed.value;
    switch (tried.kind) {
      case 'certificates': {
        const certificates = await deps.registry.certificatesOf(tried.handlerId);
        return takeTurn(message, { ...known, certificates });
      }
      case 'finding':
        return takeTurn(message, { ...known, finding: await findOut(tried.check, message) });
      case 'taken':
        // a computer that is at work for it is let go at once
        if (tried.givenUp !== undefined) deps.hints.tell([{ kind: 'effects', caseId: tried.givenUp }]);
    }
  }

  function plan(message: Claimed, read: Snapshot, known: Known): Planned<Tried> {
    const handlerId = read.handler?.state.id;
    if (handlerId && !read.case && !known.certificates)
      return { kind: 'leave', value: { kind: 'certificates', handlerId } };
    const input = inputOf(message.read(), read, known.certificates ?? [], drawFor(deps.vault, message.id));
    const check = known.finding ? undefined : checkNeeded(input);
    if (check && check.kind !== 'none') return { kind: 'leave', value: { kind: 'finding', check } };
    const output = turn(input, known.finding ?? { kind: 'none' });
    const cancelled = output.caseChange?.facts.some(({ type }) => type === 'case-cancelled') ?? false;
    const givenUp = cancelled ? output.caseChange?.id : undefined;
    return {
      kind: 'write',
      value: { kind: 'taken', givenUp },
      plan: planOf(output, message.id, read, deps.linkCodes),
    };
  }

  async function giveUp({ id, conversationId }: Claimed): Promise<void> {
    await writer.change({ commandId: `message/${id}`, conversationId }, ({ conversation }) => {
      if (!conversation) return { kind: 'leave', value: undefined };
      const settled = { talk: conversation.talk, says: [problem('service/busy')], settles: { inboxId: id } };
      return { kind: 'write', value: undefined, plan: settled };
    });
  }

  async function deal(message: Claimed): Promise<void> {
    const { id, conversationId, attempts, caseId = conversationId } = message;
    try {
      await byCase.run(caseId, () => (attempts > MOST_ATTEMPTS ? giveUp(message) : takeTurn(message)));
    } catch (err) {
      log.error({ err, conversationId, inboxId: id, attempts }, 'a turn failed');
      const pauseMs = FIRST_PAUSE_MS * 2 ** attempts;
      await inbox.postpone(id, pauseMs);
      setTimeout(() => void run(conversationId), pauseMs).unref();
    }
  }

  async function drain(conversationId: string): Promise<void> {
    for (let message = await inbox.claim(conversationId); message; message = await inbox.claim(conversationId)) {
      await deal(message);
      if (stopped) return;
    }
  }

  function run(conversationId: string): Promise<void> {
    const under = busy.get(conversationId);
    if (under) {
      under.more = true;
      return under.done;
    }
    if (stopped) return Promise.resolve();
    const mine = { more: true, done: Promise.resolve() };
    busy.set(conversationId, mine);
    mine.done = (async () => {
      try {
        while (takeMore(mine) && !isStopped()) await drain(conversationId);
      } catch (err) {
        log.error({ err, conversationId }, 'messages could not be read');
      } finally {
        busy.delete(conversationId);
      }
    })();
    return mine.done;
  }

  async function runAll(): Promise<void> {
    try {
      for (const conversationId of await inbox.waiting()) void run(conversationId);
    } catch (err) {
      log.warn({ err }, 'waiting messages could not be looked for');
    }
  }

  return {
    run,
    start() {
      const timer = setInterval(() => void runAll(), LOOK_EVERY_MS);
      endings.push(
        () => clearInterval(timer),
        deps.hints.onGap(() => void runAll()),
        deps.hints.on((hint) => {
          if (hint.kind === 'inbox') void run(hint.conversationId);
        }),
      );
      void runAll();
    },
    async stop() {
      stopped = true;
      for (const end of endings) end();
      await Promise.all([...busy.values()].map(({ done }) => done));
    },
  };
}

function takeMore(of: { more: boolean }): boolean {
  const { more } = of;
  of.more = false;
  return more;
}
