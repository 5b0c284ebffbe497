/** `npm run bench`: every measurement of `bench/`, one after the other, on a machine that does nothing else. */
import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import path from 'node:path';
import { installPackages, ROOT } from './setup.mjs';

const FOLDER = path.join(ROOT, 'bench');

installPackages();
for (const file of readdirSync(FOLDER).filter((name) => name.endsWith('.bench.ts'))) {
  const run = spawnSync(process.execPath, ['--import', 'tsx', path.join(FOLDER, file)], {
    cwd: ROOT,
    stdio: 'inherit',
  });
  if (run.status !== 0) process.exitCode = 1;
}
