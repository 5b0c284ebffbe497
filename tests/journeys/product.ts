/** The product as `npm start` runs it, in a folder and on ports of its own, with the clock at a given instant. */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { plainEnvironment } from '../plain-environment.ts';

export const ROOT = path.resolve(import.meta.dirname, '../..');

/** As a plan of `sandbox/demo/plan.ts`, with times as text. */
export interface PlannedCertificate {
  readonly name: string;
  readonly unit: string;
  readonly uscc: string;
  readonly notBefore: string;
  readonly notAfter: string;
  readonly token?: string;
}

export const MOBILE = '13900007135';
export const PIN = '246810';

export class Product {
  readonly folder = mkdtempSync(path.join(tmpdir(), 'journey-'));
  chat = '';
  phone = '';
  #start: ChildProcess | undefined;
  /** A server keeps its address, so that the agents find it again. */
  #ports: Promise<readonly [number, number]> | undefined;

  /**
   * Every certificate is of the demo's first project.
   *
   * @param pin of every key
   */
  constructor(certificates: readonly PlannedCertificate[], pin = PIN) {
    chmodSync(this.folder, 0o755); // root's database runs as another user, and is to be removed with the rest
    const planned = certificates.map((one) => ({
      ...one,
      about: one.name,
      project: 'dezhou-public-resources',
      status: 'good',
    }));
    writeFileSync(this.#path('plan.json'), JSON.stringify({ mobile: MOBILE, pin, certificates: planned }));
  }

  /** Runs from now on as if it were `instant`; what happened before stays. */
  async runAt(instant: string): Promise<void> {
    await this.stop();
    const [port, sandboxPort] = await (this.#ports ??= Promise.all([freePort(), freePort()]));
    this.chat = `http://127.0.0.1:${port}`;
    this.phone = `http://127.0.0.1:${sandboxPort}`;
    const offset = Math.round((Date.parse(instant) - Date.now()) / 1000);
    const start = spawn(process.execPath, ['scripts/start.mjs'], {
      cwd: ROOT,
      env: this.env({
        PORT: String(port),
        SANDBOX_PORT: String(sandboxPort),
        CLOCK_OFFSET: `${offset < 0 ? '-' : ''}PT${Math.abs(offset)}S`,
      }),
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.#start = start;
    let said = '';
    await new Promise<void>((resolve, reject) => {
      const hear = (chunk: Buffer) => {
        said += chunk.toString('utf8');
        if (said.includes('Ctrl-C')) resolve();
      };
      start.stdout.on('data', hear);
      start.stderr.on('data', hear);
      start.once('exit', (code) => reject(new Error(`npm start ended (${String(code)}):\n${said}${this.#logs()}`)));
    });
  }

  env(more: NodeJS.ProcessEnv = {}): NodeJS.ProcessEnv {
    return plainEnvironment({ DATA_DIR: this.folder, DEMO_PLAN: this.#path('plan.json'), ...more });
  }

  /** Of `npm start`. */
  get pid(): number | undefined {
    return this.#start?.pid;
  }

  /** Resolves with the exit code of `npm start` when it has ended, null after a signal. */
  async ended(): Promise<number | null> {
    if (!this.#start) throw new Error('not running');
    if (this.#start.exitCode === null && this.#start.signalCode === null) await once(this.#start, 'exit');
    return this.#start.exitCode;
  }

  async stop(): Promise<void> {
    await this.#end('SIGTERM');
  }

  /** Without a chance to end anything. */
  async kill(): Promise<void> {
    await this.#end('SIGKILL');
  }

  async dispose(): Promise<void> {
    await this.stop();
    rmSync(this.folder, { recursive: true, force: true });
  }

  async #end(signal: NodeJS.Signals): Promise<void> {
    const start = this.#start;
    this.#start = undefined;
    if (!start || start.exitCode !== null || start.signalCode !== null) return;
    const ended = once(start, 'exit');
    start.kill(signal);
    await ended;
  }

  #path(name: string): string {
    return path.join(this.folder, name);
  }

  #logs(): string {
    try {
      return readFileSync(this.#path('log/server.log'), 'utf8').slice(-4000);
    } catch {
      return '';
    }
  }
}

async function freePort(): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const { port } = probe.address() as AddressInfo;
  probe.close();
  await once(probe, 'close');
  return port;
}
