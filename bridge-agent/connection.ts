/**
 * One WebSocket to the server, from the handshake to its end: frames sealed, opened and read into their types.
 * Whatever does not follow `bridge/1` ends it. A connection that was lost is replaced by another (`link.ts`).
 */
import { once } from 'node:events';
import type { KeyObject } from 'node:crypto';
import { WebSocket } from 'ws';
import { greet } from './handshake.ts';
import type { SecureSession, ThisComputer } from './handshake.ts';
import { DEAD_AFTER_MS, FromServer, MAX_FRAME_BYTES, PING_EVERY_MS, ProtocolError } from './protocol.ts';
import type { FromAgent } from './protocol.ts';

const HANDSHAKE_LIMIT_MS = 15_000;

export interface Server {
  /** `wss://…/bridge` */
  readonly url: string;
  readonly pinnedKeys: readonly KeyObject[];
}

/** The connection ended, was never made, or stayed silent: another attempt may help. */
export class ConnectionLost extends Error {
  override readonly name = 'ConnectionLost';
}

export class Connection {
  readonly session: SecureSession;
  readonly #socket: WebSocket;
  readonly #heardAt: number;
  readonly #arrived: FromServer[] = [];
  #ended: Error | undefined;
  #wake: (() => void) | undefined;

  /** @throws ConnectionLost, NotOurServer, AgentTooOld, ProtocolError */
  static async open(
    server: Server,
    computer: ThisComputer,
    deviceKey: KeyObject,
    signal: AbortSignal,
  ): Promise<Connection> {
    const socket = new WebSocket(server.url, {
      handshakeTimeout: HANDSHAKE_LIMIT_MS,
      maxPayload: MAX_FRAME_BYTES,
      perMessageDeflate: false,
      followRedirects: false,
    });
    const limit = AbortSignal.any([signal, AbortSignal.timeout(HANDSHAKE_LIMIT_MS)]);
    const stop = () => socket.terminate();
    limit.addEventListener('abort', stop);
    try {
      const first = firstMessage(socket);
      await Promise.race([once(socket, 'open'), first]);
      const greeting = greet(computer, deviceKey, server.pinnedKeys);
      socket.send(JSON.stringify(greeting.hello));
      return new Connection(socket, greeting.finish(parseJson(await first)));
    } catch (error) {
      socket.terminate();
      signal.throwIfAborted();
      throw error;
    } finally {
      limit.removeEventListener('abort', stop);
    }
  }

  private constructor(socket: WebSocket, session: SecureSession) {
    this.#socket = socket;
    this.session = session;
    this.#heardAt = performance.now();
    socket.on('message', (data: Buffer, isBinary: boolean) => this.#message(data, isBinary));
    socket.on('close', () => this.#end(new ConnectionLost('closed')));
    socket.on('error', (cause) => this.#end(new ConnectionLost('error', { cause })));
    watchPulse(socket);
  }

  /** The server's time now, by a clock that does not jump with the PC's. */
  serverNow = (): number => this.session.serverTime + (performance.now() - this.#heardAt);

  send(frame: FromAgent): void {
    if (!this.#ended) this.#socket.send(this.session.seal.seal(frame));
  }

  /**
   * The next frame, in order.
   *
   * @throws ConnectionLost, ProtocolError when the connection has ended and all its frames are read
   */
  async receive(): Promise<FromServer> {
    for (;;) {
      const frame = this.#arrived.shift();
      if (frame) return frame;
      if (this.#ended) throw this.#ended;
      await new Promise<void>((wake) => (this.#wake = wake));
    }
  }

  /** Something on our side makes it impossible to go on. */
  fail(error: unknown): void {
    this.#end(error instanceof Error ? error : new Error(String(error)));
    this.#socket.terminate();
  }

  /** @returns when all that was sent is with the server, or the connection is gone */
  async close(reason?: string): Promise<void> {
    if (reason !== undefined) this.send({ t: 'close', reason });
    if (this.#socket.readyState === WebSocket.CLOSED) return;
    const closed = once(this.#socket, 'close');
    this.#socket.close(1000);
    await closed;
  }

  #message(data: Buffer, isBinary: boolean): void {
    if (this.#ended) return;
    try {
      if (!isBinary) throw new ProtocolError('a frame in clear');
      const frame = FromServer.safeParse(this.session.open.open(data));
      if (!frame.success) throw new ProtocolError('unknown frame or field', { cause: frame.error });
      this.#arrived.push(frame.data);
      this.#wake?.();
    } catch (error) {
      this.fail(error);
    }
  }

  #end(error: Error): void {
    this.#ended ??= error;
    this.#wake?.();
  }
}

/** Pings, and gives up a connection on which nothing was heard for too long. */
function watchPulse(socket: WebSocket): void {
  let heardAt = performance.now();
  const heard = () => {
    heardAt = performance.now();
  };
  for (const event of ['message', 'ping', 'pong'] as const) socket.on(event, heard);
  const pulse = setInterval(() => {
    if (performance.now() - heardAt > DEAD_AFTER_MS) socket.terminate();
    else socket.ping();
  }, PING_EVERY_MS);
  socket.once('close', () => clearInterval(pulse));
}

/** A server that closes instead of answering is lost, not wrong. */
async function firstMessage(socket: WebSocket): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    socket.once('message', (data: Buffer) => resolve(data));
    socket.once('close', () => reject(new ConnectionLost('closed in the handshake')));
    socket.once('error', (cause) => reject(new ConnectionLost('not reached', { cause })));
  });
}

function parseJson(bytes: Buffer): unknown {
  try {
    return JSON.parse(bytes.toString('utf8'));
  } catch (cause) {
    throw new ProtocolError('not JSON', { cause });
  }
}
