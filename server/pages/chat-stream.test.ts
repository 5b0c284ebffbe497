import { EventEmitter, once } from 'node:events';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { ScriptedHouse } from '../../tests/browser/scripted-house.ts';
import { createApp } from '../app.ts';

let house: ScriptedHouse;
let server: Server;
let url: string;
let streams: Stream[];

beforeEach(async () => {
  house = new ScriptedHouse();
  streams = [];
  const log = { error: () => undefined, warn: () => undefined };
  const app = createApp({ chat: house, ready: () => Promise.resolve(true), log, evaluation: false, https: false });
  server = await new Promise((resolve) => {
    const listening = app.listen(0, '127.0.0.1', () => {
      resolve(listening);
    });
  });
  url = `http://127.0.0.1:${String((server.address() as AddressInfo).port)}`;
});
afterEach(async () => {
  for (const stream of streams) stream.close();
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

async function visit() {
  const cookie = (await fetch(url)).headers.get('set-cookie')?.split(';')[0] ?? '';
  const visitor = house.received.at(-1)?.visitor ?? '';
  return { cookie, visitor, say: (text: string) => sayAs(visitor, text) };
}

async function sayAs(visitor: string, text: string) {
  const messageId = `${visitor}/${String(house.received.length)}`;
  await house.accept({ messageId, visitor, incoming: { kind: 'text', text } });
}

interface News {
  readonly id: string;
  readonly data: string;
}

/** Reads server-sent events as the standard says (https://html.spec.whatwg.org/multipage/server-sent-events.html). */
class Stream {
  readonly events: News[] = [];
  readonly #news = new EventEmitter();
  readonly #closing = new AbortController();

  static async open(cookie: string, query = '', headers: Record<string, string> = {}): Promise<Stream> {
    const stream = new Stream();
    streams.push(stream);
    const signal = stream.#closing.signal;
    const answer = await fetch(`${url}/chat/stream${query}`, { headers: { cookie, ...headers }, signal });
    expect(answer.headers.get('content-type')).toBe('text/event-stream; charset=utf-8');
    void stream.#read(answer.body!).catch(() => stream.#news.emit('news'));
    return stream;
  }

  /** The first event that has the words. */
  async hears(words: string): Promise<News> {
    for (;;) {
      const found = this.events.find(({ data }) => data.includes(words));
      if (found) return found;
      await once(this.#news, 'news');
    }
  }

  close() {
    this.#closing.abort();
  }

  async #read(body: ReadableStream<Uint8Array>) {
    const decoder = new TextDecoder();
    let rest = '';
    for await (const chunk of body) {
      const blocks = (rest + decoder.decode(chunk, { stream: true })).split('\n\n');
      rest = blocks.pop() ?? '';
      for (const block of blocks) {
        const field = (name: string) =>
          block
            .split('\n')
            .filter((line) => line.startsWith(`${name}: `))
            .map((line) => line.slice(name.length + 2))
            .join('\n');
        if (field('event') === 'news') this.events.push({ id: field('id'), data: field('data') });
      }
      this.#news.emit('news');
    }
  }
}

test('a page that has everything gets what comes after it, with the last line as the event’s id', async () => {
  const { cookie, say } = await visit();
  const stream = await Stream.open(cookie, '?after=1');
  await say('你好');
  const news = await stream.hears('还没开标');
  expect(news.id).toBe('3');
  expect(stream.events.map(({ data }) => data).join('')).not.toContain('data-seq="1"');
});

test('after a lost connection the browser’s last event id counts, not the page’s', async () => {
  const { cookie, say } = await visit();
  await say('a');
  await say('b');
  const stream = await Stream.open(cookie, '?after=1', { 'last-event-id': '3' });
  const news = await stream.hears('data-seq="5"');
  expect(news.data).toContain('data-seq="4"');
  expect(news.data).not.toContain('data-seq="3"');
});

test('an answered question’s buttons are taken back wherever they stand', async () => {
  const { cookie, say } = await visit();
  const stream = await Stream.open(cookie, '?after=1');
  await say('没有');
  const news = await stream.hears('hx-swap-oob="true"><li class="picked">✓ 1 没有');
  expect(news.data).toContain('<ul class="past" id="q1"');
});

test('two tabs hear the same', async () => {
  const { cookie, say } = await visit();
  const tabs = await Promise.all([Stream.open(cookie, '?after=1'), Stream.open(cookie, '?after=1')]);
  await say('你好');
  const [one, other] = await Promise.all(tabs.map((tab) => tab.hears('data-seq="3"')));
  expect(one?.id).toBe(other?.id);
});

test('nobody hears another visitor', async () => {
  const [one, other] = [await visit(), await visit()];
  const stream = await Stream.open(one.cookie, '?after=1');
  await other.say('别人的话');
  await one.say('我的话');
  await stream.hears('我的话');
  expect(stream.events.map(({ data }) => data).join('')).not.toContain('别人的话');
});

/** The stream has read the conversation once more. */
async function looked() {
  const standing = house.standing.bind(house);
  await new Promise<void>((resolve) => {
    house.standing = (id) => {
      resolve();
      return standing(id);
    };
  });
  house.standing = standing;
}

test('news without anything new is not sent', async () => {
  const { cookie, visitor, say } = await visit();
  const stream = await Stream.open(cookie, '?after=1');
  await stream.hears('id="overview"');
  for (let i = 0; i < 2; i++) {
    const seen = looked();
    house.tell(visitor);
    await seen;
  }
  await say('你好');
  await stream.hears('data-seq="3"');
  expect(new Set(stream.events.map(({ data }) => data)).size).toBe(stream.events.length);
});

test('a code that was used goes from pages that are open', async () => {
  const { cookie, visitor, say } = await visit();
  await say('a');
  await say('b');
  const stream = await Stream.open(cookie, '?after=5');
  house.linkCode = undefined;
  house.tell(visitor);
  expect((await stream.hears('已失效')).data).toContain('hx-swap-oob="true"');
});

test.each([
  ['no cookie', ''],
  ['a cookie nobody knows', `xuqi=${'A'.repeat(43)}`],
])('with %s there is nothing to hear, and no reason to come back', async (_, cookie) => {
  expect((await fetch(`${url}/chat/stream`, { headers: { cookie } })).status).toBe(204);
});

test('one visitor has ten streams at most, and a closed one makes room', async () => {
  const { cookie, visitor } = await visit();
  const all = await Promise.all(Array.from({ length: 10 }, () => Stream.open(cookie)));
  expect((await fetch(`${url}/chat/stream`, { headers: { cookie } })).status).toBe(429);
  const listeners = house.conversations.get(visitor)!.listeners;
  const left = new Promise<void>((resolve) => {
    const remove = listeners.delete.bind(listeners);
    listeners.delete = (listener) => {
      resolve();
      return remove(listener);
    };
  });
  all[0]?.close();
  await left;
  await Stream.open(cookie);
});
