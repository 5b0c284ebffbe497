/** The customer at the terminal: consent by one key, the PIN unseen, each with its time. */
import type { ConsentText, Customer, PinQuestion } from './customer.ts';
import { AgentProblem } from './problem.ts';
import type { AgentProblemCode } from './problem.ts';
import type { Prompt, Terminal } from './terminal.ts';
import { problemWords, words } from './words.ts';
import type { FactsOf, WordKey } from './words.ts';

const CONSENT_LIMIT_MS = 5 * 60_000;
const PIN_LIMIT_MS = 3 * 60_000;

export class TerminalCustomer implements Customer {
  readonly #terminal: Pick<Terminal, 'say' | 'ask'>;

  constructor(terminal: Pick<Terminal, 'say' | 'ask'>) {
    this.#terminal = terminal;
  }

  tell<K extends WordKey>(key: K, ...facts: FactsOf<K>): void {
    this.#terminal.say(words(key, ...facts));
  }

  tellProblem(code: AgentProblemCode, again: 'look-again' | 'try-again'): void {
    this.#terminal.say(problemWords(code, again));
  }

  async agree({ purpose, ...facts }: ConsentText, signal: AbortSignal): Promise<void> {
    this.tell(purpose === 'renew' ? 'consent' : 'consent-write', facts);
    await this.#yes(words('consent-prompt'), signal);
  }

  async pin({ tries, wrongBefore, length }: PinQuestion, signal: AbortSignal): Promise<Buffer> {
    if (wrongBefore) this.tell('pin-wrong');
    if (tries === 'low') this.tell('pin-low');
    if (tries === 'final') {
      this.tell('pin-final');
      await this.#yes(words('pin-final-prompt'), signal);
    }
    for (;;) {
      const entry = await this.#ask({ text: words('pin-prompt'), echo: 'stars' }, PIN_LIMIT_MS, signal);
      const min = Math.max(length.min, 1);
      // tokens that don't know give 0 for the longest
      const max = length.max === 0 ? Infinity : length.max;
      if (entry.length >= min && entry.length <= max) return entry;
      // an entry that can't be right must not cost a try
      if (entry.length < min) this.tell('pin-too-short', { min });
      else this.tell('pin-too-long', { max });
      entry.fill(0);
    }
  }

  async #yes(text: string, signal: AbortSignal): Promise<void> {
    for (;;) {
      const key = await this.#ask({ text, echo: 'plain', oneKey: true }, CONSENT_LIMIT_MS, signal);
      const answer = key.toString('latin1').toLowerCase();
      if (answer === 'y') return;
      if (answer === 'n') throw new AgentProblem('pin/refused');
      this.tell('consent-unclear');
    }
  }

  async #ask(prompt: Prompt, limitMs: number, signal: AbortSignal): Promise<Buffer> {
    const limit = AbortSignal.timeout(limitMs);
    try {
      return await this.#terminal.ask(prompt, AbortSignal.any([signal, limit]));
    } catch (error) {
      if (limit.aborted && !signal.aborted) throw new AgentProblem('pin/timeout');
      throw error;
    }
  }
}
