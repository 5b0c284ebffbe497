/**
 * A plain terminal, 80 columns, nothing but lines and one prompt at a time.
 *
 * The keyboard is raw for as long as the program runs: nothing typed is echoed unless a prompt shows it, what is
 * typed while nothing is asked is dropped (a PIN must not be filled by an impatient Enter), and Ctrl-C is always
 * ours. Entries are kept in memory that is zeroed, never in a string.
 */
import type { ReadStream, WriteStream } from 'node:tty';

export interface Prompt {
  readonly text: string;
  /** Shown as typed, or each character as `*`. */
  readonly echo: 'plain' | 'stars';
  /** A single key answers; otherwise Enter ends the entry. */
  readonly oneKey?: boolean;
}

const MAX_ENTRY_BYTES = 255;
const CTRL_C = 0x03;
const CTRL_D = 0x04;
const CTRL_U = 0x15;
const ESCAPE = 0x1b;
const ENTER = [0x0d, 0x0a];
const BACKSPACE = [0x7f, 0x08];
const CLEAR_LINE = '\r\u001b[K';

interface Open extends Prompt {
  readonly entry: Buffer;
  length: number;
  readonly settle: (entry: Buffer) => void;
}

export class Terminal {
  readonly #input: ReadStream;
  readonly #output: WriteStream;
  readonly #interrupt: () => void;
  #open: Open | undefined;

  /** @param interrupt called for Ctrl-C, at any moment */
  constructor(input: ReadStream, output: WriteStream, interrupt: () => void) {
    this.#input = input;
    this.#output = output;
    this.#interrupt = interrupt;
    input.setRawMode(true);
    input.on('data', (keys: Buffer) => this.#typed(keys));
    input.on('end', interrupt);
  }

  /** Above an open prompt, which is shown again below. */
  say(text: string): void {
    const line = `${text.replaceAll('\n', '\r\n')}\r\n`;
    this.#output.write(this.#open ? `${CLEAR_LINE}${line}${this.#promptLine(this.#open)}` : line);
  }

  /**
   * @returns what was typed; zeroed by the caller where it matters
   * @throws the signal's reason
   */
  async ask(prompt: Prompt, signal: AbortSignal): Promise<Buffer> {
    signal.throwIfAborted();
    if (this.#open) throw new Error('one prompt at a time');
    const entry = Buffer.alloc(MAX_ENTRY_BYTES);
    let giveUp = () => {};
    try {
      return await new Promise<Buffer>((settle, reject) => {
        this.#open = { ...prompt, entry, length: 0, settle };
        this.#output.write(this.#promptLine(this.#open));
        giveUp = () => reject(signal.reason as Error);
        signal.addEventListener('abort', giveUp, { once: true });
      });
    } finally {
      signal.removeEventListener('abort', giveUp);
      entry.fill(0);
      this.#open = undefined;
      this.#output.write('\r\n');
    }
  }

  /** The keyboard as it was. */
  close(): void {
    this.#input.setRawMode(false);
    this.#input.pause();
  }

  #typed(keys: Buffer): void {
    for (const [i, key] of keys.entries()) {
      if (key === CTRL_C || key === CTRL_D) {
        this.#interrupt();
        break;
      }
      // arrows and the like: a sequence is one chunk, and none of it is an entry
      if (key === ESCAPE) break;
      if (this.#open && this.#press(this.#open, key)) {
        // the rest of a pasted block is not an answer to what comes next
        keys.fill(0, i);
        break;
      }
    }
    keys.fill(0);
  }

  /** @returns whether the entry is complete */
  #press(open: Open, key: number): boolean {
    const complete = open.oneKey ? key > 0x20 && key < 0x7f : ENTER.includes(key);
    if (BACKSPACE.includes(key)) this.#shorten(open, 1);
    else if (key === CTRL_U) this.#shorten(open, open.length);
    else if (key >= 0x20 && (complete || !open.oneKey) && open.length < MAX_ENTRY_BYTES) {
      open.entry[open.length++] = key;
      this.#output.write(open.echo === 'stars' ? '*' : Buffer.from([key]));
    }
    if (!complete) return false;
    const entry = Buffer.alloc(open.length);
    open.entry.copy(entry, 0, 0, open.length);
    this.#open = undefined;
    open.settle(entry);
    return true;
  }

  #shorten(open: Open, by: number): void {
    const length = Math.max(0, open.length - by);
    this.#output.write('\b \b'.repeat(open.length - length));
    open.entry.fill(0, length);
    open.length = length;
  }

  #promptLine(open: Open): string {
    const typed = open.echo === 'stars' ? '*'.repeat(open.length) : open.entry.toString('latin1', 0, open.length);
    return open.text + typed;
  }
}
