/**
 * A customer who never gives up: answers what stands on the chat page, opens the page again when it is gone, and
 * sends a message again until it was taken. Remembers nothing but the cookie and which certificate is wanted.
 */
import { randomUUID } from 'node:crypto';
import { EventEmitter, once } from 'node:events';
import { setTimeout as pause } from 'node:timers/promises';
import { Phone } from '../journeys/phone.ts';
import { MOBILE } from '../journeys/product.ts';
import { readChatPage, type ChatPage, type Line } from './chat-page.ts';
import { Desk } from './desk.ts';

/** A page that does not come is asked for again, and one that says nothing new is looked at again. */
const TRY_AGAIN_MS = 100;
const LOOK_AGAIN_MS = 2_000;
const PAGE_WITHIN_MS = 15_000;

export interface Places {
  /** URLs of the chat and of the sandbox's phone. */
  readonly chat: string;
  readonly phone: string;
}

/** What the bot asks or waits for; whatever else it says is a remark, below which a card is not shown again. */
const QUESTIONS: ReadonlySet<string | undefined> = new Set([
  ...['ask-mobile', 'ask-code', 'choose-certificate', 'bid-guard', 'link', 'match', 'look', 'look-again', 'details'],
  ...['rekey', 'rekey-again', 'issue', 'write-certificate', 'write-again', 'verify', 'verify-again', 'done'],
]);

type Message = { readonly text: string } | { readonly questionId: string; readonly key: string };

export class StubbornCustomer {
  readonly desk: Desk;
  /** All that was done, in order. */
  readonly acts: string[] = [];
  readonly #places: Places;
  readonly #phone: Phone;
  readonly #news = new EventEmitter();
  #cookie = '';
  #page: ChatPage = { lines: [], lastSeq: 0 };

