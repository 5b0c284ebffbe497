/**
 * A link at work: frames in, results out, over one connection after another. A connection that is lost is made
 * again with growing pauses, and whatever was begun goes on meanwhile; nothing begun survives the link's end.
 */
import { setTimeout as pause } from 'node:timers/promises';
import { CommandDoor } from './command-door.ts';
import type { Commands, Outcome, ReadCommand } from './commands.ts';
import { ConnectionLost } from './connection.ts';
import type { Connection } from './connection.ts';
import type { Customer } from './customer.ts';
import { signByDevice } from './handshake.ts';
import type { Link, LinkFile } from './link-file.ts';
import { bigDigits } from './match-number.ts';
import { RECONNECT_PAUSES_MS, resultBytes, resumeBytes } from './protocol.ts';
import type { FromServer } from './protocol.ts';

export type LinkEnd =
  | { readonly kind: 'verified' }
  /** The server closed it, for a reason of its own. */
  | { readonly kind: 'closed'; readonly reason: string };

export interface LinkSurroundings {
  readonly customer: Customer;
  readonly linkFile: LinkFile;
  /** @throws ConnectionLost to try again; anything else ends the link here */
  readonly connect: (link: Link, signal: AbortSignal) => Promise<Connection>;
  readonly commandsOf: (link: Link, connection: () => Connection | undefined) => Commands;
}

type NoticeFrame = Extract<FromServer, { t: 'notice' }>;

/** Prompts and commands of a link that has ended. */
export class LinkEnded extends Error {
  override readonly name = 'LinkEnded';
}

export class LinkAtWork {
  readonly #around: LinkSurroundings;
  readonly #commands: Commands;
  readonly #ended = new AbortController();
  readonly #running = new Map<string, Promise<void>>();
  #link: Link;
  #connection: Connection | undefined;
  #last: Promise<void> = Promise.resolve();
  readonly #told = new Set<string>();
  /** Attempts since the server was last heard. */
  #lost = 0;

  /** @param connection over which the link was claimed, if it was just now */
  constructor(around: LinkSurroundings, link: Link, connection?: Connection) {
    this.#around = around;
    this.#link = link;
    this.#connection = connection;
    this.#commands = around.commandsOf(link, () => this.#connection);
  }

  /**
   * Works until the link ends, whatever becomes of the connection.
   *
   * @throws NotOurServer, AgentTooOld, ProtocolError, the signal's reason: the link stays on file
   */
  async work(signal: AbortSignal): Promise<LinkEnd> {
    try {
      if (this.#connection) this.#showMatchNumber(this.#connection);
      for (;;) {
        try {
          const connection = (this.#connection ??= await this.#resume(signal));
          const end = await this.#follow(connection, signal);
          this.#around.linkFile.remove();
          return end;
        } catch (error) {
          signal.throwIfAborted();
          if (!(error instanceof ConnectionLost)) throw error;
          this.#connection = undefined;
          if (this.#lost === 0) this.#around.customer.tell('reconnecting');
          const pauseMs = RECONNECT_PAUSES_MS[this.#lost++] ?? Math.max(...RECONNECT_PAUSES_MS);
          await pause(withJitter(pauseMs), undefined, { signal });
        }
      }
    } finally {
      this.#ended.abort(new LinkEnded());
      await this.#commands.close();
      // another link must not meet this one's last act on the key; a program that ends needs not wait
      if (!signal.aborted) await this.#last;
      await this.#connection?.close();
    }
  }

  async #resume(signal: AbortSignal): Promise<Connection> {
    const connection = await this.#around.connect(this.#link, signal);
    const { linkId, deviceKey } = this.#link;
    const signature = signByDevice(deviceKey, resumeBytes(connection.session.transcript, linkId));
    connection.send({ t: 'resume', linkId, signature });
    return connection;
  }

  /** @returns when the link has ended; a new door for each connection, because `seq` belongs to it */
  async #follow(connection: Connection, signal: AbortSignal): Promise<LinkEnd> {
    const door = new CommandDoor(connection);
    const stop = () => void connection.close();
    signal.addEventListener('abort', stop, { once: true });
    try {
      for (;;) {
        const frame = await connection.receive();
        if (this.#lost > 0) this.#around.customer.tell('reconnected');
        this.#lost = 0;
        const end = this.#take(frame, connection, door);
        if (!end) continue;
        await connection.close(end.kind);
        return end;
      }
    } finally {
      signal.removeEventListener('abort', stop);
    }
  }

  #take(frame: FromServer, connection: Connection, door: CommandDoor): LinkEnd | undefined {
    const { customer, linkFile } = this.#around;
    switch (frame.t) {
      case 'claimed':
        this.#showMatchNumber(connection);
        return undefined;
      case 'linked':
        this.#link = { ...this.#link, expiresAt: frame.expiresAt };
        linkFile.write(this.#link);
        this.#tellOnce('linked', () => customer.tell('linked'));
        return undefined;
      case 'command': {
        const command = door.admit(frame);
        connection.send({ t: 'ack', cmdId: frame.cmdId });
        if (command.name === 'link.close') return { kind: 'closed', reason: command.args.reason };
        this.#start(frame.cmdId, command);
        return undefined;
      }
      case 'notice':
        return this.#notice(frame);
      case 'close':
      case 'claim-error':
        return { kind: 'closed', reason: frame.t === 'close' ? frame.reason : frame.code };
    }
  }

  /** A command that is known is not carried out again: its answer is given again, or will be when it is there. */
  #start(cmdId: string, command: ReadCommand): void {
    if (this.#running.has(cmdId)) return;
    const answered = this.#commands.answered(cmdId);
    if (answered) {
      this.#answer(cmdId, answered);
      return;
    }
    const signal = this.#ended.signal;
    const run = this.#last.then(async () => {
      if (signal.aborted) return;
      this.#answer(cmdId, await this.#commands.carryOut(cmdId, command, signal));
    });
    this.#last = run.catch((error: unknown) => {
      if (!signal.aborted) this.#connection?.fail(error);
    });
    this.#running.set(cmdId, run);
    void this.#last.then(() => this.#running.delete(cmdId));
  }

  /** Without a connection nothing is sent: the server asks again when there is one. */
  #answer(cmdId: string, outcome: Outcome): void {
    const connection = this.#connection;
    if (!connection) return;
    const bytes = resultBytes(connection.session.transcript, cmdId, outcome);
    connection.send({ t: 'result', cmdId, outcome, signature: signByDevice(this.#link.deviceKey, bytes) });
  }

  #notice({ text, day }: NoticeFrame): LinkEnd | undefined {
    const { customer } = this.#around;
    this.#tellOnce(text, () => {
      if (text === 'waiting-for-ca') customer.tell('waiting-for-ca');
      else if (day === undefined) customer.tell(text === 'issued' ? 'issued-soon' : 'verified');
      else customer.tell(text === 'issued' ? 'issued' : 'verified-until', { day });
    });
    return text === 'verified' ? { kind: 'verified' } : undefined;
  }

  #tellOnce(what: string, tell: () => void): void {
    if (this.#told.has(what)) return;
    this.#told.add(what);
    tell();
  }

  #showMatchNumber({ session }: Connection): void {
    const { unit, askedBy } = this.#link;
    const digits = session.matchNumber;
    const spoken = [...digits].join(' ');
    this.#around.customer.tell('match', { unit, askedBy, digits: bigDigits(digits), spoken });
  }
}

/** Many agents that lost one server must not come back in one moment. */
const withJitter = (ms: number) => ms * (0.75 + Math.random() / 2);
