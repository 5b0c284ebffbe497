/** The agent as a customer meets it: `npm run agent`'s program in a real terminal, from greeting to goodbye. */
import { createHash, createPublicKey } from 'node:crypto';
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { COMMANDS, linkCheckDigit } from '../../bridge-agent/protocol.ts';
import { problemWords, words } from '../../bridge-agent/words.ts';
import { FileDriver } from '../../sandbox/tokens/file-driver.ts';
import { makeToken } from '../../sandbox/tokens/token-file.ts';
import { plainEnvironment } from '../plain-environment.ts';
import { PseudoTerminal } from '../pseudo-terminal.ts';
import { ScriptedServer } from './scripted-server.ts';
import type { Visit } from './scripted-server.ts';
import { TestAuthority, UNIT } from './test-authority.ts';
import { bundle, PIN } from './token-rigs.ts';

const CODE = `5550001112${linkCheckDigit('5550001112')}`;
const LINK_ID = '7d3f7c2e-5b0a-4a53-9a0c-1b7f0a3d9e11';
const SERIAL = 'SB00000000000042';
const OLD_ID = 'a1'.repeat(16);
const TXN = '0f'.repeat(16);
const CTRL_C = '\u0003';

let server: ScriptedServer;
let authority: TestAuthority;
let dataFolder: string;
let old: Buffer;
let terminal: PseudoTerminal | undefined;
const sandboxWorker = bundle('sandbox/tokens/worker.ts');

beforeEach(async () => {
  server = await ScriptedServer.start();
  authority = await TestAuthority.create();
  dataFolder = mkdtempSync(join(tmpdir(), 'data-'));
  const tokens = mkdtempSync(join(tmpdir(), 'tokens-'));
  old = await keyToRenew(tokens);
  const settings = {
    server: server.url,
    pinnedKeys: [server.publicKey.export({ type: 'spki', format: 'der' }).toString('base64')],
    serverId: server.keyId,
    drivers: [{ kind: 'worker', entry: sandboxWorker, env: { SANDBOX_TOKENS: tokens } }],
    issuers: [authority.certificate.toString('base64')],
  };
  writeFileSync(join(dataFolder, 'agent-development.json'), JSON.stringify(settings));
});
afterEach(async () => {
  terminal?.kill();
  await server.stop();
});

async function keyToRenew(folder: string): Promise<Buffer> {
  makeToken(folder, { serial: SERIAL, label: '单位证书', pin: PIN });
  const driver = new FileDriver(folder);
  driver.login(SERIAL, Buffer.from(PIN));
  driver.generate(SERIAL, { id: OLD_ID, label: 'old', algorithm: 'P-256' });
  const spki = Buffer.from(driver.keys(SERIAL, OLD_ID).spki ?? '', 'base64');
  const der = await authority.issue({
    spki,
    notBefore: new Date('2024-01-01'),
    notAfter: new Date('2026-06-15T15:59:59Z'),
  });
  driver.writeCertificate(SERIAL, { id: OLD_ID, label: 'old', der });
  return der;
}

const openTerminal = () =>
  new PseudoTerminal('exec node scripts/agent.mjs', plainEnvironment({ DATA_DIR: dataFolder }));
const startAgent = () => (terminal = openTerminal());

async function joinLink(agent: PseudoTerminal): Promise<Visit> {
  await agent.shows(words('code-prompt'));
  agent.types(`${CODE}\r`);
  const visit = await server.visit();
  await visit.greet();
  expect((await visit.frame('claim')).code).toBe(CODE);
  const unit = UNIT.slice(3, UNIT.indexOf(','));
  const claimed = { t: 'claimed', linkId: LINK_ID, unit, askedBy: '138****6027', channel: 'web' } as const;
  visit.send({ ...claimed, matchExpiresAt: Date.now() + 180_000 });
  await agent.shows([...visit.matchNumber].join(' '));
  visit.send({ t: 'linked', linkId: LINK_ID, expiresAt: Date.now() + 3_600_000 });
  await agent.shows(words('linked'));
  return visit;
}

