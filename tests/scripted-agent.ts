/**
 * An agent for tests of the server's end: speaks the bridge protocol over a real WebSocket and says exactly what the
 * test tells it to, right or wrong.
 */
import {
  createPublicKey,
  diffieHellman,
  generateKeyPairSync,
  randomBytes,
  sign,
  verify,
  type KeyObject,
} from 'node:crypto';
import { once } from 'node:events';
import { WebSocket } from 'ws';
import {
  claimBytes,
  commandBytes,
  deriveLinkKeys,
  FrameCipher,
  FromServer,
  HelloOk,
  PROTOCOL,
  resultBytes,
  resumeBytes,
  serverHelloBytes,
  transcriptOf,
  type CommandFrame,
  type FromAgent,
  type Hello,
  type ResultFrame,
} from '../bridge-agent/protocol.ts';

export type Outcome = ResultFrame['outcome'];
type FrameOf<T extends FromServer['t']> = Extract<FromServer, { t: T }>;

export interface ScriptedAgent {
  readonly deviceKey: KeyObject;
  readonly matchNumber: string;
  readonly socket: WebSocket;
  /** The next frame, which must be of this kind. */
  next<T extends FromServer['t']>(kind: T): Promise<FrameOf<T>>;
  /** The next command of this name; its signature and sequence are checked. Notices in between are let pass. */
  command(name: string): Promise<CommandFrame>;
  send(frame: FromAgent): void;
  sendBytes(bytes: Buffer): void;
  claim(code: string): void;
  resume(linkId: string): void;
  result(cmdId: string, outcome: Outcome): void;
  /** When the server has ended the connection: the code of the WebSocket. */
  readonly closed: Promise<number>;
  /** Gone without a word, as when the power fails. */
  vanish(): Promise<void>;
}

const spki = (key: KeyObject) => key.export({ type: 'spki', format: 'der' });

export function newHello(deviceKey: KeyObject, ephemeral: KeyObject, changes: object = {}): Hello {
  return {
    t: 'hello',
    v: PROTOCOL,
    agent: { version: '0.1.0', os: 'Windows 11', computer: 'DESK-7', arch: 'x64' },
    devicePublicKey: spki(createPublicKey(deviceKey)).toString('base64'),
    ephemeral: spki(ephemeral).toString('base64'),
    nonce: randomBytes(32).toString('base64'),
    ...changes,
  };
}

/** @param pinned SPKI DER, base64: the key that must have signed */
export async function connectAgent(
  url: string,
  pinned: string,
  deviceKey: KeyObject = generateKeyPairSync('ed25519').privateKey,
): Promise<ScriptedAgent> {
  const serverKey = createPublicKey({ key: Buffer.from(pinned, 'base64'), format: 'der', type: 'spki' });
  const socket = new WebSocket(url, { perMessageDeflate: false });
  const closed = once(socket, 'close').then(([code]) => code as number);
  const inbox: Buffer[] = [];
  let arrived: () => void = () => undefined;
  socket.on('message', (data) => {
    inbox.push(data as Buffer);
    arrived();
  });
  socket.on('error', () => undefined);
  void closed.then(() => arrived());
  await once(socket, 'open');

  async function bytes(): Promise<Buffer> {
    for (;;) {
      const first = inbox.shift();
      if (first) return first;
      if (socket.readyState >= WebSocket.CLOSING) throw new Error('the server has ended the connection');
      await new Promise<void>((resolve) => (arrived = resolve));
    }
  }

  const mine = generateKeyPairSync('x25519');
  const hello = newHello(deviceKey, mine.publicKey);
  socket.send(JSON.stringify(hello));
  const { signature, ...ok } = HelloOk.parse(JSON.parse((await bytes()).toString('utf8')));
  const transcript = transcriptOf(hello, ok);
  if (!verify(null, serverHelloBytes(transcript), serverKey, Buffer.from(signature, 'base64')))
    throw new Error('not our server');
  const theirs = createPublicKey({ key: Buffer.from(ok.ephemeral, 'base64'), format: 'der', type: 'spki' });
  const keys = deriveLinkKeys(diffieHellman({ privateKey: mine.privateKey, publicKey: theirs }), transcript);
  const seal = new FrameCipher(keys.agentToServer, transcript);
  const open = new FrameCipher(keys.serverToAgent, transcript);
  const signed = (text: Buffer) => sign(null, text, deviceKey).toString('base64');
  const send = (frame: FromAgent) => socket.send(seal.seal(frame));
  const frame = async () => FromServer.parse(open.open(await bytes()));
  let seq = 0;

  return {
    deviceKey,
    matchNumber: keys.matchNumber,
    socket,
    closed,
    async next(kind) {
      const got = await frame();
      if (got.t !== kind) throw new Error(`${got.t} instead of ${kind}: ${JSON.stringify(got)}`);
      return got as FrameOf<typeof kind>;
    },
    async command(name) {
      let got = await frame();
      while (got.t === 'notice') got = await frame();
      if (got.t !== 'command' || got.name !== name) throw new Error(`${JSON.stringify(got)} instead of ${name}`);
      const { t: _t, signature: by, ...command } = got;
      seq += 1;
      if (command.seq !== seq) throw new Error('out of sequence');
      if (!verify(null, commandBytes(transcript, command), serverKey, Buffer.from(by, 'base64')))
        throw new Error('a command not signed by the server');
      return got;
    },
    send,
    sendBytes: (raw) => socket.send(raw),
    claim: (code) => send({ t: 'claim', code, signature: signed(claimBytes(transcript, code)) }),
    resume: (linkId) => send({ t: 'resume', linkId, signature: signed(resumeBytes(transcript, linkId)) }),
    result: (cmdId, outcome) =>
      send({ t: 'result', cmdId, outcome, signature: signed(resultBytes(transcript, cmdId, outcome)) }),
    async vanish() {
      socket.terminate();
      await closed;
    },
  };
}
