/**
 * Entry of `npm run agent`: configured by the file that the development server writes, which no packaged agent
 * reads. DATA_DIR is where the server keeps its data.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { readConfig } from './config.ts';
import { refuse, runInTerminal } from './run-in-terminal.ts';
import { words } from './words.ts';

const dataFolder = process.env['DATA_DIR'] ?? '.data';
// bundled beside this entry
const worker = fileURLToPath(new URL('pkcs11-worker.mjs', import.meta.url));

process.exit(await main());

async function main(): Promise<number> {
  const json = written(join(dataFolder, 'agent-development.json'));
  if (json === undefined) return refuse('not-set-up');
  if (process.getuid?.() === 0) process.stderr.write(`${words('as-root')}\n`);
  const config = readConfig(json, { command: process.execPath, args: [worker] });
  return runInTerminal({ ...config, dataFolder: join(dataFolder, 'agent') });
}

function written(file: string): unknown {
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch {
    return undefined;
  }
}
