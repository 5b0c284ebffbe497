/** What lies on a key, read with OpenSC: nothing of ours is asked. */
import { execFileSync } from 'node:child_process';
import { createPublicKey, X509Certificate, type KeyObject } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Product } from '../journeys/product.ts';

export interface TokenObject {
  readonly kind: 'Private Key' | 'Public Key' | 'Certificate';
  /** CKA_ID, hex. */
  readonly id: string;
  /** Everything that is told of it. */
  readonly description: string;
}

export class TokenReader {
  readonly #base: readonly string[];
  readonly #env: NodeJS.ProcessEnv;

  constructor({ folder }: Product, label: string, pin: string) {
    const demo = JSON.parse(readFileSync(path.join(folder, 'demo.json'), 'utf8')) as {
      driver: { module: string; env: Record<string, string> };
    };
    this.#base = ['--module', demo.driver.module, '--token-label', label, '--login', '--pin', 'env:TOKEN_PIN'];
    this.#env = { ...process.env, ...demo.driver.env, TOKEN_PIN: pin };
  }

  objects(): TokenObject[] {
    const listed = this.#tool('--list-objects').toString('utf8');
    return [...listed.matchAll(/^(Private Key|Public Key|Certificate) Object;[^\n]*\n(?:[ \t][^\n]*\n?)*/gm)].map(
      ([description, kind]) => ({
        kind: kind as TokenObject['kind'],
        id: /^ +ID: +([0-9a-f]+)$/m.exec(description)?.[1] ?? '',
        description,
      }),
    );
  }

  certificate(id: string): X509Certificate {
    return new X509Certificate(this.#object('cert', id));
  }

  publicKey(id: string): KeyObject {
    return createPublicKey({ key: this.#object('pubkey', id), type: 'spki', format: 'der' });
  }

  #object(type: 'cert' | 'pubkey', id: string): Buffer {
    const folder = mkdtempSync(path.join(tmpdir(), 'object-'));
    try {
      const file = path.join(folder, id);
      this.#tool('--read-object', '--type', type, '--id', id, '--output-file', file);
      return readFileSync(file);
    } finally {
      rmSync(folder, { recursive: true });
    }
  }

  #tool(...args: string[]): Buffer {
    return execFileSync('pkcs11-tool', [...this.#base, ...args], { env: this.#env, stdio: 'pipe' });
  }
}