  constructor(places: Places, env: NodeJS.ProcessEnv, pin: string) {
    this.#places = places;
    this.#phone = new Phone(places.phone, MOBILE);
    this.desk = new Desk(env, pin, (what) => this.#act(what));
  }

  /** What the chat showed last, for whoever has to find out why it did not go on. */
  get transcript(): string {
    return this.#page.lines.map(({ template, text }) => `${template ?? '>'}: ${text}`).join('\n');
  }

  /** Resolves when so many things were done. */
  async hasDone(count: number, signal: AbortSignal): Promise<void> {
    while (this.acts.length < count) await once(this.#news, 'act', { signal });
  }

  async signIn(signal: AbortSignal): Promise<void> {
    await this.#until((page) => last(page)?.template === 'choose-certificate', '', signal);
  }

  /** @returns when the page tells that the certificate of `unit` was renewed */
  async renew(unit: string, signal: AbortSignal): Promise<void> {
    const isDone = ({ template, text }: Line) => template === 'done' && text.includes(unit);
    await this.#until(({ lines }) => lines.some(isDone), unit, signal);
  }

  async #until(isReached: (page: ChatPage) => boolean, unit: string, signal: AbortSignal): Promise<void> {
    for (;;) {
      const page = await this.#look(signal);
      if (isReached(page)) return;
      const message = await this.#answer(page, unit, signal);
      if (message) await this.#say(message, signal);
      else await this.#somethingNew(page, signal);
    }
  }

  /** @returns undefined when it is not the customer's turn in the chat */
  async #answer(page: ChatPage, unit: string, signal: AbortSignal): Promise<Message | undefined> {
    const line = last(page);
    const asked = page.lines.findLast(({ template }) => QUESTIONS.has(template));
    if (!line || line.template === undefined || !asked) return undefined;
    switch (asked.template) {
      case 'ask-mobile':
        await this.#phone.forget();
        return { text: MOBILE };
      case 'ask-code':
        return { text: await this.#phone.code(signal) };
      case 'choose-certificate':
        return choice(line, (label) => label.includes(unit));
      case 'link':
        // a code that serves no more is not shown; when the computer does not ask for one, it is just being taken
        if (asked.linkCode === undefined) return this.desk.asksForCode ? choice(line) : undefined;
        this.desk.typeCode(asked.linkCode);
        return undefined;
      case 'match':
        // the computer asks in vain: it does not know that its code was taken
        if (this.desk.asksForCode) return choice(line);
        return this.desk.matchNumber === undefined ? undefined : { text: this.desk.matchNumber };
      case 'bid-guard':
      case 'look-again':
      case 'details':
      case 'rekey-again':
      case 'write-again':
      case 'verify-again':
      case 'done':
        return choice(line);
      default:
        return undefined;
    }
  }

  async #look(signal: AbortSignal): Promise<ChatPage> {
    for (;;) {
      try {
        const limit = AbortSignal.any([signal, AbortSignal.timeout(PAGE_WITHIN_MS)]);
        const page = await fetch(`${this.#places.chat}/`, { headers: this.#headers(), signal: limit });
        const html = await page.text();
        if (page.ok) {
          this.#cookie = (page.headers.get('set-cookie') ?? '').split(';')[0] ?? '';
          return (this.#page = readChatPage(html));
        }
      } catch {
        signal.throwIfAborted();
      }
      await pause(TRY_AGAIN_MS, undefined, { signal });
    }
  }

  /** The same message until it was taken, as the page's own script does. */
  async #say(message: Message, signal: AbortSignal): Promise<void> {
    const body = JSON.stringify({ clientMessageId: randomUUID(), ...message });
    this.#act('text' in message ? 'text' : `key ${message.key}`);
    for (;;) {
      try {
        const limit = AbortSignal.any([signal, AbortSignal.timeout(PAGE_WITHIN_MS)]);
        const headers = { ...this.#headers(), 'content-type': 'application/json' };
        const answer = await fetch(`${this.#places.chat}/chat/messages`, {
          ...{ method: 'POST', redirect: 'manual', headers, body, signal: limit },
        });
        if (answer.status < 400) return;
      } catch {
        signal.throwIfAborted();
      }
      await pause(TRY_AGAIN_MS, undefined, { signal });
    }
  }

  /** In the chat or on the computer's screen, or after a while. */
  async #somethingNew({ lastSeq }: ChatPage, signal: AbortSignal): Promise<void> {
    const enough = new AbortController();
    const until = AbortSignal.any([signal, enough.signal, AbortSignal.timeout(LOOK_AGAIN_MS)]);
    const none = () => undefined;
    await Promise.race([this.#newLine(lastSeq, until).catch(none), this.desk.news(until).catch(none)]);
    enough.abort();
    signal.throwIfAborted();
  }

  async #newLine(after: number, signal: AbortSignal): Promise<void> {
    const stream = await fetch(`${this.#places.chat}/chat/stream?after=${after}`, { headers: this.#headers(), signal });
    const decoder = new TextDecoder();
    let heard = '';
    for await (const chunk of stream.body as ReadableStream<Uint8Array>) {
      heard += decoder.decode(chunk, { stream: true });
      if ([...heard.matchAll(/^id: (\d+)$/gm)].some(([, id]) => Number(id) > after)) return;
    }
  }

  #headers(): Record<string, string> {
    return this.#cookie === '' ? {} : { cookie: this.#cookie };
  }

  #act(what: string): void {
    this.acts.push(what);
    this.#news.emit('act');
  }
}

/** After the customer's own line the bot's answer is still to come; the buttons stand at the last of the bot's. */
function last({ lines }: ChatPage): Line | undefined {
  return lines.at(-1);
}

/** The first answer of a question that still has its buttons, or the first whose label fits. */
function choice({ choices }: Line, fits: (label: string) => boolean = () => true): Message | undefined {
  const found = choices.find(({ label }) => fits(label));
  return found && { questionId: found.questionId, key: found.key };
}
