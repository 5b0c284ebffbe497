/**
 * `npm run agent`: bundles the agent from its sources and runs it in this terminal, against the server that
 * `npm start` runs on this machine.
 */
import { dirname, join, resolve } from 'node:path';
import process from 'node:process';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { buildSync } from 'esbuild';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const folder = join(root, 'dist', 'agent');
// as npm start has it
process.env.DATA_DIR = resolve(root, process.env.DATA_DIR ?? '.data');

buildSync({
  absWorkingDir: root,
  entryPoints: {
    agent: 'bridge-agent/development.ts',
    'pkcs11-worker': 'bridge-agent/token/pkcs11-worker.ts',
  },
  outdir: folder,
  outExtension: { '.js': '.mjs' },
  bundle: true,
  platform: 'node',
  format: 'esm',
  target: 'node20',
  // one file starts faster than many; the native driver stays where it was built
  external: ['pkcs11js', 'bufferutil', 'utf-8-validate'],
  // what CommonJS packages inside the bundle expect
  banner: {
    js: "import { createRequire as requireFrom } from 'node:module'; const require = requireFrom(import.meta.url);",
  },
  logLevel: 'error',
});

await import(pathToFileURL(join(folder, 'agent.mjs')).href);
