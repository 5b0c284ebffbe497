/**
 * The agent's end of a driver process: one call at a time, each with a limit. A process that dies, answers nonsense
 * or stays silent is killed, and every call after that fails with token/driver-failed.
 */
import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import type { Readable, Writable } from 'node:stream';
import { z } from 'zod';
import { AGENT_PROBLEMS, AgentProblem } from '../problem.ts';
import { LineSplitter } from './lines.ts';
import { MAX_LINE_BYTES, TOKEN_CALLS } from './port.ts';
import type { Algorithm, CallAnswer, CallArgs, TokenCall } from './port.ts';

export interface DriverCommand {
  readonly command: string;
  readonly args: readonly string[];
  /** Beyond the few variables that a system library needs. */
  readonly env: Readonly<Record<string, string>>;
}

const Answer = z.discriminatedUnion('ok', [
  z.strictObject({ id: z.int(), ok: z.literal(true), data: z.unknown() }),
  z.strictObject({ id: z.int(), ok: z.literal(false), code: z.enum(AGENT_PROBLEMS), detail: z.string() }),
]);
type Answer = z.infer<typeof Answer>;

/** What a system library needs to work; nothing else of the customer's environment reaches a vendor's module. */
const PASSED_ON = ['PATH', 'HOME', 'LANG', 'TMPDIR', 'SystemRoot', 'windir', 'TEMP', 'USERPROFILE', 'APPDATA'];

export class TokenProcess {
  readonly #child: ChildProcess;
  readonly #input: Writable;
  readonly #gone: Promise<unknown>;
  readonly #splitter = new LineSplitter(MAX_LINE_BYTES);
  #waiting: { id: number; settle: (answer: Answer | AgentProblem) => void } | undefined;
  #queue: Promise<unknown> = Promise.resolve();
  #failure: AgentProblem | undefined;
  #lastId = 0;

  constructor({ command, args, env }: DriverCommand) {
    const inherited = Object.entries(process.env).filter(([name]) => PASSED_ON.includes(name));
    this.#child = spawn(command, args, {
      stdio: ['pipe', 'ignore', 'ignore', 'pipe'],
      env: { ...Object.fromEntries<string | undefined>(inherited), ...env },
      windowsHide: true,
      // a Ctrl-C at the terminal is the agent's to handle, not the driver's
      detached: process.platform !== 'win32',
    });
    this.#gone = once(this.#child, 'exit').catch(() => undefined);
    this.#input = this.#child.stdio[0] as Writable;
    this.#input.on('error', () => undefined);
    this.#child.once('error', (cause) => this.#fail(cause.message));
    this.#child.once('exit', (code, signal) => this.#fail(`driver process ended: ${String(signal ?? code)}`));
    (this.#child.stdio[3] as Readable).on('data', (chunk: Buffer) => this.#read(chunk)).on('error', () => undefined);
  }

  get pid(): number | undefined {
    return this.#child.pid;
  }

  list = () => this.#call('list', {});
  certificates = (serial: string) => this.#call('certificates', { serial });
  objects = (serial: string) => this.#call('objects', { serial });
  keys = (serial: string, id: string) => this.#call('keys', { serial, id });

  /** @param pin is zeroed here, whatever happens */
  login(serial: string, pin: Buffer): Promise<unknown> {
    return this.#call('login', { serial, pinBytes: pin.length }, pin);
  }

  generate(serial: string, pair: { id: string; label: string; algorithm: Algorithm }): Promise<unknown> {
    return this.#call('generate', { serial, ...pair });
  }

  async sign(serial: string, id: string, data: Buffer): Promise<Buffer> {
    const { signature } = await this.#call('sign', { serial, id, data: data.toString('base64') });
    return Buffer.from(signature, 'base64');
  }

  writeCertificate(serial: string, certificate: { id: string; label: string; der: Buffer }): Promise<unknown> {
    return this.#call('writeCertificate', { serial, ...certificate, der: certificate.der.toString('base64') });
  }

  /** @returns when the process, and with it every login, is gone */
  async stop(): Promise<void> {
    this.#fail('stopped');
    await this.#gone;
  }

  #call<C extends TokenCall>(call: C, args: CallArgs<C>, raw?: Buffer): Promise<CallAnswer<C>> {
    const result = this.#queue.then(() => this.#ask(call, args, raw)).finally(() => raw?.fill(0));
    this.#queue = result.catch(() => undefined);
    return result;
  }

  async #ask<C extends TokenCall>(call: C, args: CallArgs<C>, raw: Buffer | undefined): Promise<CallAnswer<C>> {
    if (this.#failure) throw this.#failure;
    const id = ++this.#lastId;
    const { answer: shape, limitMs } = TOKEN_CALLS[call];
    const answered = new Promise<Answer | AgentProblem>((settle) => (this.#waiting = { id, settle }));
    const limit = setTimeout(() => this.#fail(`no answer to ${call} in ${limitMs} ms`), limitMs);
    this.#input.write(`${JSON.stringify({ id, call, args })}\n`);
    if (raw) await new Promise((sent) => this.#input.write(raw, sent));
    raw?.fill(0);
    const answer = await answered.finally(() => clearTimeout(limit));
    if (answer instanceof AgentProblem) throw answer;
    if (!answer.ok) {
      const problem = new AgentProblem(answer.code, `${call}: ${answer.detail}`);
      // every handle of a driver that lost its token is dead
      if (problem.code === 'token/removed' || problem.code === 'token/driver-failed') this.#fail(problem.message);
      throw problem;
    }
    const data = shape.safeParse(answer.data);
    if (!data.success) throw this.#fail(`${call}: not an answer`);
    return data.data as CallAnswer<C>;
  }

  #read(chunk: Buffer): void {
    try {
      this.#splitter.add(chunk);
      for (let line = this.#splitter.line(); line !== undefined; line = this.#splitter.line()) {
        const answer = Answer.parse(JSON.parse(line));
        if (answer.id !== this.#waiting?.id) throw new RangeError('answer to nothing');
        this.#waiting.settle(answer);
        this.#waiting = undefined;
      }
    } catch {
      this.#fail('driver process does not speak our lines');
    }
  }

  #fail(detail: string): AgentProblem {
    this.#failure ??= new AgentProblem('token/driver-failed', detail);
    this.#waiting?.settle(this.#failure);
    this.#waiting = undefined;
    this.#child.kill('SIGKILL');
    return this.#failure;
  }
}
