/** What the agent answers and what it refuses, over a real socket, with a server that says right and wrong things. */
import { createHash, generateKeyPairSync, randomBytes, X509Certificate } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as fc from 'fast-check';
import { afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { runAgent } from '../../bridge-agent/main.ts';
import { linkCheckDigit } from '../../bridge-agent/protocol.ts';
import type { HelloOk } from '../../bridge-agent/protocol.ts';
import type { Prompt } from '../../bridge-agent/terminal.ts';
import { words } from '../../bridge-agent/words.ts';
import { ScriptedServer } from './scripted-server.ts';
import type { Visit } from './scripted-server.ts';
import { TestAuthority } from './test-authority.ts';
import { sandboxRig } from './token-rigs.ts';

const CODE = `1234567890${linkCheckDigit('1234567890')}`;
const LINK_ID = '7d3f7c2e-5b0a-4a53-9a0c-1b7f0a3d9e11';
const UNIT = '山东测试建设有限公司';

/** A person who reads what is said and answers what is asked with the next of their answers, or not at all. */
class Reader {
  readonly said: string[] = [];
  readonly answers: string[];
  #wake: (() => void) | undefined;

  constructor(answers: readonly string[]) {
    this.answers = [...answers];
  }

  say = (text: string) => {
    this.said.push(text);
    this.#wake?.();
  };

  ask = async (_prompt: Prompt, signal: AbortSignal): Promise<Buffer> => {
    signal.throwIfAborted();
    const answer = this.answers.shift();
    if (answer !== undefined) return Buffer.from(answer);
    return new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason as Error)));
  };

  async hears(text: string): Promise<void> {
    while (!this.said.some((line) => line.includes(text))) await new Promise<void>((wake) => (this.#wake = wake));
  }
}

let server: ScriptedServer;
let issuer: X509Certificate;
const rig = sandboxRig();
const running: { stop: AbortController; done: Promise<void> }[] = [];

beforeAll(async () => {
  issuer = new X509Certificate((await TestAuthority.create()).certificate);
});
beforeEach(async () => {
  server = await ScriptedServer.start();
});
afterEach(async () => {
  for (const { stop, done } of running.splice(0)) {
    stop.abort(new Error('test over'));
    await done;
  }
  await server.stop();
});

const newFolder = () => mkdtempSync(join(tmpdir(), 'agent-'));

function startAgent(answers: readonly string[], dataFolder = newFolder()) {
  const reader = new Reader(answers);
  const stop = new AbortController();
  const settings = {
    server: { url: server.url, pinnedKeys: [server.publicKey] },
    drivers: [rig.driver],
    issuers: [issuer],
    plugInMs: 0,
    dataFolder,
  };
  const done = runAgent(settings, reader, stop.signal);
  running.push({ stop, done });
  return { reader, dataFolder, stop: () => (stop.abort(new Error('stopped')), done) };
}

const claimed = { t: 'claimed', linkId: LINK_ID, unit: UNIT, askedBy: '138****6027', channel: 'web' } as const;
const linked = () => ({ t: 'linked', linkId: LINK_ID, expiresAt: Date.now() + 3_600_000 }) as const;

async function claim(visit: Visit): Promise<void> {
  await visit.greet();
  await visit.frame('claim');
  visit.send({ ...claimed, matchExpiresAt: Date.now() + 180_000 });
}

async function linkedAgent() {
  const agent = startAgent([CODE]);
  const visit = await server.visit();
  await claim(visit);
  visit.send(linked());
  await agent.reader.hears(words('linked'));
  return { ...agent, visit };
}

test('the code may be typed as shown, and the unit, who asks and the match number are shown', async () => {
  const { reader } = startAgent([`${CODE.slice(0, 3)}-${CODE.slice(3, 7)} ${CODE.slice(7)}\r`.trim()]);
  const visit = await server.visit();
  await claim(visit);
  await reader.hears([...visit.matchNumber].join(' '));
  expect(reader.said.join('\n')).toContain(UNIT);
  expect(reader.said.join('\n')).toContain('138****6027');
});

test('a mistyped code never leaves the PC; a wrong one is told with the tries that are left', async () => {
  const wrong = `${CODE.slice(0, 10)}${(Number(CODE[10]) + 1) % 10}`;
  const { reader } = startAgent([wrong, '123', CODE, CODE]);
  const visit = await server.visit();
  await visit.greet();
  expect((await visit.frame('claim')).code).toBe(CODE);
  visit.send({ t: 'claim-error', code: 'code/wrong', triesLeft: 4 });
  await visit.frame('claim');
  expect(reader.said).toContain(words('code-mistyped'));
  expect(reader.said).toContain(words('code-malformed'));
  expect(reader.said).toContain(words('code-wrong', { triesLeft: 4 }));
});

describe('the server must be ours', () => {
  const stranger = generateKeyPairSync('ed25519').privateKey;
  test.each<[string, () => ScriptedServer['side']]>([
    ['a key that is not pinned', () => ({ key: stranger })],
    ['a pinned name on another key', () => ({ key: stranger, bend: (ok) => ({ ...ok, keyId: server.keyId }) })],
    ['a changed time', () => ({ bend: (ok) => ({ ...ok, time: ok.time + 1 }) })],
    ['a changed ephemeral key', () => ({ bend: (ok) => ({ ...ok, ephemeral: otherX25519() }) })],
  ])('%s ends it before a code is sent', async (_what, side) => {
    server.side = side();
    const { reader } = startAgent([CODE]);
    const visit = await server.visit();
    await visit.greet();
    await visit.closed();
    await reader.hears(words('not-our-server'));
    expect(visit.onTheWire).toHaveLength(1);
  });

  test('an answer with an unknown field is none', async () => {
    server.side = { bend: (ok: HelloOk) => ({ ...ok, also: 1 }) };
    const { reader } = startAgent([CODE]);
    await (await server.visit()).greet();
    await reader.hears(words('not-our-server'));
  });

  test('an agent that is too old says so', async () => {
    server.side = { minAgent: '0.2.0' };
    const { reader } = startAgent([CODE]);
    await (await server.visit()).greet();
    await reader.hears(words('too-old'));
  });

  test('a PC whose clock is wrong is told so, and works', async () => {
    const time = Date.now() + 3_600_000;
    server.side = { time };
    const { reader } = startAgent([CODE]);
    const visit = await server.visit();
    await claim(visit);
    visit.send(linked());
    expect(await visit.ask('c1', 'agent.info', {})).toMatchObject({ ok: true });
    expect(reader.said).toContain(words('clock', { minutes: 60 }));
  });
});

describe('refused, and the connection ended', () => {
  const notSigned = generateKeyPairSync('ed25519').privateKey;
  test.each<[string, (visit: Visit) => void]>([
    ['an unknown command', (v) => v.command('c1', 'sign' as 'agent.info', {})],
    ['an unknown argument', (v) => v.command('c1', 'agent.info', { pin: '1' } as never)],
    ['a missing argument', (v) => v.command('c1', 'cert.read', {} as never)],
    ['a path for an id', (v) => v.command('c1', 'renew.status', { txnId: '../../etc' })],
    ['a command not signed by the pinned key', (v) => v.command('c1', 'agent.info', {}, { key: notSigned })],
    ['an expired command', (v) => v.command('c1', 'agent.info', {}, { expiresAt: Date.now() - 1 })],
    ['a command out of order', (v) => v.command('c1', 'agent.info', {}, { seq: 2 })],
    ['an unknown frame', (v) => v.send({ t: 'exec', cmd: 'id' })],
    ['an unknown field of a frame', (v) => v.send({ ...linked(), also: 1 })],
    ['bytes that do not open', (v) => v.sendBytes(randomBytes(200))],
    ['a frame of another link', (v) => v.sendBytes(Buffer.alloc(64))],
    ['more than a frame may hold', (v) => v.sendBytes(Buffer.alloc(65_537))],
    ['a proof for another server', (v) => v.command('c1', 'renew.csr', csrArgs({ serverId: 'ff'.repeat(8) }))],
  ])('%s', async (_what, send) => {
    const { visit } = await linkedAgent();
    send(visit);
    await visit.closed();
  });

  test('a frame that is sent twice', async () => {
    const { visit } = await linkedAgent();
    visit.command('c1', 'agent.info', {});
    await visit.frame('ack');
    await visit.frame('result');
    visit.sendBytes(visit.onTheWire.findLast((bytes) => bytes.length > 300) ?? Buffer.alloc(0));
    await visit.closed();
  });

  test('whatever arrives instead of a frame', async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ minLength: 0, maxLength: 400 }), async (bytes) => {
        const { visit, stop } = await linkedAgent();
        visit.sendBytes(Buffer.from(bytes));
        await visit.closed();
        await stop();
      }),
      { numRuns: 25 },
    );
  });
});

