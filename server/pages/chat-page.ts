/**
 * The web chat: `GET /` is the whole conversation with its open question, `POST /chat/messages` takes a message once.
 * Works without scripts: a form is posted, the answer is waited for and the page is shown again.
 */
import { randomUUID } from 'node:crypto';
import express, { type Request, type Response, type Router } from 'express';
import { LONGEST_TEXT, opened } from '../../bot/channels/web/receive.ts';
import { webChannel } from '../../bot/channels/web/channel.ts';
import { clientAddress } from '../client-address.ts';
import { linesAfter, standingView, type ViewDeps } from './chat-view.ts';
import { EdgeError } from './edge-error.ts';
import { wantsPage } from './errors.ts';
import { untilNews } from './news.ts';
import type { AppDeps, Limits } from './ports.ts';
import { RateLimit } from './rate-limit.ts';
import { sendPage } from './send-page.ts';
import { isLarge } from './view-settings.ts';
import { createVisitors } from './visitor.ts';

/** A first page or a page after a form is shown without the answer when the answer takes longer. */
const ANSWER_WITHIN_MS = 3_000;

export function chatRoutes(deps: AppDeps & ViewDeps, limits: Limits): Router {
  const { chat, templates, evaluation, https } = deps;
  const visitors = createVisitors(https);
  const fromVisitor = new RateLimit(limits.visitor);
  const newcomers = new RateLimit(limits.newcomers);
  const router = express.Router();

  // looking is no visit: link previews ask with HEAD and would each open a conversation
  router.head('/', (_req, res) => {
    res.type('html').end();
  });

  router.get('/', async (req, res) => {
    const conversationId = (await comeBack(req, res)) ?? (await greet(res, clientAddress(req)));
    res.locals['conversationId'] = conversationId;
    const entries = await chat.transcript(conversationId, 0);
    const standing = await chat.standing(conversationId);
    const html = templates.page('chat', {
      lines: await linesAfter(0, entries, standing, deps),
      standing: standingView(standing, false),
      project: standing.situation.policy?.projectName,
      evaluation,
      large: isLarge(req),
      longestText: LONGEST_TEXT,
      ids: { person: randomUUID(), words: randomUUID(), composer: randomUUID() },
    });
    await sendPage(req, res, html);
  });

  router.post('/chat/messages', async (req, res) => {
    const visitor = visitors.visitorOf(req);
    // a cookie that was cleared, or is none of ours: the form belongs to nobody, and its question is asked anew
    if (visitor === undefined || (await chat.conversationOf(visitor)) === undefined) {
      res.redirect(303, '/');
      return;
    }
    if (!fromVisitor.allows(visitor)) throw new EdgeError('page/too-many-requests');
    const received = webChannel.receive({ visitor, body: req.body });
    const { conversationId } = await chat.accept(received, clientAddress(req));
    res.locals['conversationId'] = conversationId;
    if (!wantsPage(req)) {
      res.status(204).end();
      return;
    }
    await untilNews(chat, conversationId, () => isAnswered(conversationId, received.messageId), ANSWER_WITHIN_MS);
    res.redirect(303, '/#latest');
  });

  async function comeBack(req: Request, res: Response): Promise<string | undefined> {
    const visitor = visitors.visitorOf(req);
    const conversationId = visitor && (await chat.comeBack(visitor, clientAddress(req)));
    if (conversationId) visitors.keep(req, res);
    return conversationId || undefined;
  }

  /** A new visitor, or one whose conversation is not here any more: the bot speaks first. */
  async function greet(res: Response, address: string): Promise<string> {
    if (!newcomers.allows(address)) throw new EdgeError('page/too-many-requests');
    const visitor = visitors.welcome(res);
    const { conversationId } = await chat.accept(opened(visitor), address);
    const spoke = async () => (await chat.transcript(conversationId, 0)).length > 0;
    await untilNews(chat, conversationId, spoke, ANSWER_WITHIN_MS);
    return conversationId;
  }

  async function isAnswered(conversationId: string, messageId: string): Promise<boolean> {
    const entries = await chat.transcript(conversationId, 0);
    const asked = entries.findIndex((entry) => entry.from === 'customer' && entry.messageId === messageId);
    return asked >= 0 && entries.slice(asked).some(({ from }) => from === 'bot');
  }

  return router;
}
