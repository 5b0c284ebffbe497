/**
 * `npm run journey -- S1 S2 S4`: the named scenarios of the acceptance list, end to end through the chat, with a real
 * database, the real programs and a clock set to the scenario's days. Without names: all of them.
 */
import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import path from 'node:path';
import { installPackages, prepareTestTools, ROOT, SetupError } from './setup.mjs';

const JOURNEYS = 'tests/journeys';
const names = process.argv.slice(2);

try {
  installPackages();
  const missing = prepareTestTools();
  if (missing.length > 0) throw new SetupError(`Missing: ${missing.join(', ')}.`);
  const files = readdirSync(path.join(ROOT, JOURNEYS)).filter((file) => file.endsWith('.test.ts'));
  const wanted = names.flatMap((name) => {
    const found = files.filter((file) => file.startsWith(`${name.toLowerCase()}-`));
    if (found.length === 0) throw new SetupError(`There is no journey for ${name}; there are: ${files.join(', ')}.`);
    return found.map((file) => `${JOURNEYS}/${file}`);
  });
  const vitest = path.join(ROOT, 'node_modules/vitest/vitest.mjs');
  const run = spawnSync(process.execPath, [vitest, 'run', '--project=journeys', '--reporter=verbose', ...wanted], {
    cwd: ROOT,
    stdio: 'inherit',
  });
  process.exitCode = run.status ?? 1;
} catch (error) {
  if (!(error instanceof SetupError)) throw error;
  console.error(error.message);
  process.exitCode = 1;
}