describe('a link outlives what carries it', () => {
  test('a connection that is lost is made again, and the link resumed by its device key', async () => {
    const { visit } = await linkedAgent();
    visit.cut();
    const again = await server.visit();
    await again.greet();
    expect((await again.frame('resume')).linkId).toBe(LINK_ID);
    again.send(linked());
    expect(await again.ask('c1', 'agent.info', {})).toMatchObject({ ok: true });
  });

  test('an agent that is started again resumes its link without a code', async () => {
    const first = await linkedAgent();
    await first.stop();
    expect(statSync(join(first.dataFolder, 'link.json')).mode & 0o777).toBe(0o600);
    const { reader } = startAgent([], first.dataFolder);
    const again = await server.visit();
    await again.greet();
    expect((await again.frame('resume')).linkId).toBe(LINK_ID);
    expect(reader.said).toContain(words('resuming', { unit: UNIT }));
  });

  test('a known command is answered from before, also by the next run, and never carried out again', async () => {
    const first = await linkedAgent();
    const args = { certificateSha256: 'ab'.repeat(32) };
    const outcome = await first.visit.ask('look/1', 'cert.read', args);
    expect(outcome).toEqual({ ok: false, code: 'token/none' });
    await first.stop();

    await rig.addToken('plugged in meanwhile');
    startAgent([], first.dataFolder);
    const again = await server.visit();
    await again.greet();
    await again.frame('resume');
    again.send(linked());
    expect(await again.ask('look/1', 'cert.read', args)).toEqual(outcome);
    expect(await again.ask('look/2', 'cert.read', args)).toEqual({ ok: false, code: 'token/other-certificate' });
  });

  test.each([
    ['closed by the server', (v: Visit) => v.send({ t: 'close', reason: 'link/not-mine' }), words('closed-not-mine')],
    ['closed by command', (v: Visit) => v.command('c9', 'link.close', { reason: 'x' }), words('closed')],
    ['verified', (v: Visit) => v.send({ t: 'notice', text: 'verified', day: '2027-06-15' }), '2027年6月15日'],
  ])('%s, it is forgotten, and another code is asked for', async (_how, end, heard) => {
    const { visit, reader, dataFolder } = await linkedAgent();
    end(visit);
    await visit.closed();
    await reader.hears(heard);
    await reader.hears(words('another'));
    expect(readdirSync(dataFolder)).not.toContain('link.json');
  });
});

test('codes are neither in the log nor readable on the wire', async () => {
  const { visit, dataFolder } = await linkedAgent();
  const seen = Buffer.concat([...visit.onTheWire, readFileSync(join(dataFolder, 'agent.log'))]).toString('latin1');
  expect(seen).not.toContain(CODE);
});

function csrArgs(changed: { serverId: string }) {
  return {
    certificateSha256: createHash('sha256').digest('hex'),
    txnId: 'ab'.repeat(16),
    caseId: LINK_ID,
    nonce: 'cd'.repeat(32),
    promisedDay: '2027-06-15',
    proofExpiresAt: Date.now() + 600_000,
    ...changed,
  };
}

const otherX25519 = () =>
  generateKeyPairSync('x25519').publicKey.export({ type: 'spki', format: 'der' }).toString('base64');
