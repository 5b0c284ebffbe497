/** A program in a real terminal (util-linux `script`), with somebody who reads and types. */
import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';

export class PseudoTerminal {
  readonly #child: ChildProcess;
  #shown = '';
  /** Up to here everything was read. */
  #read = 0;
  #wake: (() => void) | undefined;
  #ended = false;

  /** @param command for a shell */
  constructor(command: string, env: NodeJS.ProcessEnv) {
    this.#child = spawn('script', ['-qefc', command, '/dev/null'], { env: { ...process.env, ...env } });
    this.#child.stdout?.on('data', (chunk: Buffer) => {
      this.#shown += chunk.toString('utf8');
      this.#wake?.();
    });
    this.#child.once('close', () => {
      this.#ended = true;
      this.#wake?.();
    });
  }

  /** Everything that was ever shown. */
  get shown(): string {
    return this.#shown;
  }

  /** @returns what was shown since the last time, up to and with the text */
  async shows(text: string): Promise<string> {
    for (;;) {
      const at = this.#shown.indexOf(text, this.#read);
      if (at >= 0) {
        const from = this.#read;
        this.#read = at + text.length;
        return this.#shown.slice(from, this.#read);
      }
      if (this.#ended) throw new Error(`ended without showing ${text}:\n${this.#shown}`);
      await new Promise<void>((wake) => (this.#wake = wake));
    }
  }

  types(keys: string): void {
    this.#child.stdin?.write(keys);
  }

  /** @returns the program's exit code */
  async ends(): Promise<number> {
    if (this.#child.exitCode === null) await once(this.#child, 'close');
    return this.#child.exitCode ?? -1;
  }

  kill(): void {
    this.#child.kill('SIGKILL');
  }
}
