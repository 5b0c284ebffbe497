/**
 * A program that `npm start` runs. It writes straight into its log files, so that it can still say what it does when
 * whoever started it is gone.
 */
import { spawn } from 'node:child_process';
import { closeSync, mkdirSync, openSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { ROOT } from './setup.mjs';

const ENDS_WITHIN_MS = 15_000;
const END_WITH_PARENT = pathToFileURL(path.join(ROOT, 'scripts/end-with-parent.mjs')).href;

/**
 * @param bundle file to run
 * @param log its output is appended to `<log>.log`, what went wrong to `<log>.err`
 * @returns `ended`: resolves with the exit code or signal; `complaint()`: what went wrong in this run; `stop()`: asks,
 *   waits, then ends it
 */
export function runProgram(bundle, log) {
  mkdirSync(path.dirname(log), { recursive: true });
  const out = openSync(`${log}.log`, 'a');
  const errors = openSync(`${log}.err`, 'a');
  const before = statSync(`${log}.err`).size;
  const child = spawn(process.execPath, ['--enable-source-maps', '--import', END_WITH_PARENT, bundle], {
    cwd: ROOT,
    stdio: ['ignore', out, errors, 'ipc'],
    // in a group of its own: Ctrl-C reaches us, and we end it in order
    detached: true,
  });
  closeSync(out);
  closeSync(errors);
  const ended = new Promise((resolve) => child.once('exit', (code, signal) => resolve(code ?? signal)));
  return {
    pid: child.pid,
    ended,
    complaint: () => readFileSync(`${log}.err`).subarray(before).toString('utf8').trim(),
    async stop() {
      child.kill('SIGTERM');
      const impatience = setTimeout(() => child.kill('SIGKILL'), ENDS_WITHIN_MS);
      await ended;
      clearTimeout(impatience);
    },
  };
}
