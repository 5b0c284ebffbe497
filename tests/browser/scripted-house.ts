/**
 * A house whose conversation is a script, for what the pages alone promise: what they show, take and refuse. The
 * conversation itself is tested where it lives.
 */
import type { Received } from '../../bot/channels/port.ts';
import type { Bubble, Incoming, Option } from '../../bot/talk.ts';
import type { Shown } from '../../server/masking.ts';
import type { ChatHouse, Entry, Standing } from '../../server/pages/ports.ts';

export const MORNING = Date.parse('2026-05-20T09:12:00+08:00');

interface Conversation {
  readonly id: string;
  readonly entries: Entry[];
  readonly listeners: Set<() => void>;
}

export const progress = { chapter: 2, name: '证书' };

const OPTIONS: readonly Option[] = [
  { key: '1', name: 'no-bids', label: '没有' },
  { key: '2', name: 'unopened', label: '有，还没开标' },
  { key: '0', name: 'back', label: '返回' },
];

/** What the bot asks, one after the other; whatever the customer says, the next one comes. */
export const SCRIPT: readonly Bubble[] = [
  { template: 'ask-mobile', data: { greeting: true, progress }, question: question('q0', [OPTIONS[0]!]) },
  { template: 'bid-guard', data: { unsure: false, progress }, question: question('q1', OPTIONS) },
  {
    template: 'link',
    data: { again: false, code: null, none: null, progress },
    secret: { kind: 'link-code', codeId: 'c1' },
    question: question('q2', [{ key: '1', name: 'new-code', label: '换一个码' }]),
  },
  { template: 'verify', data: { progress } },
];

function question(id: string, options: readonly Option[]) {
  return { id, step: 'bid-guard', shows: '', options } as const;
}

export class ScriptedHouse implements ChatHouse {
  readonly conversations = new Map<string, Conversation>();
  readonly received: Received[] = [];
  /** Code c1, until it is used. */
  linkCode: string | undefined = '48271605932';
  /** Says nothing until told to. */
  silent = false;

  accept(received: Received): Promise<{ conversationId: string }> {
    const conversation = this.#conversationOf(received.visitor);
    const known = this.received.some(({ messageId }) => messageId === received.messageId);
    if (!known) {
      this.received.push(received);
      const shown = shownOf(received.incoming);
      if (shown) this.#add(conversation, { from: 'customer', messageId: received.messageId, shown });
      if (!this.silent) this.answer(received.visitor);
    }
    return Promise.resolve({ conversationId: conversation.id });
  }

  /** The next bubble of the script. */
  answer(visitor: string): void {
    const conversation = this.#conversationOf(visitor);
    const said = conversation.entries.filter(({ from }) => from === 'bot').length;
    const bubble = SCRIPT[Math.min(said, SCRIPT.length - 1)];
    if (bubble) this.#add(conversation, { from: 'bot', bubble });
  }

  /** Something changed that is no line. */
  tell(visitor: string): void {
    for (const listener of this.#conversationOf(visitor).listeners) listener();
  }

  conversationOf(visitor: string): Promise<string | undefined> {
    return Promise.resolve(this.conversations.get(visitor)?.id);
  }

  comeBack(visitor: string): Promise<string | undefined> {
    return this.conversationOf(visitor);
  }

  transcript(conversationId: string, afterSeq: number): Promise<Entry[]> {
    return Promise.resolve(this.#byId(conversationId).entries.filter(({ seq }) => seq > afterSeq));
  }

  standing(conversationId: string): Promise<Standing> {
    const last = this.#byId(conversationId).entries.findLast((entry) => entry.from === 'bot');
    const openQuestionId = last?.from === 'bot' ? last.bubble.question?.id : undefined;
    return Promise.resolve({
      openQuestionId,
      situation: { case: undefined, policy: undefined, live: { signedIn: true, link: { kind: 'none' } }, now: MORNING },
    });
  }

  subscribe(conversationId: string, onNews: () => void): () => void {
    const { listeners } = this.#byId(conversationId);
    listeners.add(onNews);
    return () => listeners.delete(onNews);
  }

  reveal(): Promise<string | undefined> {
    return Promise.resolve(this.linkCode);
  }

  #conversationOf(visitor: string): Conversation {
    const known = this.conversations.get(visitor);
    if (known) return known;
    const fresh = { id: `conversation of ${visitor}`, entries: [], listeners: new Set<() => void>() };
    this.conversations.set(visitor, fresh);
    return fresh;
  }

  #byId(id: string): Conversation {
    const found = [...this.conversations.values()].find((one) => one.id === id);
    if (!found) throw new Error(`no conversation ${id}`);
    return found;
  }

  #add({ entries, listeners }: Conversation, line: LineBody): void {
    entries.push({ seq: entries.length + 1, at: MORNING, ...line });
    for (const listener of listeners) listener();
  }
}

type LineBody =
  | { readonly from: 'bot'; readonly bubble: Bubble }
  | { readonly from: 'customer'; readonly messageId: string; readonly shown: Shown };

function shownOf(incoming: Incoming): Shown | undefined {
  if (incoming.kind === 'text') return { kind: 'text', text: incoming.text };
  if (incoming.kind === 'choice') return { kind: 'choice', questionId: incoming.questionId, key: incoming.key };
  return incoming.kind === 'picture' ? { kind: 'picture' } : undefined;
}
