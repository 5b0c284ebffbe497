/** A program in a real terminal (util-linux `script`), with somebody who reads and types. */
import { spawn, type ChildProcessByStdio } from 'node:child_process';
import { EventEmitter, once } from 'node:events';
import path from 'node:path';
import type { Readable, Writable } from 'node:stream';
import { stripVTControlCharacters } from 'node:util';

const ROOT = path.resolve(import.meta.dirname, '..');
const READS_WITHIN_MS = 30_000;
const ENDS_WITHIN_MS = 5_000;
const CTRL_C = '\u0003';

export class PseudoTerminal {
  readonly #child: ChildProcessByStdio<Writable, Readable, Readable>;
  readonly #news = new EventEmitter();
  readonly #ended: Promise<number>;
  #isOpen = true;
  #output = '';
  /** Up to here everything was read. */
  #read = 0;

  /**
   * @param command for a shell, at the root of the tree
   * @param env all of it: nothing of the test runner's own is added
   */
  constructor(command: string, env: NodeJS.ProcessEnv) {
    // -e: the exit code of the command; the typescript file is not wanted
    this.#child = spawn('script', ['-qefc', command, '/dev/null'], { cwd: ROOT, env, stdio: ['pipe', 'pipe', 'pipe'] });
    const hear = (text: string) => {
      this.#output += text;
      this.#news.emit('news');
    };
    this.#child.stdout.setEncoding('utf8').on('data', hear);
    this.#child.stderr.setEncoding('utf8').on('data', hear);
    // what is typed when the program has just ended goes nowhere
    this.#child.stdin.on('error', () => undefined);
    this.#ended = new Promise((resolve) => {
      this.#child.once('close', (code) => {
        this.#isOpen = false;
        resolve(code ?? -1);
        this.#news.emit('news');
      });
    });
  }

  /** Everything that was ever shown, without colours and cursor movements. */
  get shown(): string {
    return stripVTControlCharacters(this.#output);
  }

  get isOpen(): boolean {
    return this.#isOpen;
  }

  /** Of `script`; the program is its child. */
  get pid(): number | undefined {
    return this.#child.pid;
  }

  types(keys: string): void {
    this.#child.stdin.write(keys);
  }

  /** @returns what was shown since the last time, up to and with the text */
  async shows(text: string, patience?: AbortSignal): Promise<string> {
    const found = await this.reads(new RegExp(escaped(text)), patience);
    return found.input.slice(0, found.index + text.length);
  }

  /** Waits until something that was not read yet matches; it and what comes before it count as read. */
  async reads(pattern: RegExp, patience = AbortSignal.timeout(READS_WITHIN_MS)): Promise<RegExpExecArray> {
    for (;;) {
      const found = pattern.exec(this.shown.slice(this.#read));
      if (found) {
        this.#read += found.index + found[0].length;
        return found;
      }
      if (!this.#isOpen) throw new Error(`ended without showing ${String(pattern)}:\n${this.shown}`);
      try {
        await this.news(patience);
      } catch (cause) {
        throw new Error(`waited for ${String(pattern)}; the terminal shows:\n${this.shown}`, { cause });
      }
    }
  }

  /** Resolves when something more is shown, or the program has ended. */
  async news(signal: AbortSignal): Promise<void> {
    await once(this.#news, 'news', { signal });
  }

  /** @returns the program's exit code */
  ends(): Promise<number> {
    return this.#ended;
  }

  /** Ctrl-C, as a person would; a program that does not heed it is killed. */
  async close(): Promise<void> {
    if (!this.#isOpen) return;
    this.types(CTRL_C);
    const impatience = setTimeout(() => this.kill(), ENDS_WITHIN_MS);
    await this.#ended;
    clearTimeout(impatience);
  }

  kill(): void {
    this.#child.kill('SIGKILL');
  }
}

function escaped(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
}
