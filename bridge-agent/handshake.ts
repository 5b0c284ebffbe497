/**
 * The agent's half of the `bridge/1` handshake: a hello with a fresh X25519 key, an answer signed by one of the
 * pinned server keys, and from both the keys of this connection. Pure but for the randomness.
 */
import {
  createHash,
  createPublicKey,
  diffieHellman,
  generateKeyPairSync,
  randomBytes,
  sign,
  timingSafeEqual,
  verify,
} from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import type { Hello } from './protocol.ts';
import {
  deriveLinkKeys,
  FrameCipher,
  HelloOk,
  HelloRefused,
  PROTOCOL,
  ProtocolError,
  serverHelloBytes,
  transcriptOf,
} from './protocol.ts';

export interface ThisComputer {
  readonly version: string;
  readonly os: string;
  readonly computer: string;
  readonly arch: string;
}

export interface SecureSession {
  readonly transcript: Buffer;
  readonly seal: FrameCipher;
  readonly open: FrameCipher;
  readonly matchNumber: string;
  /** The pinned key that signed; it signs the commands of this connection, too. */
  readonly serverKey: KeyObject;
  /** The server's time at the hello, ms since the epoch. */
  readonly serverTime: number;
}

/** The server is not ours, or somebody changed what it said. */
export class NotOurServer extends Error {
  override readonly name = 'NotOurServer';
}

/** The server asks for a newer agent. */
export class AgentTooOld extends Error {
  override readonly name = 'AgentTooOld';
}

export interface Greeting {
  readonly hello: Hello;
  /**
   * @param answer the server's first frame, as parsed JSON
   * @throws NotOurServer, AgentTooOld, ProtocolError
   */
  finish(answer: unknown): SecureSession;
}

/** @param pinnedKeys Ed25519 public keys that came with the agent: the current one and the next */
export function greet(computer: ThisComputer, deviceKey: KeyObject, pinnedKeys: readonly KeyObject[]): Greeting {
  const ephemeral = generateKeyPairSync('x25519');
  const hello: Hello = {
    t: 'hello',
    v: PROTOCOL,
    agent: { ...computer },
    devicePublicKey: spki(createPublicKey(deviceKey)).toString('base64'),
    ephemeral: spki(ephemeral.publicKey).toString('base64'),
    nonce: randomBytes(32).toString('base64'),
  };
  return {
    hello,
    finish: (answer) => {
      if (HelloRefused.safeParse(answer).success) throw new AgentTooOld();
      const ok = HelloOk.safeParse(answer);
      if (!ok.success) throw new ProtocolError('not a hello-ok');
      const { signature, ...unsigned } = ok.data;
      const transcript = transcriptOf(hello, unsigned);
      const serverKey = pinnedKeys.find((key) => keyIdOf(key) === ok.data.keyId);
      if (!serverKey || !verify(null, serverHelloBytes(transcript), serverKey, Buffer.from(signature, 'base64'))) {
        throw new NotOurServer();
      }
      // checked after the signature, so that only our server can say it
      if (isOlder(computer.version, ok.data.minAgent)) throw new AgentTooOld();
      const keys = deriveLinkKeys(sharedSecret(ephemeral.privateKey, ok.data.ephemeral), transcript);
      return {
        transcript,
        seal: new FrameCipher(keys.agentToServer, transcript),
        open: new FrameCipher(keys.serverToAgent, transcript),
        matchNumber: keys.matchNumber,
        serverKey,
        serverTime: ok.data.time,
      };
    },
  };
}

/** First 8 octets of the SHA-256 of the SPKI, as `hello-ok` names a key. */
export function keyIdOf(key: KeyObject): string {
  return createHash('sha256').update(spki(key)).digest('hex').slice(0, 16);
}

export function signByDevice(deviceKey: KeyObject, bytes: Buffer): string {
  return sign(null, bytes, deviceKey).toString('base64');
}

function sharedSecret(privateKey: KeyObject, theirs: string): Buffer {
  try {
    const publicKey = createPublicKey({ key: Buffer.from(theirs, 'base64'), type: 'spki', format: 'der' });
    const secret = diffieHellman({ privateKey, publicKey });
    // RFC 7748 §6.1: a low-order point gives zeros
    if (timingSafeEqual(secret, Buffer.alloc(secret.length))) throw new RangeError('low order');
    return secret;
  } catch (cause) {
    throw new ProtocolError('ephemeral key', { cause });
  }
}

function isOlder(version: string, minimum: string): boolean {
  const [ours, theirs] = [version, minimum].map((text) => text.split('.').map(Number));
  for (const [i, least] of (theirs ?? []).entries()) {
    const have = ours?.[i] ?? 0;
    if (have !== least) return have < least;
  }
  return false;
}

const spki = (key: KeyObject) => key.export({ type: 'spki', format: 'der' });