const certificateSha256 = () => createHash('sha256').update(old).digest('hex');
const beginArgs = () => ({
  certificateSha256: certificateSha256(),
  txnId: TXN,
  caseId: LINK_ID,
  unit: 'x',
  askedBy: '138****6027',
  oldEndDay: '2026-06-15',
  promisedDay: '2099-06-15',
});
const answerOf = async (visit: Visit, cmdId: string) => {
  await visit.frame('ack');
  const { outcome } = await visit.frame('result');
  return { cmdId, ...outcome };
};

test('a renewal from the code to 验证通过: consent from the key itself, the PIN twice and never to be seen', async () => {
  const agent = startAgent();
  const visit = await joinLink(agent);

  visit.command('look', 'cert.read', { certificateSha256: certificateSha256() });
  const look = await answerOf(visit, 'look');
  expect(look.ok && COMMANDS['cert.read'].result.parse(look.data).token).toEqual({
    label: '单位证书',
    model: 'Sandbox Key',
    serialTail: '0042',
    algorithm: 'P-256',
    pin: 'ok',
    certificates: 1,
  });

  visit.command('begin', 'renew.begin', beginArgs());
  const consent = await agent.shows(words('consent-prompt'));
  expect(consent).toContain('山东测试建设有限公司');
  expect(consent).toContain('2026年6月15日 → 2099年6月15日');
  agent.types('y');
  await agent.shows(words('pin-prompt'));
  agent.types('1234567\r');
  await agent.shows(words('pin-wrong'));
  await agent.shows(words('pin-low'));
  await agent.shows(words('pin-prompt'));
  agent.types(`${PIN}\r`);
  expect(await answerOf(visit, 'begin')).toMatchObject({ ok: true });

  const proof = { nonce: 'ab'.repeat(32), serverId: server.keyId, proofExpiresAt: Date.now() + 600_000 };
  const same = { certificateSha256: certificateSha256(), txnId: TXN, promisedDay: '2099-06-15' };
  visit.command('csr', 'renew.csr', { ...same, ...proof, caseId: LINK_ID });
  const made = await answerOf(visit, 'csr');
  const { csr } = COMMANDS['renew.csr'].result.parse(made.ok ? made.data : undefined);
  visit.send({ t: 'notice', text: 'waiting-for-ca' });
  await agent.shows(words('waiting-for-ca'));
  const openssl = (...args: string[]) =>
    execFileSync('openssl', ['req', '-inform', 'DER', '-noout', ...args], {
      input: Buffer.from(csr, 'base64'),
      stdio: ['pipe', 'pipe', 'ignore'],
      encoding: 'utf8',
    });
  const subject = openssl('-verify', '-subject', '-nameopt', 'RFC2253,utf8,-esc_msb');
  expect(subject).toContain('O=山东测试建设有限公司');
  const spki = createPublicKey(openssl('-verify', '-pubkey')).export({ type: 'spki', format: 'der' });

  const issued = await authority.issue({ spki, notAfter: new Date('2099-06-15T10:00:00Z') });
  const certificate = issued.toString('base64');
  visit.command('write', 'renew.write', { ...same, certificate, issuers: [] });
  const sha256 = createHash('sha256').update(issued).digest('hex');
  expect(await answerOf(visit, 'write')).toMatchObject({ ok: true, data: { sha256 } });
  await agent.shows(words('written'));

  visit.command('verify', 'renew.verify', {
    certificateSha256: certificateSha256(),
    txnId: TXN,
    sha256,
    nonce: 'ef'.repeat(32),
  });
  await agent.shows(words('pin-prompt'));
  agent.types(`${PIN}\r`);
  expect(await answerOf(visit, 'verify')).toMatchObject({ ok: true, data: { oldObjects: true } });
  visit.send({ t: 'notice', text: 'verified', day: '2099-06-15' });
  await agent.shows('2099年6月15日');
  await agent.shows(words('code-prompt'));
  agent.types(CTRL_C);
  await agent.shows(words('bye'));
  expect(await agent.ends()).toBe(0);

  expect(agent.shown).toContain('*'.repeat(PIN.length));
  const kept = readdirSync(dataFolder, { recursive: true, withFileTypes: true }).filter((file) => file.isFile());
  const everywhere = [
    agent.shown,
    ...visit.onTheWire.map((frame) => frame.toString('latin1')),
    ...kept.map((file) => readFileSync(join(file.parentPath, file.name), 'latin1')),
  ];
  for (const text of everywhere) expect(text).not.toContain(PIN);
});

