/**
 * Builds pkcs11js's native addon with the compiler of this machine against `node-api-headers`, because its own
 * install script needs Node's headers from the internet. Does nothing when the addon loads already.
 *
 *   node scripts/build-pkcs11.mjs            exit 0: the addon loads; 1: one sentence says why not
 */
import { spawnSync } from 'node:child_process';
import { mkdirSync, renameSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import process from 'node:process';

const require = createRequire(import.meta.url);

function main() {
  let root;
  try {
    root = dirname(require.resolve('pkcs11js/package.json'));
  } catch {
    return 'pkcs11js is not installed.';
  }
  const addon = join(root, 'build', 'Release', 'pkcs11.node');
  if (loads(addon)) return undefined;
  mkdirSync(dirname(addon), { recursive: true });
  const temporary = `${addon}.${process.pid}`;
  const built = spawnSync(
    process.env.CXX ?? 'g++',
    [
      ...['-std=c++17', '-O2', '-fPIC', '-DNAPI_DISABLE_CPP_EXCEPTIONS', '-DNODE_GYP_MODULE_NAME=pkcs11'],
      ...(process.platform === 'darwin' ? ['-bundle', '-undefined', 'dynamic_lookup'] : ['-shared']),
      ...['-I', require('node-api-headers').include_dir, '-I', join(root, 'includes')],
      // the other sources are included by main.cpp
      ...['dl.cpp', 'common.cpp', 'main.cpp'].map((source) => join(root, 'src', source)),
      ...(process.platform === 'linux' ? ['-ldl'] : []),
      ...['-o', temporary],
    ],
    { encoding: 'utf8' },
  );
  if (built.error) return 'No C++ compiler (g++) is installed; the PKCS#11 driver needs one to be built.';
  if (built.status !== 0) {
    rmSync(temporary, { force: true });
    return `The PKCS#11 driver could not be compiled: ${built.stderr.split('\n').find((line) => line.includes('error')) ?? built.stderr.trim()}`;
  }
  renameSync(temporary, addon);
  return loads(addon) ? undefined : 'The PKCS#11 driver was compiled but does not load.';
}

/** In a process of its own: a stale addon may do worse than fail. */
function loads(addon) {
  const script = 'process.dlopen({ exports: {} }, process.argv[1])';
  return spawnSync(process.execPath, ['-e', script, addon], { stdio: 'ignore' }).status === 0;
}

const fault = main();
if (fault) {
  console.error(fault);
  process.exitCode = 1;
}
