/** A person at the agent's terminal: a real pseudo-terminal (`script`, util-linux), read as it appears. */
import { spawn, type ChildProcessByStdio } from 'node:child_process';
import { EventEmitter, once } from 'node:events';
import type { Readable, Writable } from 'node:stream';
import { stripVTControlCharacters } from 'node:util';
import { ROOT } from './product.ts';

export class Terminal {
  readonly #child: ChildProcessByStdio<Writable, Readable, Readable>;
  readonly #news = new EventEmitter();
  /** All that was shown, and how much of it was read. */
  shown = '';
  #read = 0;

  constructor(command: string, env: NodeJS.ProcessEnv) {
    // -e: the exit code of the command; the typescript file is not wanted
    this.#child = spawn('script', ['-qefc', command, '/dev/null'], { cwd: ROOT, env, stdio: ['pipe', 'pipe', 'pipe'] });
    const hear = (chunk: Buffer) => {
      this.shown += stripVTControlCharacters(chunk.toString('utf8'));
      this.#news.emit('news');
    };
    this.#child.stdout.on('data', hear);
    this.#child.stderr.on('data', hear);
  }

  type(text: string): void {
    this.#child.stdin.write(text);
  }

  /** Waits until something that was not read yet matches; what comes before it counts as read. */
  async reads(pattern: RegExp, patience = AbortSignal.timeout(30_000)): Promise<RegExpExecArray> {
    for (;;) {
      const found = pattern.exec(this.shown.slice(this.#read));
      if (found) {
        this.#read += found.index + found[0].length;
        return found;
      }
      try {
        await once(this.#news, 'news', { signal: patience });
      } catch (cause) {
        throw new Error(`waited for ${String(pattern)}; the terminal shows: ${this.shown}`, { cause });
      }
    }
  }

  async close(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const ended = once(this.#child, 'exit');
    // Ctrl-C, as a person would
    this.type('\u0003');
    const impatience = setTimeout(() => this.#child.kill('SIGKILL'), 5_000);
    await ended;
    clearTimeout(impatience);
  }
}
