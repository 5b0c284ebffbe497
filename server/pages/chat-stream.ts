/**
 * What the bot says, as it says it: server-sent events with fragments of HTML. An event's id is the last line it
 * holds, so a browser that lost the connection goes on after the line it has; the truth is in the tables, a stream
 * only reads.
 */
import express, { type Response, type Router } from 'express';
import { answeredUpTo, linesAfter, spentCodeUpTo, standingView, type ViewDeps } from './chat-view.ts';
import { EdgeError } from './edge-error.ts';
import type { ChatHouse, Log } from './ports.ts';
import { createVisitors } from './visitor.ts';

export interface StreamDeps extends ViewDeps {
  readonly https: boolean;
  readonly chat: ChatHouse;
  readonly log: Log;
}

const RECONNECT_AFTER_MS = 2_000;
/** Proxies close what is silent, usually after a minute. */
const BREATH_EVERY_MS = 25_000;
const STREAMS_PER_VISITOR = 10;
/** A browser that does not read is let go; it comes back with the line it has. */
const MOST_UNREAD_BYTES = 1024 * 1024;

export function streamRoutes(deps: StreamDeps): Router {
  const visitors = createVisitors(deps.https);
  const open = new Map<string, number>();
  const router = express.Router();
  router.get('/chat/stream', async (req, res) => {
    const visitor = visitors.visitorOf(req);
    const conversationId = visitor && (await deps.chat.conversationOf(visitor));
    if (!visitor || !conversationId) {
      // 204 tells an EventSource not to come back
      res.status(204).end();
      return;
    }
    const count = open.get(visitor) ?? 0;
    if (count >= STREAMS_PER_VISITOR) throw new EdgeError('page/too-many-requests');
    open.set(visitor, count + 1);
    res.once('close', () => {
      const left = (open.get(visitor) ?? 1) - 1;
      if (left > 0) open.set(visitor, left);
      else open.delete(visitor);
    });
    const after = Math.max(seqIn(req.get('last-event-id')), seqIn(req.query['after']));
    follow(conversationId, after, res, deps);
  });
  return router;
}

/** Writes what is new now and whenever there is news, until the browser goes. */
function follow(conversationId: string, after: number, res: Response, deps: StreamDeps): void {
  res.set({
    'content-type': 'text/event-stream; charset=utf-8',
    'cache-control': 'no-store',
    // nginx would hold events back
    'x-accel-buffering': 'no',
  });
  res.write(`retry: ${String(RECONNECT_AFTER_MS)}\n\n`);

  let lastSeq = after;
  let lastAround = '';
  const writeNews = async () => {
    const entries = await deps.chat.transcript(conversationId, 0);
    const standing = await deps.chat.standing(conversationId);
    const lines = await linesAfter(lastSeq, entries, standing, deps);
    const answered = answeredUpTo(lastSeq, entries, standing);
    const spent = await spentCodeUpTo(lastSeq, entries, standing, deps);
    const around = deps.templates.page('news', {
      lines: spent ? [spent] : [],
      answered: answered ? [answered] : [],
      standing: standingView(standing, true),
    });
    if (lines.length === 0 && around === lastAround) return;
    lastAround = around;
    lastSeq = entries.at(-1)?.seq ?? lastSeq;
    const html = deps.templates.page('news', { lines, answered: [], standing: undefined }) + around;
    res.write(`event: news\nid: ${String(lastSeq)}\n${dataLines(html)}\n`);
    if (res.writableLength > MOST_UNREAD_BYTES) res.destroy();
  };

  const news = oneAtATime(writeNews, (error) => {
    deps.log.error({ err: error, conversationId }, 'a chat stream broke off');
    res.destroy();
  });
  const unsubscribe = deps.chat.subscribe(conversationId, news);
  const breath = setInterval(() => {
    res.write(': \n\n');
    // a hint may get lost, and a code runs out without one
    news();
  }, BREATH_EVERY_MS);
  res.once('close', () => {
    unsubscribe();
    clearInterval(breath);
  });
  news();
}

/** Runs `work` once for any number of calls while it runs, and once more for those. */
function oneAtATime(work: () => Promise<void>, onError: (error: unknown) => void): () => void {
  const state = { running: false, again: false };
  const run = async () => {
    while (state.again) {
      state.again = false;
      await work();
    }
    state.running = false;
  };
  return () => {
    state.again = true;
    if (state.running) return;
    state.running = true;
    run().catch(onError);
  };
}

function dataLines(html: string): string {
  return html
    .split(/\r\n|\r|\n/)
    .map((line) => `data: ${line}\n`)
    .join('');
}

function seqIn(value: unknown): number {
  return typeof value === 'string' && /^\d{1,15}$/.test(value) ? Number(value) : 0;
}
