/**
 * `npm test`: everything that says whether the product is right, in one run. Installs what it needs, counts every
 * check and every test as one, and ends with the line `N passed, N failed`. Nothing is skipped: a missing tool or a
 * test that did not run is a failure that names it.
 */
import { spawn } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync } from 'node:fs';
import path from 'node:path';
import { installPackages, prepareTestTools, ROOT, SetupError } from './setup.mjs';

const RESULTS = path.join(ROOT, 'dist/test-results.json');
const MOST_OUTPUT_LINES = 60;

const CHECKS = [
  { name: 'types', command: ['typescript/bin/tsc', '-p', '.'] },
  { name: 'lint', command: ['eslint/bin/eslint.js', '.', '--max-warnings=0'] },
  { name: 'format', command: ['prettier/bin/prettier.cjs', '--check', '--log-level=warn', '.'] },
  {
    name: 'boundaries',
    command: ['dependency-cruiser/bin/dependency-cruise.mjs', 'renewal', 'bot', 'bridge-agent', 'server', 'sandbox'],
  },
  { name: 'unused code', command: ['knip/bin/knip.js', '--no-progress'] },
];

const TESTS = [
  'vitest/vitest.mjs',
  'run',
  '--coverage',
  '--allowOnly=false',
  '--reporter=default',
  '--reporter=json',
  `--outputFile.json=${RESULTS}`,
];

let passed = 0;
let failed = 0;

try {
  installPackages();
  for (const tool of prepareTestTools()) fail(`missing tool: ${tool}`);
  // two at a time: none of them uses more than one core for long
  const waiting = [...CHECKS];
  await Promise.all([work(waiting), work(waiting)]);
  await runTests();
} catch (error) {
  if (!(error instanceof SetupError)) throw error;
  fail(error.message);
}
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed === 0 ? 0 : 1;

async function work(waiting) {
  for (let check = waiting.shift(); check !== undefined; check = waiting.shift()) {
    const started = Date.now();
    const { code, output } = await runNode(check.command, 'kept');
    const seconds = ((Date.now() - started) / 1000).toFixed(1);
    if (code === 0) {
      pass(`${check.name} (${seconds} s)`);
      continue;
    }
    const lines = output.trimEnd().split('\n');
    console.log(lines.slice(0, MOST_OUTPUT_LINES).join('\n'));
    if (lines.length > MOST_OUTPUT_LINES) console.log(`… ${lines.length - MOST_OUTPUT_LINES} more lines`);
    fail(check.name);
  }
}

async function runTests() {
  mkdirSync(path.dirname(RESULTS), { recursive: true });
  rmSync(RESULTS, { force: true });
  const { code } = await runNode(TESTS, 'shown');
  const files = readResults();
  if (files === undefined) return fail('the test runner ended without results');
  const failedBefore = failed;
  for (const file of files) {
    const name = path.relative(ROOT, file.name);
    if (file.status === 'failed' && file.assertionResults.length === 0) fail(`${name}: ${file.message}`);
    for (const test of file.assertionResults) {
      if (test.status === 'passed') passed++;
      else fail(`${name}: ${test.fullName} (${test.status})`);
    }
  }
  if (code !== 0 && failed === failedBefore)
    fail('the test runner failed beside its tests: coverage below the threshold or an error nobody caught');
}

function readResults() {
  try {
    return JSON.parse(readFileSync(RESULTS, 'utf8')).testResults;
  } catch {
    return undefined;
  }
}

/** Runs a program out of node_modules; `kept` output is returned, `shown` output goes to the terminal. */
function runNode([program, ...args], output) {
  const child = spawn(process.execPath, [path.join(ROOT, 'node_modules', program), ...args], {
    cwd: ROOT,
    stdio: ['ignore', ...(output === 'shown' ? ['inherit', 'inherit'] : ['pipe', 'pipe'])],
  });
  let text = '';
  child.stdout?.on('data', (chunk) => (text += chunk));
  child.stderr?.on('data', (chunk) => (text += chunk));
  return new Promise((resolve) => child.on('close', (code) => resolve({ code, output: text })));
}

function pass(name) {
  passed++;
  console.log(`✓ ${name}`);
}

function fail(name) {
  failed++;
  console.log(`✗ ${name}`);
}
