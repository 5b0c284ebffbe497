/**
 * Entry of the agent that customers download: server, pinned keys, CAs and drivers are put into the bundle when it
 * is made (`BAKED_CONFIG`), and neither flags nor environment nor file change them. The same file is its own PKCS#11
 * process when it is started with that one word.
 */
import { homedir } from 'node:os';
import { join } from 'node:path';
import { readConfig } from './config.ts';
import { refuse, runInTerminal } from './run-in-terminal.ts';
import { Pkcs11Driver } from './token/pkcs11.ts';
import { runWorker } from './token/worker.ts';

/** Replaced by the bundler. */
declare const BAKED_CONFIG: unknown;

const WORKER = 'pkcs11-worker';

process.exit(await main());

async function main(): Promise<number> {
  const [, script = '', word, module = ''] = process.argv;
  if (word === WORKER) {
    await runWorker(() => new Pkcs11Driver(module));
    return 0;
  }
  // it can load code into this process (`--require`), before any line of ours
  if (process.env['NODE_OPTIONS'] !== undefined) return refuse('node-options');
  if (process.getuid?.() === 0) return refuse('as-administrator');
  const config = readConfig(BAKED_CONFIG, { command: process.execPath, args: [script, WORKER] });
  return runInTerminal({ ...config, dataFolder: dataFolder() });
}

/** Per user, kept between runs. */
function dataFolder(): string {
  const state = process.platform === 'win32' ? process.env['LOCALAPPDATA'] : process.env['XDG_STATE_HOME'];
  return join(state ?? join(homedir(), '.local', 'state'), 'xuqi-bridge');
}
