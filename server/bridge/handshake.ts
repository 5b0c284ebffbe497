/** The two plain frames that a connection begins with, from the server's side (bridge protocol, handshake). */
import { createPublicKey, diffieHellman, generateKeyPairSync, randomBytes, verify, type KeyObject } from 'node:crypto';
import {
  deriveLinkKeys,
  FrameCipher,
  Hello,
  MIN_AGENT,
  PROTOCOL,
  ProtocolError,
  serverHelloBytes,
  transcriptOf,
  type HelloOk,
  type HelloRefused,
} from '../../bridge-agent/protocol.ts';
import type { Instant } from '../../renewal/calendar.ts';
import type { z } from 'zod';
import type { ServerKeys } from './server-keys.ts';

/** What both ends hold after the handshake. */
export interface Channel {
  readonly agent: Hello['agent'];
  /** SPKI DER. */
  readonly devicePublicKey: Buffer;
  readonly transcript: Buffer;
  readonly matchNumber: string;
  readonly seal: FrameCipher;
  readonly open: FrameCipher;
  /** Did this connection's device sign these bytes? */
  isSigned(bytes: Buffer, signature: string): boolean;
}

export type Greeting =
  | { readonly kind: 'agreed'; readonly answer: HelloOk; readonly channel: Channel }
  | { readonly kind: 'refused'; readonly answer: z.infer<typeof HelloRefused> };

const NONCE_BYTES = 32;

/** @throws ProtocolError or ZodError: not a hello of this protocol, or keys that are none */
export function greet(frame: Buffer, keys: ServerKeys, now: Instant): Greeting {
  const hello = Hello.parse(parseJson(frame));
  if (isOlder(hello.agent.version, MIN_AGENT))
    return { kind: 'refused', answer: { t: 'hello-refused', code: 'agent/too-old', minAgent: MIN_AGENT } };

  const device = publicKey(hello.devicePublicKey, 'ed25519');
  const theirs = publicKey(hello.ephemeral, 'x25519');
  const ours = generateKeyPairSync('x25519');
  const unsigned = {
    t: 'hello-ok',
    v: PROTOCOL,
    keyId: keys.keyId,
    ephemeral: ours.publicKey.export({ type: 'spki', format: 'der' }).toString('base64'),
    nonce: randomBytes(NONCE_BYTES).toString('base64'),
    time: now,
    minAgent: MIN_AGENT,
  } as const;
  const transcript = transcriptOf(hello, unsigned);
  const linkKeys = deriveLinkKeys(sharedSecret(ours.privateKey, theirs), transcript);
  const signature = keys.sign(serverHelloBytes(transcript)).toString('base64');
  return {
    kind: 'agreed',
    answer: { ...unsigned, signature },
    channel: {
      agent: hello.agent,
      devicePublicKey: device.export({ type: 'spki', format: 'der' }),
      transcript,
      matchNumber: linkKeys.matchNumber,
      seal: new FrameCipher(linkKeys.serverToAgent, transcript),
      open: new FrameCipher(linkKeys.agentToServer, transcript),
      isSigned: (bytes, proof) => verify(null, bytes, device, Buffer.from(proof, 'base64')),
    },
  };
}

function parseJson(frame: Buffer): unknown {
  try {
    return JSON.parse(frame.toString('utf8'));
  } catch (cause) {
    throw new ProtocolError('not JSON', { cause });
  }
}

function publicKey(spki: string, kind: 'ed25519' | 'x25519'): KeyObject {
  try {
    const key = createPublicKey({ key: Buffer.from(spki, 'base64'), format: 'der', type: 'spki' });
    if (key.asymmetricKeyType !== kind) throw new Error('another kind of key');
    return key;
  } catch (cause) {
    throw new ProtocolError(`not an ${kind} key`, { cause });
  }
}

/** A point of small order gives no secret: OpenSSL refuses it (RFC 7748 §6.1). */
function sharedSecret(privateKey: KeyObject, theirs: KeyObject): Buffer {
  try {
    return diffieHellman({ privateKey, publicKey: theirs });
  } catch (cause) {
    throw new ProtocolError('no shared secret', { cause });
  }
}

function isOlder(version: string, least: string): boolean {
  const [have, need] = [version, least].map((text) => text.split('.').map(Number));
  for (const [i, part] of (need ?? []).entries()) {
    const mine = have?.[i] ?? 0;
    if (mine !== part) return mine < part;
  }
  return false;
}
