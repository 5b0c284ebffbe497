/**
 * What becomes of an error at the edge: words for the person, status and code for the machine, everything for the
 * log. A page for a browser's own request, JSON for a script's.
 */
import type { ErrorRequestHandler, Request, RequestHandler } from 'express';
import { ChannelError } from '../../bot/channels/port.ts';
import { ProblemError, PROBLEMS, type Problem, type ProblemCode } from '../../renewal/problem.ts';
import { EDGE_STATUS, EdgeError, type EdgeCode } from './edge-error.ts';
import type { Log } from './ports.ts';
import { sendPage } from './send-page.ts';
import type { Templates } from './templates.ts';
import { problemTelling, type Telling } from './words.ts';

interface Answer {
  readonly status: number;
  readonly code: ProblemCode | EdgeCode;
  readonly telling: Telling;
}

export const nothingHere: RequestHandler = () => {
  throw new EdgeError('page/not-found');
};

export function answerErrors(templates: Templates, log: Log): ErrorRequestHandler {
  // Express knows an error handler by its four parameters
  return async (error: unknown, req, res, next) => {
    const answer = answerTo(error);
    const facts = { err: error, code: answer.code, method: req.method, path: req.path, ...known(res.locals) };
    if (answer.status >= 500) log.error(facts, 'a request failed');
    if (res.headersSent) {
      next(error);
      return;
    }
    res.status(answer.status);
    if (wantsPage(req)) await sendPage(req, res, templates.page('error', { telling: answer.telling }));
    else res.json({ code: answer.code, ...answer.telling });
  };
}

function answerTo(error: unknown): Answer {
  if (error instanceof ProblemError) {
    return { status: statusOf(error.code), code: error.code, telling: problemTelling(error.code, error.facts) };
  }
  const code = edgeCode(error);
  if (code) return { status: EDGE_STATUS[code], code, telling: problemTelling(code) };
  return { status: 500, code: 'service/busy', telling: problemTelling('service/busy') };
}

function edgeCode(error: unknown): EdgeCode | undefined {
  if (error instanceof EdgeError || error instanceof ChannelError) return error.code;
  // body-parser and express name what a client did wrong by a 4xx status of their own
  const status = error instanceof Error && 'status' in error ? error.status : undefined;
  if (status === 413) return 'channel/too-long';
  return typeof status === 'number' && status >= 400 && status < 500 ? 'channel/malformed' : undefined;
}

function statusOf(code: ProblemCode): number {
  const problem: Problem = PROBLEMS[code];
  if (problem.actor === 'provider') return 503;
  return problem.retry === 'later' ? 429 : 409;
}

/** What the log should find the request by. */
function known(locals: Record<string, unknown>): { conversationId?: string } {
  return typeof locals['conversationId'] === 'string' ? { conversationId: locals['conversationId'] } : {};
}

export function wantsPage(req: Request): boolean {
  return req.accepts(['json', 'html']) === 'html';
}
