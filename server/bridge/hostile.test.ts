import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import fc from 'fast-check';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { linkCheckDigit, LINK_CODE_LIFE_MS, MAX_FRAME_BYTES } from '../../bridge-agent/protocol.ts';
import { openBridgeHouse, type BridgeHouse } from '../../tests/bridge-house.ts';
import { newHello } from '../../tests/scripted-agent.ts';

/** Between two tests, so that one test's wrong codes are forgotten in the next. */
const AN_HOUR_MS = 3_600_000;

let house: BridgeHouse;
beforeAll(async () => {
  house = await openBridgeHouse({ helloWithinMs: 300 });
});
beforeEach(() => {
  house.pass(AN_HOUR_MS);
});
afterAll(() => house.close());

const wrongCode = '12345678903';
const rightDigit = linkCheckDigit('1234567890');

async function raw(): Promise<{ socket: WebSocket; closed: Promise<number> }> {
  const socket = new WebSocket(house.url);
  socket.on('error', () => undefined);
  const closed = once(socket, 'close').then(([code]) => code as number);
  await once(socket, 'open');
  return { socket, closed };
}

/** A customer whose renewal goes on whatever the others do. */
async function stillServed(): Promise<void> {
  const { agent } = await house.joined(await house.customer());
  await agent.command('cert.read');
  await agent.vanish();
}

