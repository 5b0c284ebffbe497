/** Answers questions to the embedded CA on its unix socket, one after the other. */
import { unlinkSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import { connect } from 'node:net';
import type { z } from 'zod';
import { MAX_QUESTION_BYTES, Questions, type Answer } from '../providers/ca/embedded-protocol.ts';
import { AuthorityError, type Authority } from './authority.ts';

/** A unix socket's path may have so many bytes on every system that Node runs on (sun_path). */
const LONGEST_SOCKET_PATH = 103;
const QUESTION_TIMEOUT_MS = 10_000;

/** One that is about to end, perhaps: trying again may help. */
export class SocketTaken extends AuthorityError {}

/**
 * @param socketPath becomes a socket that only this user may open
 * @throws AuthorityError path too long; SocketTaken
 */
export async function listen(
  authority: Authority,
  socketPath: string,
  failed: (error: unknown) => void,
): Promise<Server> {
  if (Buffer.byteLength(socketPath) > LONGEST_SOCKET_PATH)
    throw new AuthorityError(`the socket path is longer than ${LONGEST_SOCKET_PATH} bytes: ${socketPath}`);
  if (await isAnswered(socketPath)) throw new SocketTaken(`another CA answers at ${socketPath}`);
  unlinkStale(socketPath);

  const server = createServer({ requestTimeout: QUESTION_TIMEOUT_MS }, (request, response) => {
    const reply = (status: number, body: unknown) => {
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
    };
    readBody(request)
      .then((body) => {
        const answer = answerTo(authority, request.url ?? '', body);
        if (answer) reply(200, answer);
        else reply(400, { error: 'not a question' });
      })
      .catch((error: unknown) => {
        failed(error);
        reply(500, { error: 'failed' });
      });
  });
  const umask = process.umask(0o177);
  try {
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject).listen(socketPath, resolve);
    });
  } finally {
    process.umask(umask);
  }
  return server;
}

/** Undefined when it is not a question; throws what the authority throws. */
function answerTo(authority: Authority, path: string, body: string): Answer | undefined {
  switch (path) {
    case '/request': {
      const order = question(Questions['/request'], body);
      if (!order) return undefined;
      return onWire(authority.request({ ...order, csr: Buffer.from(order.csr, 'base64') }));
    }
    case '/ask': {
      const asked = question(Questions['/ask'], body);
      return asked && onWire(authority.ask(asked.requestId));
    }
    case '/confirm': {
      const asked = question(Questions['/confirm'], body);
      if (!asked) return undefined;
      authority.confirm(asked.requestId);
      return { kind: 'done' };
    }
    case '/revoke': {
      const asked = question(Questions['/revoke'], body);
      if (!asked) return undefined;
      authority.revoke(asked.serial, asked.reason);
      return { kind: 'done' };
    }
    default:
      return undefined;
  }
}

function question<T>(schema: z.ZodType<T>, body: string): T | undefined {
  try {
    return schema.parse(JSON.parse(body));
  } catch {
    return undefined;
  }
}

function onWire(answer: ReturnType<Authority['ask']>): Answer {
  if (answer.kind === 'issued') return { kind: 'issued', certificate: answer.certificate.toString('base64') };
  return answer;
}

async function readBody(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > MAX_QUESTION_BYTES) return '';
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

function isAnswered(socketPath: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(socketPath);
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}

/** What a killed CA left behind. */
function unlinkStale(socketPath: string): void {
  try {
    unlinkSync(socketPath);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
}
