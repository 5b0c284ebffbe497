/**
 * Turns the programs of this tree into one file each under `dist/`, so that a start costs a quarter of a second.
 *
 * Packages stay outside. `import.meta.url` keeps naming the source file, so that templates and migrations are found
 * where they are in the tree; a program that starts another names its source, and the bundle finds the other's.
 */
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { build, stop } from 'esbuild';
import { ROOT } from './setup.mjs';

const PROGRAMS = [
  'server/main.ts',
  'server/embedded-ca/main.ts',
  'sandbox/main.ts',
  'sandbox/demo/seed.ts',
  'sandbox/tokens/worker.ts',
];

export const DIST = path.join(ROOT, 'dist');

/** Where the bundle of a program lies, e.g. `dist/server/main.js` for `server/main.ts`. */
export function bundleOf(program) {
  return path.join(DIST, program.replace(/[.]ts$/, '.js'));
}

export async function bundlePrograms() {
  const { outputFiles } = await build({
    absWorkingDir: ROOT,
    entryPoints: PROGRAMS.filter((program) => existsSync(path.join(ROOT, program))),
    outdir: DIST,
    outbase: ROOT,
    bundle: true,
    packages: 'external',
    platform: 'node',
    format: 'esm',
    target: 'node20',
    sourcemap: true,
    logLevel: 'error',
    plugins: [keepPlace],
    write: false,
  });
  for (const { path: file, contents } of outputFiles) replace(file, contents);
  // its helper process would stay as long as whoever bundles
  await stop();
}

/** Whole or not at all, and only when it is another: programs of an earlier start may be reading it. */
function replace(file, contents) {
  if (existsSync(file) && readFileSync(file).equals(contents)) return;
  mkdirSync(path.dirname(file), { recursive: true });
  const unfinished = `${file}.${process.pid}`;
  writeFileSync(unfinished, contents);
  renameSync(unfinished, file);
}

const keepPlace = {
  name: 'keep-place',
  setup(builder) {
    builder.onLoad({ filter: /[.]ts$/ }, async ({ path: file }) => {
      const source = await readFile(file, 'utf8');
      const url = (target) => JSON.stringify(pathToFileURL(target).href);
      const contents = source
        .replace(/new URL\('([^']+[.]ts)', import[.]meta[.]url\)/g, (_, other) => {
          const program = path.relative(ROOT, path.resolve(path.dirname(file), other));
          return `new URL(${url(bundleOf(program))})`;
        })
        .replaceAll('import.meta.url', url(file));
      return { contents, loader: 'ts' };
    });
  },
};
