/**
 * `npm start`: from a clean clone to a chat that answers. Installs what is missing, starts the server (with its
 * embedded database and its certificate authority) and the sandbox, makes the demo data the first time, and says
 * where everything is. Ctrl-C ends all of it.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { lockFolder } from './folder-lock.mjs';
import { runProgram } from './program.mjs';
import { installPackages, prepareSoftHsm, ROOT, SetupError } from './setup.mjs';

const READY_WITHIN_MS = 60_000;
const ASK_EVERY_MS = 25;

if (existsSync(path.join(ROOT, '.env'))) process.loadEnvFile(path.join(ROOT, '.env'));
const host = (process.env.HOST ??= '127.0.0.1');
const port = (process.env.PORT ??= '3000');
const sandboxPort = (process.env.SANDBOX_PORT ??= '3001');
const folder = (process.env.DATA_DIR = path.resolve(ROOT, process.env.DATA_DIR ?? '.data'));
const demoFile = path.join(folder, 'demo.json');

const running = [];
let lock;
let ending;
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => void end(0));
// a terminal that is gone is no reason to leave the programs behind
process.stdout.on('error', () => void end(0));

try {
  await start();
} catch (error) {
  if (ending === undefined) console.error(error instanceof SetupError ? error.message : error);
  await end(1);
}

async function start() {
  lock = await lockFolder(folder);
  installPackages();
  const { bundlePrograms, bundleOf } = await import('./bundle.mjs');
  await bundlePrograms();
  await refuseTakenPort(host, port, 'PORT');
  await refuseTakenPort('127.0.0.1', sandboxPort, 'SANDBOX_PORT');
  const chat = `http://${host === '0.0.0.0' ? '127.0.0.1' : host}:${port}`;
  const sandbox = `http://127.0.0.1:${sandboxPort}`;
  const server = run('server', bundleOf('server/main.ts'));
  run('sandbox', bundleOf('sandbox/main.ts'));
  await answers(server, `${chat}/readyz`);
  if (!existsSync(demoFile)) makeDemoData(bundleOf('sandbox/demo/seed.ts'));
  if (ending !== undefined) return;
  const demo = JSON.parse(readFileSync(demoFile, 'utf8'));
  tellAgent(demo.driver);
  welcome(demo, chat, sandbox);
}

function run(name, bundle) {
  const program = { name, ...runProgram(bundle, path.join(folder, 'log', name)) };
  running.push(program);
  lock.started(path.relative(ROOT, bundle), program.pid);
  program.ended.then((code) => {
    if (ending !== undefined) return;
    console.error(program.complaint() || `The ${name} ended (${code}).`);
    console.error(`Its log: ${path.join(folder, 'log', `${name}.log`)}`);
    void end(1);
  });
  return program;
}

async function answers(program, url) {
  const until = Date.now() + READY_WITHIN_MS;
  while (ending === undefined) {
    const answer = await fetch(url).catch(() => undefined);
    if (answer?.ok) return;
    if (Date.now() > until)
      throw new SetupError(`The ${program.name} was not ready within ${READY_WITHIN_MS / 1000} s.`);
    await pause(ASK_EVERY_MS);
  }
}

/** The first time only; a run that was killed is completed by the next. */
function makeDemoData(bundle) {
  const token = prepareSoftHsm();
  if (token.kind === 'none') console.error(`The demo keys are files of the sandbox, because ${token.why}.`);
  const seed = spawnSync(process.execPath, ['--enable-source-maps', bundle], {
    cwd: ROOT,
    encoding: 'utf8',
    env: { ...process.env, ...(token.kind === 'ready' && { SOFTHSM_MODULE: token.module }) },
  });
  if (seed.status !== 0) throw new SetupError(`The demo data could not be made: ${seed.stderr.trim()}`);
}

/** The server has written how agents find and know it; which driver the demo keys need is known here. */
function tellAgent(driver) {
  const server = JSON.parse(readFileSync(path.join(folder, 'bridge.json'), 'utf8'));
  const file = path.join(folder, 'agent-development.json');
  writeFileSync(`${file}.new`, JSON.stringify({ ...server, drivers: [driver] }, undefined, 2), { mode: 0o600 });
  renameSync(`${file}.new`, file);
}

function welcome(demo, chat, sandbox) {
  const lines = [
    `Chat      ${chat}/`,
    `Sandbox   ${sandbox}/   (the phone that receives the SMS codes)`,
    `Health    ${chat}/readyz`,
    `Agent     npm run agent   (in a second terminal)`,
    '',
    `Sign in with ${demo.mobile}. PIN of the demo keys: ${demo.pin}`,
    ...demo.certificates.map((one) => `  ${one.serialTail}  ${one.ends}  ${one.about}`),
    '',
    'Ctrl-C ends everything.',
  ];
  console.log(lines.join('\n'));
}

async function refuseTakenPort(address, number, variable) {
  const taken = await new Promise((resolve) => {
    const probe = createServer();
    probe.once('error', (error) => resolve(error.code));
    probe.listen({ host: address, port: Number(number), exclusive: true }, () => probe.close(() => resolve(undefined)));
  });
  if (taken === 'EADDRINUSE')
    throw new SetupError(`Port ${number} is taken by another program; choose another with ${variable}=… npm start.`);
  if (taken !== undefined) throw new SetupError(`${address}:${number} cannot be opened (${taken}).`);
}

function end(code) {
  ending ??= (async () => {
    // the server first: it says goodbye to whoever is connected and stops the database when it is the last one
    for (const program of running) await program.stop();
    lock?.release();
    process.exit(code);
  })();
  return ending;
}
