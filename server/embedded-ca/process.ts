/** Keeps the embedded CA's process running beside the server, and ends it with the server. */
import { fork, type ChildProcess } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { readCertificate, type CertificateView } from '../pki/certificate.ts';

export interface CaProcess {
  /** The CA's own certificate: what the server and the agents pin. */
  readonly root: CertificateView;
  readonly pid: () => number | undefined;
  stop(): Promise<void>;
}

export interface CaProcessSettings {
  readonly env: NodeJS.ProcessEnv;
  /** What it complains about, a line or more. */
  readonly complained: (text: string) => void;
  /** Node options that running the entry needs, when it is not bundled. */
  readonly execArgv?: readonly string[];
}

const Ready = z.object({ ready: z.literal(true), root: z.base64() });

const START_AGAIN_AFTER_MS = 500;
/** An older CA, whose server was killed, ends within moments; one may be killed: so often starting is tried again. */
const TRIES = 10;
/** What `main.ts` ends with while another CA has the socket. */
const TRY_AGAIN = 75;

/** @throws Error with what the CA complained about, when it does not come up */
export async function startCaProcess(settings: CaProcessSettings): Promise<CaProcess> {
  const entry = fileURLToPath(new URL('./main.ts', import.meta.url));
  let child: ChildProcess | undefined;
  let ended = Promise.resolve();
  let complaint = '';
  let stopping = false;
  let again: NodeJS.Timeout | undefined;

  /** @returns the root certificate, or undefined when the process ended before it was ready */
  function launch(): Promise<Buffer | undefined> {
    complaint = '';
    const { env, execArgv = [], complained } = settings;
    const started = fork(entry, { env, execArgv: [...execArgv], stdio: ['ignore', 'inherit', 'pipe', 'ipc'] });
    child = started;
    started.stderr?.setEncoding('utf8').on('data', (text: string) => {
      complaint += text;
      complained(text);
    });
    ended = new Promise((resolve) => started.once('close', () => resolve()));
    return new Promise((resolve) => {
      started.once('message', (message) => {
        const ready = Ready.safeParse(message);
        resolve(ready.success ? Buffer.from(ready.data.root, 'base64') : undefined);
      });
      started.once('close', () => resolve(undefined));
    });
  }

  function keepRunning(): void {
    child?.once('close', () => {
      if (stopping) return;
      again = setTimeout(() => {
        void launch();
        keepRunning();
      }, START_AGAIN_AFTER_MS);
    });
  }

  let root: Buffer | undefined;
  for (let tries = 0; tries < TRIES && !root; tries++) {
    root = await launch();
    // killed before it was ready, it said nothing that speaks against another try
    const mayComeUp = child?.exitCode === TRY_AGAIN || child?.signalCode === 'SIGKILL';
    if (root !== undefined || !mayComeUp) break;
    await new Promise((resolve) => setTimeout(resolve, START_AGAIN_AFTER_MS));
  }
  if (!root) throw new Error(`the certificate authority did not start: ${complaint.trim()}`);
  keepRunning();
  return {
    root: readCertificate(root),
    pid: () => child?.pid,
    async stop() {
      stopping = true;
      clearTimeout(again);
      child?.kill('SIGTERM');
      await ended;
    },
  };
}