describe('codes', () => {
  test('five wrong ones end the connection', async () => {
    expect(wrongCode.slice(10)).toBe(rightDigit);
    const agent = await house.agent();
    for (const triesLeft of [4, 3, 2, 1]) {
      agent.claim(wrongCode);
      expect(await agent.next('claim-error')).toMatchObject({ code: 'code/wrong', triesLeft });
    }
    agent.claim(wrongCode);
    expect(await agent.next('claim-error')).toMatchObject({ code: 'code/no-tries', triesLeft: 0 });
    await agent.closed;
    // and the address waits, also with the right code
    const again = await house.agent();
    again.claim(await house.linkCode(await house.customer()));
    expect(await again.next('claim-error')).toMatchObject({ code: 'code/too-many' });
    await again.closed;
  });

  test('a code with a wrong check digit is not even looked for', async () => {
    const agent = await house.agent();
    agent.claim(`${wrongCode.slice(0, 10)}${(Number(rightDigit) + 1) % 10}`);
    expect(await agent.next('claim-error')).toMatchObject({ code: 'code/wrong' });
  });

  test('a code works once, and not after ten minutes', async () => {
    const who = await house.customer();
    const code = await house.linkCode(who);
    const first = await house.agent();
    first.claim(code);
    await first.next('claimed');
    const second = await house.agent();
    second.claim(code);
    expect(await second.next('claim-error')).toMatchObject({ code: 'code/expired' });
    const late = await house.linkCode(who);
    house.pass(LINK_CODE_LIFE_MS);
    second.claim(late);
    expect(await second.next('claim-error')).toMatchObject({ code: 'code/expired' });
  });

  test('of two that claim at once one gets it', async () => {
    const code = await house.linkCode(await house.customer());
    const agents = await Promise.all([house.agent(), house.agent()]);
    for (const agent of agents) agent.claim(code);
    const got = await Promise.allSettled(agents.map((agent) => agent.next('claimed')));
    expect(got.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
  });

  test('the code of a case that is over joins nothing', async () => {
    const who = await house.customer();
    const code = await house.linkCode(who);
    await house.command(who.caseId, { type: 'cancel-case' });
    const agent = await house.agent();
    agent.claim(code);
    expect(await agent.next('claim-error')).toMatchObject({ code: 'code/expired' });
  });

  test('a hundred wrong ones from anywhere stop everybody for ten minutes and raise an alarm', async () => {
    const many = await openBridgeHouse({ addressOf: () => randomBytes(4).toString('hex') });
    try {
      for (let i = 0; i < 100; i++) {
        const agent = await many.agent();
        agent.claim(wrongCode);
        await agent.next('claim-error');
        await agent.vanish();
      }
      expect(many.logged.filter(({ message }) => message.startsWith('alarm'))).toHaveLength(1);
      const who = await many.customer();
      const agent = await many.agent();
      agent.claim(await many.linkCode(who));
      expect(await agent.next('claim-error')).toMatchObject({ code: 'code/too-many' });
      many.pass(600_000);
      await many.joined(who);
    } finally {
      await many.close();
    }
  });
});

describe('what ends a connection, and no other', () => {
  test('a claim that the device did not sign', async () => {
    const agent = await house.agent();
    agent.send({ t: 'claim', code: wrongCode, signature: randomBytes(64).toString('base64') });
    expect(await agent.closed).toBe(1008);
  });

  test('a result before there is a link', async () => {
    const agent = await house.agent();
    agent.result('bridge/x/cert.read/1', { ok: false, code: 'token/none' });
    expect(await agent.closed).toBe(1008);
  });

  test('a second claim', async () => {
    const who = await house.customer();
    const { agent } = await house.joined(who);
    agent.claim(await house.linkCode(who));
    expect(await agent.closed).toBe(1008);
  });

  test('a result of another case', async () => {
    const [mine, theirs] = [await house.joined(await house.customer()), await house.joined(await house.customer())];
    const asked = await theirs.agent.command('cert.read');
    mine.agent.result(asked.cmdId, { ok: false, code: 'token/none' });
    expect(await mine.agent.closed).toBe(1008);
    expect((await house.effect(asked.cmdId)).state).toBe('sent');
  });

  test('a result that the device did not sign', async () => {
    const { agent } = await house.joined(await house.customer());
    const { cmdId } = await agent.command('cert.read');
    const signature = randomBytes(64).toString('base64');
    agent.send({ t: 'result', cmdId, outcome: { ok: false, code: 'token/none' }, signature });
    expect(await agent.closed).toBe(1008);
    expect((await house.effect(cmdId)).state).toBe('sent');
  });

  test('a field more', async () => {
    const { agent } = await house.joined(await house.customer());
    agent.send({ t: 'ack', cmdId: 'x', pin: '1' } as unknown as { t: 'ack'; cmdId: string });
    expect(await agent.closed).toBe(1008);
  });

  test('a frame that came before', async () => {
    const { agent } = await house.joined(await house.customer());
    const sent: Buffer[] = [];
    const send = agent.socket.send.bind(agent.socket) as (bytes: Buffer) => void;
    agent.socket.send = (bytes: unknown) => {
      sent.push(bytes as Buffer);
      send(bytes as Buffer);
    };
    agent.send({ t: 'ack', cmdId: 'x' });
    agent.sendBytes(sent[0]!);
    expect(await agent.closed).toBe(1008);
  });

  test('a frame that is too long', async () => {
    const { agent } = await house.joined(await house.customer());
    agent.sendBytes(Buffer.alloc(MAX_FRAME_BYTES + 1));
    expect(await agent.closed).toBe(1009);
  });

  test('too many frames', async () => {
    const { agent } = await house.joined(await house.customer());
    for (let i = 0; i < 200; i++) agent.send({ t: 'ack', cmdId: String(i) });
    expect(await agent.closed).toBe(1008);
  });

  test('too many pings', async () => {
    const { agent } = await house.joined(await house.customer());
    for (let i = 0; i < 200; i++) agent.socket.ping();
    expect(await agent.closed).toBe(1008);
  });

  test('silence instead of a hello', async () => {
    expect(await (await raw()).closed).toBe(1008);
  });

  test('a code that never comes', async () => {
    const agent = await house.agent();
    house.pass(LINK_CODE_LIFE_MS + 1);
    await house.bridge.sweep();
    expect(await agent.next('close')).toEqual({ t: 'close', reason: 'link/expired' });
  });

  test('an agent that is too old is told which one is needed', async () => {
    const { socket, closed } = await raw();
    const agent = { version: '0.0.9', os: 'o', computer: 'c', arch: 'x' };
    socket.send(JSON.stringify(newHello(device(), ephemeral(), { agent })));
    const [answer] = (await once(socket, 'message')) as [Buffer];
    expect(JSON.parse(answer.toString('utf8'))).toEqual({
      t: 'hello-refused',
      code: 'agent/too-old',
      minAgent: '0.1.0',
    });
    expect(await closed).toBe(1000);
  });

  test.each([
    { what: 'a point of small order', changes: { ephemeral: smallOrder() } },
    { what: 'a device key of another kind', changes: { devicePublicKey: spki(ephemeral()) } },
    { what: 'another version', changes: { v: 'bridge/2' } },
    { what: 'no key', changes: { ephemeral: 'AAAA' } },
    { what: 'a field more', changes: { cookie: 'x' } },
  ])('a hello with $what', async ({ changes }) => {
    const { socket, closed } = await raw();
    socket.send(JSON.stringify(newHello(device(), ephemeral(), changes)));
    expect(await closed).toBe(1008);
  });

  test('whatever bytes come first or later: this connection ends, the others go on', async () => {
    const anything = fc.oneof(
      fc.uint8Array({ maxLength: 400 }).map((bytes) => Buffer.from(bytes)),
      fc.json().map((text) => Buffer.from(text)),
    );
    await fc.assert(
      fc.asyncProperty(anything, fc.boolean(), async (bytes, greeted) => {
        if (greeted) {
          const agent = await house.agent();
          agent.sendBytes(bytes);
          expect(await agent.closed).toBe(1008);
        } else {
          const { socket, closed } = await raw();
          socket.send(bytes);
          expect(await closed).toBe(1008);
        }
      }),
      { numRuns: 60 },
    );
    await stillServed();
    expect(house.logged.filter(({ level }) => level === 'error')).toEqual([]);
  });

  test('whatever frame comes sealed and in order: only this connection suffers', async () => {
    const text = fc.string({ unit: 'binary', maxLength: 40 });
    const frame = fc.oneof(
      fc.record({
        t: fc.constantFrom('claim', 'resume', 'ack', 'progress', 'result', 'close', 'x'),
        cmdId: text,
        step: text,
      }),
      fc.record({ t: fc.constant('result'), cmdId: text, outcome: fc.jsonValue(), signature: fc.constant('AAAA') }),
      fc.record({ t: fc.constant('close'), reason: text }),
      fc.jsonValue(),
    );
    await fc.assert(
      fc.asyncProperty(frame, async (value) => {
        const agent = await house.agent();
        agent.send(value as never);
        agent.send({ t: 'close', reason: '' });
        expect([1000, 1008]).toContain(await agent.closed);
      }),
      { numRuns: 60 },
    );
    await stillServed();
    expect(house.logged.filter(({ level }) => level === 'error')).toEqual([]);
  });
});

describe('who may connect', () => {
  async function refusal(url: string, headers: Record<string, string> = {}): Promise<number | undefined> {
    const socket = new WebSocket(url, { headers });
    socket.on('error', () => undefined);
    const [, response] = (await once(socket, 'unexpected-response')) as [unknown, { statusCode?: number }];
    return response.statusCode;
  }

  test('not a web page', async () => {
    expect(await refusal(house.url, { origin: 'https://example.com' })).toBe(403);
  });

  test('not at another path', async () => {
    expect(await refusal(house.url.replace('/bridge', '/else'))).toBe(404);
  });

  test('not with fifty connections that have no link', async () => {
    const idle = await openBridgeHouse();
    try {
      const agents = await Promise.all(Array.from({ length: 50 }, () => idle.agent()));
      expect(await refusal(idle.url)).toBe(429);
      await agents[0]!.vanish();
      await idle.joined(await idle.customer());
    } finally {
      await idle.close();
    }
  });
});

function device() {
  return generateKeyPairSync('ed25519').privateKey;
}
function ephemeral() {
  return generateKeyPairSync('x25519').publicKey;
}
function spki(key: ReturnType<typeof ephemeral>): string {
  return key.export({ type: 'spki', format: 'der' }).toString('base64');
}
/** X25519 SPKI of the point 0 (RFC 7748 §6.1). */
function smallOrder(): string {
  return Buffer.concat([Buffer.from('302a300506032b656e032100', 'hex'), Buffer.alloc(32)]).toString('base64');
}
