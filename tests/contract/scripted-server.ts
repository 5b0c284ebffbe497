/**
 * The server's end of `bridge/1` as a script: a test says frame by frame what the server does, right or wrong, and
 * sees what the agent sends. Speaks over a real WebSocket with real keys.
 */
import { createPublicKey, diffieHellman, generateKeyPairSync, randomBytes, sign, verify } from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { WebSocketServer } from 'ws';
import type { WebSocket } from 'ws';
import { keyIdOf } from '../../bridge-agent/handshake.ts';
import {
  claimBytes,
  commandBytes,
  deriveLinkKeys,
  FrameCipher,
  FromAgent,
  Hello,
  PROTOCOL,
  resultBytes,
  resumeBytes,
  serverHelloBytes,
  transcriptOf,
} from '../../bridge-agent/protocol.ts';
import type { Args, CommandName, FromServer, HelloOk } from '../../bridge-agent/protocol.ts';

export interface ServerSide {
  /** Whoever signs hello and commands; not the pinned one to play a stranger. */
  readonly key?: KeyObject;
  /** Changes the hello after it was signed. */
  readonly bend?: (ok: HelloOk) => unknown;
  readonly time?: number;
  readonly minAgent?: string;
}

export class ScriptedServer {
  readonly key = generateKeyPairSync('ed25519').privateKey;
  /** Of the next connections. */
  side: ServerSide = {};
  readonly #server: WebSocketServer;
  readonly #arrived: Visit[] = [];
  #wake: (() => void) | undefined;

  private constructor(server: WebSocketServer) {
    this.#server = server;
    server.on('connection', (socket) => {
      this.#arrived.push(new Visit(socket, { key: this.key, ...this.side }));
      this.#wake?.();
    });
  }

  static async start(): Promise<ScriptedServer> {
    const server = new WebSocketServer({ port: 0, host: '127.0.0.1' });
    await once(server, 'listening');
    return new ScriptedServer(server);
  }

  get url(): string {
    return `ws://127.0.0.1:${(this.#server.address() as AddressInfo).port}/bridge`;
  }

  get publicKey(): KeyObject {
    return createPublicKey(this.key);
  }

  get keyId(): string {
    return keyIdOf(this.publicKey);
  }

