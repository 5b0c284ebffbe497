/**
 * The customer's computer: the agent in a terminal, opened again whenever it is gone. Does what the screen asks for
 * and nothing else: agrees, types the PIN, and keeps the match number for the chat.
 */
import { EventEmitter, once } from 'node:events';
import { words } from '../../bridge-agent/words.ts';
import { PseudoTerminal } from '../pseudo-terminal.ts';

const CTRL_U = '\u0015';

export class Desk {
  readonly #env: NodeJS.ProcessEnv;
  readonly #pin: string;
  readonly #acted: (what: string) => void;
  readonly #news = new EventEmitter();
  readonly #closing = new AbortController();
  #terminal: PseudoTerminal;
  /** How much of the screen was there when something was typed last. */
  #typedAt = 0;
  #before = '';
  #keepsPin = false;
  /** Exit codes of the agents that ended. */
  readonly endings: number[] = [];
  readonly #working: Promise<void>;

  /** @param acted is told of everything that the customer does */
  constructor(env: NodeJS.ProcessEnv, pin: string, acted: (what: string) => void) {
    this.#env = env;
    this.#pin = pin;
    this.#acted = acted;
    this.#terminal = this.#open();
    this.#working = this.#work();
  }

  /** Of `script`, whose child the agent is. */
  get pid(): number | undefined {
    return this.#terminal.pid;
  }

  /** Everything that any of the terminals showed. */
  get shown(): string {
    return this.#before + this.#terminal.shown;
  }

  get asksForCode(): boolean {
    return this.#asks(words('code-prompt'));
  }

  /** As the agent shows it now; one that was opened again shows another. */
  get matchNumber(): string | undefined {
    const [, first = '', second = ''] = [...this.#terminal.shown.matchAll(/(\d) (\d)\s+如果不是您/g)].at(-1) ?? [];
    return first === '' ? undefined : first + second;
  }

  typeCode(digits: string): void {
    if (this.asksForCode) this.#type('code', `${CTRL_U}${digits}\r`);
  }

  /** Looks for the PIN until `givePin`. */
  keepPin(): void {
    this.#keepsPin = true;
  }

  givePin(): void {
    this.#keepsPin = false;
    this.#answer();
  }

  /** Resolves when the screen shows something else. */
  async news(signal: AbortSignal): Promise<void> {
    await once(this.#news, 'news', { signal });
  }

  async close(): Promise<void> {
    this.#closing.abort();
    await this.#working;
    await this.#terminal.close();
  }

  async #work(): Promise<void> {
    const { signal } = this.#closing;
    while (!signal.aborted) {
      if (!this.#terminal.isOpen) this.#openAgain(await this.#terminal.ends());
      this.#answer();
      await this.#terminal.news(signal).catch(() => undefined);
      this.#news.emit('news');
    }
  }

  #answer(): void {
    if (this.#asks(words('consent-prompt'))) this.#type('consent', 'Y');
    if (!this.#keepsPin && this.#asks(words('pin-prompt'))) this.#type('pin', `${CTRL_U}${this.#pin}\r`);
  }

  #open(): PseudoTerminal {
    return new PseudoTerminal('exec node scripts/agent.mjs', this.#env);
  }

  #openAgain(ending: number): void {
    this.endings.push(ending);
    this.#before += `${this.#terminal.shown}\n── opened again ──\n`;
    this.#typedAt = 0;
    this.#terminal = this.#open();
  }

  /** The last thing on the screen, and not answered yet. */
  #asks(prompt: string): boolean {
    const { shown, isOpen } = this.#terminal;
    return isOpen && shown.length > this.#typedAt && shown.endsWith(prompt);
  }

  #type(what: string, keys: string): void {
    this.#typedAt = this.#terminal.shown.length;
    this.#terminal.types(keys);
    this.#acted(what);
  }
}
