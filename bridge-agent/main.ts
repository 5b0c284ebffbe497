/**
 * The program on the customer's PC, from greeting to goodbye: asks for the code of the chat, joins this computer to
 * the case, does what the case needs on the key, and offers to go on with another. How it is configured is the
 * entry's (`development.ts`, `packaged.ts`).
 */
import type { KeyObject } from 'node:crypto';
import { hostname, type } from 'node:os';
import { join as path } from 'node:path';
import { Commands } from './commands.ts';
import type { AgentConfig } from './config.ts';
import { Connection } from './connection.ts';
import { AgentTooOld, NotOurServer } from './handshake.ts';
import { join } from './join.ts';
import { LinkAtWork } from './link.ts';
import type { LinkEnd } from './link.ts';
import { LinkFile } from './link-file.ts';
import type { Link } from './link-file.ts';
import { openLog } from './log.ts';
import type { Log } from './log.ts';
import { TerminalCustomer } from './prompts.ts';
import { ProtocolError } from './protocol.ts';
import type { Terminal } from './terminal.ts';
import { words } from './words.ts';

export const VERSION = '0.1.0';

/** A PC's clock that is further off is worth a word; nothing depends on it. */
const CLOCK_WORTH_TELLING_MS = 5 * 60_000;

export interface AgentSettings extends AgentConfig {
  /** Of this user only: link, journals, copies of certificates, log. */
  readonly dataFolder: string;
}

/** As its owner calls it; a kernel's version says nothing to them. */
function system(): string {
  const names: Readonly<Record<string, string>> = { Windows_NT: 'Windows', Darwin: 'macOS' };
  return names[type()] ?? type();
}

/** @returns when `signal` ends it; the terminal is the caller's to close */
export async function runAgent(
  settings: AgentSettings,
  terminal: Pick<Terminal, 'say' | 'ask'>,
  signal: AbortSignal,
): Promise<void> {
  const agent = new Agent(settings, terminal, openLog(path(settings.dataFolder, 'agent.log')));
  try {
    await agent.run(signal);
  } catch (error) {
    if (!signal.aborted) throw error;
  }
}

class Agent {
  readonly #settings: AgentSettings;
  readonly #terminal: Pick<Terminal, 'say' | 'ask'>;
  readonly #customer: TerminalCustomer;
  readonly #linkFile: LinkFile;
  readonly #log: Log;
  readonly #computer = { version: VERSION, os: system(), computer: hostname(), arch: process.arch };
  #toldClock = false;

  constructor(settings: AgentSettings, terminal: Pick<Terminal, 'say' | 'ask'>, log: Log) {
    this.#settings = settings;
    this.#terminal = terminal;
    this.#customer = new TerminalCustomer(terminal);
    this.#linkFile = new LinkFile(path(settings.dataFolder, 'link.json'));
    this.#log = log;
  }

  async run(signal: AbortSignal): Promise<void> {
    this.#log('start', { pid: process.pid, ...this.#computer });
    this.#customer.tell('greeting', { version: VERSION });
    for (let stored = this.#linkFile.read(); ; stored = undefined) {
      try {
        if (stored) this.#customer.tell('resuming', { unit: stored.unit });
        const { link, connection } = stored ? { link: stored, connection: undefined } : await this.#join(signal);
        const end = await new LinkAtWork(this.#around, link, connection).work(signal);
        this.#log('link ended', { ...end });
        this.#tellEnd(end);
      } catch (error) {
        signal.throwIfAborted();
        this.#tellStopped(error);
      }
    }
  }

  #join(signal: AbortSignal): ReturnType<typeof join> {
    const askCode = async () => {
      const typed = await this.#terminal.ask({ text: words('code-prompt'), echo: 'plain' }, signal);
      return typed.toString('utf8');
    };
    const surroundings = { customer: this.#customer, linkFile: this.#linkFile, askCode, connect: this.#connect };
    return join(surroundings, signal);
  }

  get #around() {
    return {
      customer: this.#customer,
      linkFile: this.#linkFile,
      connect: ({ deviceKey }: Link, signal: AbortSignal) => this.#connect(deviceKey, signal),
      commandsOf: this.#commandsOf,
    };
  }

  #connect = async (deviceKey: KeyObject, signal: AbortSignal): Promise<Connection> => {
    const connection = await Connection.open(this.#settings.server, this.#computer, deviceKey, signal);
    const minutes = Math.round(Math.abs(connection.serverNow() - Date.now()) / 60_000);
    if (!this.#toldClock && minutes * 60_000 > CLOCK_WORTH_TELLING_MS) this.#customer.tell('clock', { minutes });
    this.#toldClock = true;
    return connection;
  };

  #commandsOf = (link: Link, connection: () => Connection | undefined): Commands => {
    const { dataFolder, drivers, issuers, plugInMs } = this.#settings;
    let offset = 0;
    const now = () => {
      const server = connection()?.serverNow();
      // while the connection is lost the PC's clock carries on from what the server said last
      if (server !== undefined) offset = server - Date.now();
      return Math.round(Date.now() + offset);
    };
    return new Commands(
      {
        ...{ dataFolder, drivers, issuers, plugInMs, now, computer: this.#computer, log: this.#log },
        customer: this.#customer,
        askedBy: () => link.askedBy,
        reached: (point) => this.#log('step', { point }),
      },
      link.linkId,
    );
  };

  #tellEnd(end: LinkEnd): void {
    const ends: Readonly<Record<string, 'closed-number' | 'closed-not-mine' | 'closed-expired'>> = {
      'link/wrong-number': 'closed-number',
      'link/not-mine': 'closed-not-mine',
      'link/expired': 'closed-expired',
    };
    if (end.kind === 'closed') this.#customer.tell(ends[end.reason] ?? 'closed');
    this.#customer.tell('another');
  }

  /** The link stays on file: what was found out now may be different at the next start. */
  #tellStopped(error: unknown): void {
    this.#log('stopped', { error: String(error), cause: String((error as Error).cause) });
    if (error instanceof NotOurServer) this.#customer.tell('not-our-server');
    else if (error instanceof AgentTooOld) this.#customer.tell('too-old');
    else if (error instanceof ProtocolError) this.#customer.tell('not-our-server');
    else this.#customer.tell('unexpected');
  }
}
