/** A customer at the web chat: opens it, types, and reads what comes. Speaks HTTP and server-sent events as a browser. */
import { randomUUID } from 'node:crypto';
import { EventEmitter, once } from 'node:events';
import { textOf } from './text.ts';

export class Chat {
  readonly #url: string;
  readonly #cookie: string;
  readonly #news = new EventEmitter();
  readonly #closing = new AbortController();
  /** What was said since the customer's last message, as text. */
  get said(): string {
    return this.#since;
  }
  #since = '';
  /** Messages that the customer has sent. */
  sent = 0;

  private constructor(url: string, cookie: string, first: string) {
    this.#url = url;
    this.#cookie = cookie;
    this.#since = first;
  }

  static async open(url: string): Promise<Chat> {
    const page = await fetch(`${url}/`);
    const cookie = (page.headers.get('set-cookie') ?? '').split(';')[0] ?? '';
    const html = await page.text();
    if (!page.ok || cookie === '') throw new Error(`no chat at ${url}: ${page.status}\n${textOf(html)}`);
    const chat = new Chat(url, cookie, textOf(html));
    await chat.#listen();
    return chat;
  }

  async say(text: string): Promise<void> {
    this.#since = '';
    this.sent++;
    const answer = await fetch(`${this.#url}/chat/messages`, {
      method: 'POST',
      headers: { cookie: this.#cookie, 'content-type': 'application/json' },
      body: JSON.stringify({ clientMessageId: randomUUID(), text }),
      redirect: 'manual',
    });
    if (answer.status >= 400) throw new Error(`"${text}" was refused: ${answer.status} ${textOf(await answer.text())}`);
  }

  /**
   * Waits until something said since the customer's last message matches.
   *
   * @param patience aborted when the scenario gives up; what was said by then is told
   */
  async hears(pattern: RegExp, patience = AbortSignal.timeout(30_000)): Promise<RegExpExecArray> {
    for (;;) {
      const found = pattern.exec(this.#since);
      if (found) return found;
      try {
        await once(this.#news, 'news', { signal: patience });
      } catch (cause) {
        throw new Error(`waited for ${String(pattern)}; the chat said: ${this.#since}`, { cause });
      }
    }
  }

  close(): void {
    this.#closing.abort();
  }

  async #listen(): Promise<void> {
    const stream = await fetch(`${this.#url}/chat/stream`, {
      headers: { cookie: this.#cookie, accept: 'text/event-stream' },
      signal: this.#closing.signal,
    });
    if (!stream.ok || !stream.body) throw new Error(`no stream: ${stream.status}`);
    const read = async (body: ReadableStream<Uint8Array>) => {
      const decoder = new TextDecoder();
      let rest = '';
      for await (const chunk of body) {
        const events = (rest + decoder.decode(chunk, { stream: true })).split('\n\n');
        rest = events.pop() ?? '';
        for (const event of events) this.#hear(event);
      }
    };
    // a stream that breaks says nothing more; who still waits for something is told so
    read(stream.body).catch(() => undefined);
  }

  #hear(event: string): void {
    const data = event
      .split('\n')
      .filter((line) => line.startsWith('data:'))
      .map((line) => line.slice(5))
      .join('\n');
    this.#since += ` ${textOf(data)}`;
    this.#news.emit('news');
  }
}