  /** The next agent that connects. */
  async visit(): Promise<Visit> {
    for (;;) {
      const visit = this.#arrived.shift();
      if (visit) return visit;
      await new Promise<void>((wake) => (this.#wake = wake));
    }
  }

  async stop(): Promise<void> {
    for (const client of this.#server.clients) client.terminate();
    this.#server.close();
    await once(this.#server, 'close');
  }
}

/** One connection of an agent. */
export class Visit {
  readonly #socket: WebSocket;
  readonly #side: ServerSide & { readonly key: KeyObject };
  readonly #messages: Buffer[] = [];
  #wake: (() => void) | undefined;
  #closed = false;
  #seq = 0;
  /** Everything that crossed the wire, as seen by somebody in between. */
  readonly onTheWire: Buffer[] = [];
  transcript = Buffer.alloc(0);
  matchNumber = '';
  #device: KeyObject | undefined;
  #seal: FrameCipher | undefined;
  #open: FrameCipher | undefined;

  constructor(socket: WebSocket, side: ServerSide & { readonly key: KeyObject }) {
    this.#socket = socket;
    this.#side = side;
    socket.on('message', (data: Buffer) => {
      this.#messages.push(data);
      this.onTheWire.push(data);
      this.#wake?.();
    });
    socket.on('close', () => {
      this.#closed = true;
      this.#wake?.();
    });
  }

  async greet(): Promise<Hello> {
    const hello = Hello.parse(JSON.parse((await this.#message()).toString()));
    const ephemeral = generateKeyPairSync('x25519');
    const { key, time = Date.now(), minAgent = '0.1.0', bend = (ok: HelloOk) => ok } = this.#side;
    const unsigned = {
      t: 'hello-ok' as const,
      v: PROTOCOL as typeof PROTOCOL,
      keyId: keyIdOf(createPublicKey(key)),
      ephemeral: ephemeral.publicKey.export({ type: 'spki', format: 'der' }).toString('base64'),
      nonce: randomBytes(32).toString('base64'),
      time,
      minAgent,
    };
    this.transcript = transcriptOf(hello, unsigned) as Buffer<ArrayBuffer>;
    const signature = sign(null, serverHelloBytes(this.transcript), key).toString('base64');
    this.#socket.send(JSON.stringify(bend({ ...unsigned, signature })));
    const theirs = createPublicKey({ key: Buffer.from(hello.ephemeral, 'base64'), type: 'spki', format: 'der' });
    const secret = diffieHellman({ privateKey: ephemeral.privateKey, publicKey: theirs });
    const keys = deriveLinkKeys(secret, this.transcript);
    this.matchNumber = keys.matchNumber;
    this.#device = createPublicKey({ key: Buffer.from(hello.devicePublicKey, 'base64'), type: 'spki', format: 'der' });
    this.#seal = new FrameCipher(keys.serverToAgent, this.transcript);
    this.#open = new FrameCipher(keys.agentToServer, this.transcript);
    return hello;
  }

  /** The agent's next frame, its signature checked; progress is passed over. */
  async frame<T extends FromAgent['t']>(expected: T): Promise<Extract<FromAgent, { t: T }>> {
    for (;;) {
      const frame = FromAgent.parse(this.#open?.open(await this.#message()));
      if (frame.t === 'progress') continue;
      if (frame.t !== expected) throw new Error(`${frame.t} instead of ${expected}`);
      if (!this.#isSigned(frame)) throw new Error(`${frame.t} is not signed by the device`);
      return frame as Extract<FromAgent, { t: T }>;
    }
  }

  send(frame: FromServer | Record<string, unknown>): void {
    this.sendBytes(this.#seal?.seal(frame) ?? Buffer.alloc(0));
  }

  sendBytes(bytes: Buffer): void {
    this.onTheWire.push(bytes);
    this.#socket.send(bytes);
  }

  command<N extends CommandName>(
    cmdId: string,
    name: N,
    args: Args<N>,
    changed: { expiresAt?: number; seq?: number; key?: KeyObject } = {},
  ): void {
    const expiresAt = changed.expiresAt ?? (this.#side.time ?? Date.now()) + 300_000;
    const command = { cmdId, seq: changed.seq ?? ++this.#seq, name, args, expiresAt };
    const signature = sign(null, commandBytes(this.transcript, command), changed.key ?? this.#side.key);
    this.send({ t: 'command', ...command, signature: signature.toString('base64') });
  }

  /** Sends a command and waits for its result. */
  async ask<N extends CommandName>(cmdId: string, name: N, args: Args<N>): Promise<unknown> {
    this.command(cmdId, name, args);
    await this.frame('ack');
    const { outcome } = await this.frame('result');
    return outcome;
  }

  /** @returns when the agent has hung up */
  async closed(): Promise<void> {
    while (!this.#closed) await new Promise<void>((wake) => (this.#wake = wake));
  }

  cut(): void {
    this.#socket.terminate();
  }

  async #message(): Promise<Buffer> {
    for (;;) {
      const message = this.#messages.shift();
      if (message) return message;
      if (this.#closed) throw new Error('the agent hung up');
      await new Promise<void>((wake) => (this.#wake = wake));
    }
  }

  #isSigned(frame: FromAgent): boolean {
    if (!this.#device || frame.t === 'ack' || frame.t === 'progress' || frame.t === 'close') return true;
    const bytes =
      frame.t === 'claim'
        ? claimBytes(this.transcript, frame.code)
        : frame.t === 'resume'
          ? resumeBytes(this.transcript, frame.linkId)
          : resultBytes(this.transcript, frame.cmdId, frame.outcome);
    return verify(null, bytes, this.#device, Buffer.from(frame.signature, 'base64'));
  }
}
