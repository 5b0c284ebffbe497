/**
 * Makes a clean clone ready: packages, the generated database client, the PKCS#11 addon and, where this user may
 * install them, the Debian packages. Node built-ins only, because nothing else is there yet. Does nothing, quickly,
 * when nothing is to be done.
 */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

export const ROOT = path.dirname(path.dirname(fileURLToPath(import.meta.url)));

const NODE = [20, 19];
const ADDON = 'node_modules/pkcs11js/build/Release/pkcs11.node';
const SOFTHSM_MODULES = [
  '/usr/lib/softhsm/libsofthsm2.so',
  `/usr/lib/${process.arch === 'arm64' ? 'aarch64' : 'x86_64'}-linux-gnu/softhsm/libsofthsm2.so`,
];

/** A program that tests need, and the Debian package that brings it. */
const TEST_TOOLS = {
  softhsm2: () => softHsmModule() !== undefined,
  opensc: () => hasProgram('pkcs11-tool'),
  openssl: () => hasProgram('openssl'),
  'g++': () => hasProgram('g++'),
  make: () => hasProgram('make'),
  chromium: () => hasProgram('chromium'),
  bsdutils: () => hasProgram('script'),
};
const TOKEN_TOOLS = { softhsm2: TEST_TOOLS.softhsm2, 'g++': TEST_TOOLS['g++'], make: TEST_TOOLS.make };

/** What stops a command, in one sentence for the person at the terminal. */
export class SetupError extends Error {}

/** @throws SetupError when packages cannot be installed or generated code cannot be made */
export function installPackages() {
  const [major, minor] = process.versions.node.split('.').map(Number);
  if (major < NODE[0] || (major === NODE[0] && minor < NODE[1]))
    throw new SetupError(`Node ${NODE.join('.')} or newer is needed; this is ${process.versions.node}.`);
  if (!packagesMatchTheLock()) {
    tell('installing packages');
    run('npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'], 'npm ci failed');
  }
  generateDatabaseClient();
}

/**
 * A token driver for the real PKCS#11 path, installing what is missing where this user may.
 *
 * @returns the module's path, or in one sentence why there is none
 */
export function prepareSoftHsm() {
  const missing = installDebianPackages(TOKEN_TOOLS);
  const module = softHsmModule();
  if (module === undefined) return { kind: 'none', why: 'softhsm2 is not installed and could not be installed here' };
  if (existsSync(path.join(ROOT, ADDON))) return { kind: 'ready', module };
  if (missing.length > 0) return { kind: 'none', why: `the PKCS#11 addon needs ${missing.join(' and ')}` };
  const built = buildAddon();
  return built === undefined ? { kind: 'ready', module } : { kind: 'none', why: built };
}

/** @returns the tools that tests need and that could not be installed, by the name of their Debian package */
export function prepareTestTools() {
  const missing = installDebianPackages(TEST_TOOLS);
  if (!existsSync(path.join(ROOT, ADDON))) {
    const failure = buildAddon();
    if (failure !== undefined) missing.push(`pkcs11js (${failure})`);
  }
  return missing;
}

/** What is installed is what the lock file names; packages for other platforms may be absent. */
function packagesMatchTheLock() {
  const installed = readJson('node_modules/.package-lock.json')?.packages;
  if (installed === undefined) return false;
  const locked = readJson('package-lock.json').packages;
  return Object.entries(locked).every(
    ([where, entry]) =>
      where === '' || (installed[where] ? installed[where].version === entry.version : entry.optional === true),
  );
}

/** Made again when the schema, the generator or Prisma itself is another. */
function generateDatabaseClient() {
  const stamp = path.join(ROOT, 'server/generated/.made-from');
  const hash = createHash('sha256');
  for (const file of ['prisma/schema.prisma', 'scripts/prisma-generate.mjs', 'node_modules/prisma/package.json'])
    hash.update(readFileSync(path.join(ROOT, file)));
  const madeFrom = hash.digest('hex');
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === madeFrom) return;
  tell('generating the database client');
  run(process.execPath, ['scripts/prisma-generate.mjs'], 'The database client could not be generated');
  writeFileSync(stamp, madeFrom);
}

/** @returns undefined when it was built, otherwise why not */
function buildAddon() {
  tell('building the PKCS#11 addon');
  const built = spawnSync(process.execPath, ['scripts/build-pkcs11.mjs'], { cwd: ROOT, encoding: 'utf8' });
  return built.status === 0 ? undefined : complaintOf(built.stderr);
}

/** @returns the packages that are still missing */
function installDebianPackages(tools) {
  const missing = () => Object.keys(tools).filter((name) => !tools[name]());
  const wanted = missing();
  const apt = aptGet();
  if (wanted.length === 0 || apt === undefined) return wanted;
  tell(`installing ${wanted.join(', ')}`);
  const install = () => apt(['install', '-y', '--no-install-recommends', ...wanted]);
  // the package lists of a fresh machine are empty or old
  if (!install()) apt(['update']) && install();
  return missing();
}

/** apt-get as this user may run it without being asked anything, or undefined. */
function aptGet() {
  if (!hasProgram('apt-get')) return undefined;
  const isRoot = process.getuid?.() === 0;
  if (!isRoot && (!hasProgram('sudo') || spawnSync('sudo', ['-n', 'true']).status !== 0)) return undefined;
  const command = [...(isRoot ? [] : ['sudo', '-n']), 'env', 'DEBIAN_FRONTEND=noninteractive', 'apt-get'];
  const options = ['-q', '-o', 'DPkg::Lock::Timeout=300'];
  return (args) => spawnSync(command[0], [...command.slice(1), ...options, ...args], { stdio: 'ignore' }).status === 0;
}

function softHsmModule() {
  return SOFTHSM_MODULES.find((file) => existsSync(file));
}

function hasProgram(name) {
  // administrators' programs are often missing from the path of an ordinary user
  const folders = [...(process.env.PATH ?? '').split(path.delimiter), '/usr/sbin', '/sbin'];
  return folders.some((folder) => existsSync(path.join(folder, name)));
}

function run(program, args, failure) {
  const child = spawnSync(program, args, { cwd: ROOT, encoding: 'utf8' });
  if (child.status === 0) return;
  throw new SetupError(`${failure}: ${child.error?.message ?? complaintOf(child.stderr || child.stdout)}`);
}

/** The line that says what is wrong: npm puts it between a code and the name of a log. */
function complaintOf(output) {
  const lines = output.split('\n').map((line) => line.replace(/^npm (error|ERR!) ?/, '').trim());
  const telling = lines.filter((line) => line !== '' && !/^(code|errno|syscall) |^A complete log|^npm warn/.test(line));
  return (output.includes('npm error') ? telling[0] : telling.at(-1)) ?? 'it did not say why';
}

function readJson(file) {
  const whole = path.join(ROOT, file);
  return existsSync(whole) ? JSON.parse(readFileSync(whole, 'utf8')) : undefined;
}

function tell(what) {
  process.stderr.write(`… ${what}\n`);
}
