/** Looks for what must stand nowhere: as it was typed, and in hex as a database tells bytes. */
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';

export class Secret {
  readonly #forms: readonly string[];

  constructor(typed: string) {
    this.#forms = [typed, Buffer.from(typed, 'utf8').toString('hex')];
  }

  isIn(bytes: Buffer | string): boolean {
    return this.#forms.some((form) => bytes.includes(form));
  }

  /** @returns the files below `folder` that hold it */
  filesIn(folder: string): string[] {
    return readdirSync(folder, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map(({ parentPath, name }) => path.join(parentPath, name))
      .filter((file) => this.isIn(readIfThere(file)));
  }

  /** @returns command lines and environments of running processes that hold it */
  processes(): string[] {
    return readdirSync('/proc')
      .filter((name) => /^\d+$/.test(name))
      .flatMap((pid) => [`/proc/${pid}/cmdline`, `/proc/${pid}/environ`])
      .filter((file) => this.isIn(readIfThere(file)));
  }
}

function readIfThere(file: string): Buffer {
  try {
    return readFileSync(file);
  } catch {
    return Buffer.alloc(0); // ended or removed meanwhile
  }
}