test('No ends it with nothing changed, and the chat is told no more than that', async () => {
  const agent = startAgent();
  const visit = await joinLink(agent);
  visit.command('begin', 'renew.begin', beginArgs());
  await agent.shows(words('consent-prompt'));
  agent.types('x');
  await agent.shows(words('consent-unclear'));
  agent.types('n');
  await visit.frame('ack');
  expect((await visit.frame('result')).outcome).toEqual({ ok: false, code: 'pin/refused' });
  await agent.shows(problemWords('pin/refused', 'try-again'));
});

test('what is typed before a question is asked answers nothing', async () => {
  const agent = startAgent();
  const visit = await joinLink(agent);
  agent.types(`y${PIN}\r`);
  visit.command('look', 'cert.read', { certificateSha256: certificateSha256() });
  await answerOf(visit, 'look');
  visit.command('begin', 'renew.begin', beginArgs());
  await agent.shows(words('consent-prompt'));
  agent.types('y');
  await agent.shows(words('pin-prompt'));
  agent.types('\r');
  // an empty entry is no try
  await agent.shows(words('pin-too-short', { min: 4 }));
  agent.types(`9999\u007f${'\u007f'.repeat(3)}${PIN}\r`);
  expect(await answerOf(visit, 'begin')).toMatchObject({ ok: true });
});

test('a mistyped digit of the code is told as such, and only another length as a length', async () => {
  const agent = startAgent();
  await agent.shows(words('code-prompt'));
  agent.types(`${CODE.slice(0, 10)}${(Number(CODE.slice(10)) + 1) % 10}\r`);
  await agent.shows(words('code-mistyped'));
  await agent.shows(words('code-prompt'));
  agent.types(`${CODE.slice(0, 10)}\r`);
  await agent.shows(words('code-malformed'));
});

test.each(['the code', 'consent', 'the PIN'])('Ctrl-C while %s is asked for ends cleanly', async (asked) => {
  const agent = startAgent();
  if (asked === 'the code') await agent.shows(words('code-prompt'));
  else {
    const visit = await joinLink(agent);
    visit.command('begin', 'renew.begin', beginArgs());
    await agent.shows(words('consent-prompt'));
    if (asked === 'the PIN') {
      agent.types('y');
      await agent.shows(words('pin-prompt'));
    }
  }
  agent.types(CTRL_C);
  await agent.shows(words('bye'));
  expect(await agent.ends()).toBe(0);
});

test('killed while the PIN is asked for and started again: the same question, no new code', async () => {
  const agent = startAgent();
  const visit = await joinLink(agent);
  visit.command('begin/1', 'renew.begin', beginArgs());
  await agent.shows(words('consent-prompt'));
  const log = readFileSync(join(dataFolder, 'agent', 'agent.log'), 'utf8');
  process.kill(Number(/"pid":(\d+)/.exec(log)?.[1]), 'SIGKILL');
  await visit.closed();
  await agent.ends();

  const again = startAgent();
  const next = await server.visit();
  await next.greet();
  await next.frame('resume');
  next.send({ t: 'linked', linkId: LINK_ID, expiresAt: Date.now() + 3_600_000 });
  next.command('begin/1', 'renew.begin', beginArgs());
  await again.shows(words('consent-prompt'));
  again.types('y');
  await again.shows(words('pin-prompt'));
  again.types(`${PIN}\r`);
  expect(await answerOf(next, 'begin/1')).toMatchObject({ ok: true });
});

test('a second agent for the same folder does not start', async () => {
  const agent = startAgent();
  await agent.shows(words('code-prompt'));
  const second = openTerminal();
  await second.shows(words('already-open'));
  expect(await second.ends()).toBe(1);
});

test('without a terminal nothing is asked for', () => {
  const piped = spawnSync(process.execPath, ['scripts/agent.mjs'], {
    env: { ...process.env, DATA_DIR: dataFolder },
    input: `${CODE}\n`,
    encoding: 'utf8',
  });
  expect(piped.status).toBe(1);
  expect(piped.stderr).toContain(words('no-terminal'));
});
