/**
 * One socket: the handshake, then sealed frames, strictly one after the other. What does not belong here ends this
 * connection and no other.
 */
import type { RawData, WebSocket } from 'ws';
import { ZodError } from 'zod';
import { FromAgent, ProtocolError, type FromServer } from '../../bridge-agent/protocol.ts';
import { frameRate } from './frame-rate.ts';
import { greet, type Channel } from './handshake.ts';
import type { BridgeDependencies } from './ports.ts';
import type { ServerKeys } from './server-keys.ts';

/** What a session may do with its connection. */
export interface Wire {
  readonly channel: Channel;
  readonly address: string;
  send(frame: FromServer): void;
  /** Says why, then ends the connection. */
  end(reason: string): void;
}

/** What a connection does for its session, each task after the one before. */
export interface Session {
  readonly linkId: string | undefined;
  readonly caseId: string | undefined;
  /** For a code, or for the customer's match number: it has a deadline. */
  readonly waiting: boolean;
  take(frame: FromAgent): Promise<void>;
  /** Something about its link or case is new, or time has passed. */
  look(): Promise<void>;
  /** The other end still lives. */
  alive(): Promise<void>;
}

export interface Connection {
  readonly session: Session | undefined;
  /** When something was last heard, by the clock of the process. */
  readonly heardAt: number;
  do(task: (session: Session) => Promise<void>): void;
  ping(): void;
  /** Without a word: the link, if there is one, lives on. */
  drop(): void;
}

export interface ConnectionSettings {
  readonly address: string;
  readonly keys: ServerKeys;
  /** So long a connection may stay silent before its hello. */
  readonly helloWithinMs: number;
  readonly begin: (wire: Wire, connection: Connection) => Session;
}

const NORMAL = 1000;
const NOT_THE_PROTOCOL = 1008;
const OUR_FAULT = 1011;

export function openConnection(socket: WebSocket, settings: ConnectionSettings, deps: BridgeDependencies): Connection {
  const { log, clock } = deps;
  const mayTalk = frameRate();
  let session: Session | undefined;
  let channel: Channel | undefined;
  let ended = false;
  let heardAt = performance.now();
  let tasks = Promise.resolve();

  const impatience = setTimeout(() => end(NOT_THE_PROTOCOL), settings.helloWithinMs);

  function end(code: number): void {
    ended = true;
    clearTimeout(impatience);
    socket.close(code);
  }

  function enqueue(task: () => Promise<void> | void): void {
    tasks = tasks
      .then(async () => {
        if (!ended) await task();
      })
      .catch((error: unknown) => {
        const about = { address: settings.address, caseId: session?.caseId, err: error };
        const theirs = error instanceof ProtocolError || error instanceof ZodError;
        if (theirs) log.warn(about, 'bridge connection ended: not the protocol');
        else log.error(about, 'bridge connection ended: a fault of ours');
        end(theirs ? NOT_THE_PROTOCOL : OUR_FAULT);
      });
  }

  const connection: Connection = {
    get session() {
      return session;
    },
    get heardAt() {
      return heardAt;
    },
    do(task) {
      enqueue(() => session && task(session));
    },
    ping() {
      if (!ended) socket.ping();
    },
    drop() {
      ended = true;
      clearTimeout(impatience);
      socket.terminate();
    },
  };

  function hello(bytes: Buffer): void {
    const greeting = greet(bytes, settings.keys, clock.now());
    clearTimeout(impatience);
    socket.send(JSON.stringify(greeting.answer));
    if (greeting.kind === 'refused') {
      end(NORMAL);
      return;
    }
    const agreed = greeting.channel;
    channel = agreed;
    const send = (frame: FromServer) => socket.send(agreed.seal.seal(frame));
    const wire: Wire = {
      channel: agreed,
      address: settings.address,
      send,
      end(reason) {
        send({ t: 'close', reason });
        end(NORMAL);
      },
    };
    session = settings.begin(wire, connection);
  }

  /** False when the other end talks too much or is not listened to any more. */
  function hears(): boolean {
    heardAt = performance.now();
    if (ended) return false;
    if (mayTalk(heardAt)) return true;
    log.warn({ address: settings.address }, 'bridge connection ended: too many frames');
    end(NOT_THE_PROTOCOL);
    return false;
  }

  socket.on('message', (data: RawData) => {
    if (!hears()) return;
    const bytes = data as Buffer;
    enqueue(async () => {
      if (channel && session) await session.take(FromAgent.parse(channel.open.open(bytes)));
      else hello(bytes);
    });
  });
  socket.on('ping', () => void hears());
  socket.on('pong', () => {
    if (hears()) enqueue(() => session?.alive());
  });
  // a frame that is too long, or no WebSocket any more: `close` follows
  socket.on('error', (err) => log.info({ address: settings.address, err }, 'bridge socket error'));
  socket.on('close', () => {
    ended = true;
    clearTimeout(impatience);
  });
  return connection;
}
