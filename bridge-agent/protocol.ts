/**
 * What the bridge agent and the server say to each other (`bridge/1`): every frame, every command, their limits,
 * and the keys that protect them. Owned by the agent, imported by the server; imports nothing of ours.
 *
 * One WebSocket, opened by the agent. Two plain frames (`hello`, `hello-ok`) agree on keys by X25519, signed by the
 * server's pinned Ed25519 key; from then on every frame is AES-256-GCM with a counter nonce and the handshake
 * transcript as AAD. Unknown fields, unknown commands and frames out of order end the connection.
 */
import { createCipheriv, createDecipheriv, createHash, hkdfSync } from 'node:crypto';
import { z } from 'zod';

export const PROTOCOL = 'bridge/1';
export const MAX_FRAME_BYTES = 64 * 1024;
export const MIN_AGENT = '0.1.0';

export const LINK_CODE_LIFE_MS = 10 * 60_000;
export const LINK_CODE_TRIES_PER_CONNECTION = 5;
export const MATCH_LIFE_MS = 3 * 60_000;
export const LINK_LIFE_MS = 12 * 3_600_000;
export const LINK_SILENCE_MS = 30 * 60_000;
export const COMMAND_LIFE_MS = 5 * 60_000;
/** A renewal proof is taken so long after the server asked for it. */
export const PROOF_LIFE_MS = 10 * 60_000;
export const PING_EVERY_MS = 20_000;
export const DEAD_AFTER_MS = 60_000;
export const RECONNECT_PAUSES_MS = [1_000, 2_000, 4_000, 8_000, 16_000, 30_000] as const;
/** Waiting for the CA longer than this ends the customer's consent. */
export const CONSENT_WAIT_MS = 2 * 60_000;

const base64 = z.base64();
const hex = (bytes: number) => z.string().regex(new RegExp(`^[0-9a-f]{${bytes * 2}}$`));
const uuid = z.uuid();
const instant = z.int().min(0);
const day = z.string().regex(/^\d{4}-\d{2}-\d{2}$/);
const short = z.string().max(200);
const problem = z.string().regex(/^[a-z]+\/[a-z-]+$/);

// --- handshake, in clear ------------------------------------------------------------------------------------

export const Hello = z.strictObject({
  t: z.literal('hello'),
  v: z.literal(PROTOCOL),
  agent: z.strictObject({ version: z.string().regex(/^\d+\.\d+\.\d+$/), os: short, computer: short, arch: short }),
  /** Ed25519 public key of this link, SPKI DER. */
  devicePublicKey: base64,
  /** X25519, SPKI DER. */
  ephemeral: base64,
  nonce: base64,
});
export type Hello = z.infer<typeof Hello>;

export const HelloOk = z.strictObject({
  t: z.literal('hello-ok'),
  v: z.literal(PROTOCOL),
  /** Which of the pinned keys signed: SHA-256 of its SPKI, first 8 bytes. */
  keyId: hex(8),
  ephemeral: base64,
  nonce: base64,
  time: instant,
  minAgent: z.string(),
  signature: base64,
});
export type HelloOk = z.infer<typeof HelloOk>;

/** Sent instead of `hello-ok`, in clear, to an agent that is too old. */
export const HelloRefused = z.strictObject({ t: z.literal('hello-refused'), code: problem, minAgent: z.string() });

// --- from the agent -----------------------------------------------------------------------------------------

const Claim = z.strictObject({ t: z.literal('claim'), code: z.string().regex(/^\d{11}$/), signature: base64 });
const Resume = z.strictObject({ t: z.literal('resume'), linkId: uuid, signature: base64 });
const Ack = z.strictObject({ t: z.literal('ack'), cmdId: short });
const Progress = z.strictObject({ t: z.literal('progress'), cmdId: short, step: short });
const Result = z.strictObject({
  t: z.literal('result'),
  cmdId: short,
  outcome: z.discriminatedUnion('ok', [
    z.strictObject({ ok: z.literal(true), data: z.unknown() }),
    z.strictObject({ ok: z.literal(false), code: problem }),
  ]),
  /** Ed25519 by the device key over `resultBytes`. */
  signature: base64,
});
const Bye = z.strictObject({ t: z.literal('close'), reason: short });

export const FromAgent = z.discriminatedUnion('t', [Claim, Resume, Ack, Progress, Result, Bye]);
export type FromAgent = z.infer<typeof FromAgent>;
export type ResultFrame = z.infer<typeof Result>;

// --- from the server ----------------------------------------------------------------------------------------

const Claimed = z.strictObject({
  t: z.literal('claimed'),
  linkId: uuid,
  unit: short,
  /** Masked mobile of who asks, and where. */
  askedBy: short,
  channel: short,
  matchExpiresAt: instant,
});
const ClaimError = z.strictObject({ t: z.literal('claim-error'), code: problem, triesLeft: z.int().min(0) });
const Linked = z.strictObject({ t: z.literal('linked'), linkId: uuid, expiresAt: instant });
const CommandFrame = z.strictObject({
  t: z.literal('command'),
  cmdId: short,
  /** Strictly one more than the last on this connection. */
  seq: z.int().min(1),
  name: z.string(),
  args: z.unknown(),
  expiresAt: instant,
  /** Ed25519 by the server's pinned key over `commandBytes`. */
  signature: base64,
});
export type CommandFrame = z.infer<typeof CommandFrame>;
/** The case has come further by other means; shown at the terminal. */
const Notice = z.strictObject({
  t: z.literal('notice'),
  text: z.enum(['waiting-for-ca', 'issued', 'verified']),
  day: day.optional(),
});

export const FromServer = z.discriminatedUnion('t', [Claimed, ClaimError, Linked, CommandFrame, Notice, Bye]);
export type FromServer = z.infer<typeof FromServer>;

// --- commands -----------------------------------------------------------------------------------------------

const expected = { certificateSha256: hex(32) };

const TokenView = z.strictObject({
  label: short,
  model: short,
  serialTail: short,
  algorithm: short,
  pin: z.enum(['ok', 'low', 'final', 'locked']),
  certificates: z.int().min(0),
});

/**
 * The complete list. Everything else is refused. Nothing here takes bytes to sign: the agent builds what it signs.
 */
export const COMMANDS = {
  'agent.info': {
    args: z.strictObject({}),
    result: z.strictObject({ version: z.string(), os: short, computer: short }),
  },
  /** Look at the key that holds this certificate; no PIN, no change. */
  'cert.read': { args: z.strictObject(expected), result: z.strictObject({ token: TokenView, certificate: base64 }) },
  /** Consent and PIN for a transaction; opens or finds its journal. */
  'renew.begin': {
    args: z.strictObject({
      ...expected,
      txnId: hex(16),
      caseId: uuid,
      unit: short,
      askedBy: short,
      oldEndDay: day,
      promisedDay: day,
    }),
    result: z.strictObject({ consentedAt: instant }),
  },
  /** New key pair (or the one this transaction already made), CSR, and the renewal proof by the old key. */
  'renew.csr': {
    args: z.strictObject({
      ...expected,
      txnId: hex(16),
      caseId: uuid,
      nonce: hex(32),
      serverId: hex(8),
      promisedDay: day,
      proofExpiresAt: instant,
    }),
    result: z.strictObject({
      /** PKCS#10, DER. */
      csr: base64,
      /** Exactly the bytes that were signed (`proofBytes`); `readProof` reads them. */
      proof: base64,
      /** By the old key: SHA-256 with ECDSA (DER) or RSA (PKCS #1 v1.5). */
      proofSignature: base64,
    }),
  },
  /**
   * The issued certificate beside the old one. Names the old certificate and the promised day again, because the
   * computer that writes need not be the one that made the key.
   */
  'renew.write': {
    args: z.strictObject({
      ...expected,
      txnId: hex(16),
      promisedDay: day,
      certificate: base64,
      issuers: z.array(base64).max(8),
    }),
    result: z.strictObject({ sha256: hex(32) }),
  },
  /** PIN again; fresh session; test signature with the new key over a challenge that the agent composes. */
  'renew.verify': {
    args: z.strictObject({ ...expected, txnId: hex(16), sha256: hex(32), nonce: hex(32) }),
    result: z.strictObject({
      certificate: base64,
      /** What was signed: `verifyBytes`. */
      signature: base64,
      oldObjects: z.boolean(),
      tokenSerialTail: short,
    }),
  },
  /** What the token and the journal say of a transaction. */
  'renew.status': {
    args: z.strictObject({ txnId: hex(16) }),
    result: z.strictObject({ lastStep: short, keyPresent: z.boolean(), certificatePresent: z.boolean() }),
  },
  'link.close': { args: z.strictObject({ reason: short }), result: z.strictObject({}) },
} as const;

export type CommandName = keyof typeof COMMANDS;
export type Args<N extends CommandName> = z.infer<(typeof COMMANDS)[N]['args']>;
export type CommandResult<N extends CommandName> = z.infer<(typeof COMMANDS)[N]['result']>;

// --- bytes that are signed ----------------------------------------------------------------------------------

const ZERO = Buffer.from([0]);
const text = (value: string) => Buffer.from(value, 'utf8');

/** JSON with sorted keys (RFC 8785 for the values used here: text, integers, booleans, lists, objects). */
export function canonicalJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(',')}]`;
  if (value === null || typeof value !== 'object') return JSON.stringify(value);
  const entries = Object.entries(value).filter(([, v]) => v !== undefined);
  entries.sort(([a], [b]) => (a < b ? -1 : 1));
  return `{${entries.map(([k, v]) => `${JSON.stringify(k)}:${canonicalJson(v)}`).join(',')}}`;
}

/** SHA-256 over both handshake frames, the signature left out. */
export function transcriptOf(hello: Hello, ok: Omit<HelloOk, 'signature'>): Buffer {
  return createHash('sha256').update(canonicalJson(hello)).update('\n').update(canonicalJson(ok)).digest();
}

export const serverHelloBytes = (transcript: Buffer) =>
  Buffer.concat([text('bridge/1 server-hello'), ZERO, transcript]);
export const claimBytes = (transcript: Buffer, code: string) =>
  Buffer.concat([text('bridge/1 claim'), ZERO, transcript, text(code)]);
export const resumeBytes = (transcript: Buffer, linkId: string) =>
  Buffer.concat([text('bridge/1 resume'), ZERO, transcript, text(linkId)]);
export const commandBytes = (transcript: Buffer, c: Omit<CommandFrame, 'signature' | 't'>) =>
  Buffer.concat([text('bridge/1 command'), ZERO, transcript, text(canonicalJson(c))]);
export const resultBytes = (transcript: Buffer, cmdId: string, outcome: ResultFrame['outcome']) =>
  Buffer.concat([text('bridge/1 result'), ZERO, transcript, text(canonicalJson({ cmdId, outcome }))]);

/** What the old key signs before anything is issued (design §3, promise 5). */
export interface RenewalProof {
  readonly caseId: string;
  readonly serverId: string;
  readonly nonce: string;
  readonly oldCertificateSha256: string;
  readonly newSpkiSha256: string;
  readonly promisedDay: string;
  readonly expiresAt: number;
}
export const proofBytes = (proof: RenewalProof) =>
  Buffer.concat([text('ukey-renew/1'), ZERO, text(canonicalJson(proof))]);
export const RenewalProof = z.strictObject({
  caseId: uuid,
  serverId: hex(8),
  nonce: hex(32),
  oldCertificateSha256: hex(32),
  newSpkiSha256: hex(32),
  promisedDay: day,
  expiresAt: instant,
});

/** @throws ProtocolError when the bytes are not what `proofBytes` makes of some proof */
export function readProof(bytes: Buffer): RenewalProof {
  const prefix = Buffer.concat([text('ukey-renew/1'), ZERO]);
  try {
    if (!bytes.subarray(0, prefix.length).equals(prefix)) throw new Error('prefix');
    const proof = RenewalProof.parse(JSON.parse(bytes.subarray(prefix.length).toString('utf8')));
    if (!proofBytes(proof).equals(bytes)) throw new Error('not canonical');
    return proof;
  } catch (cause) {
    throw new ProtocolError('not a renewal proof', { cause });
  }
}

/** What the new key signs to be proven by use: SHA-256 with ECDSA (DER) or RSA (PKCS #1 v1.5). */
export const verifyBytes = (txnId: string, nonce: string, certificateSha256: string) =>
  Buffer.concat([text('ukey-verify/1'), ZERO, text(canonicalJson({ certificateSha256, nonce, txnId }))]);

// --- keys and frames ----------------------------------------------------------------------------------------

export interface LinkKeys {
  readonly agentToServer: Buffer;
  readonly serverToAgent: Buffer;
  /** `00`…`99`; both ends hold it, only the agent shows it. */
  readonly matchNumber: string;
}

/** HKDF-SHA-256 (RFC 5869) over the X25519 secret, salted with the transcript. */
export function deriveLinkKeys(sharedSecret: Buffer, transcript: Buffer): LinkKeys {
  const okm = Buffer.from(hkdfSync('sha256', sharedSecret, transcript, 'bridge/1 keys', 72));
  // 64 bits modulo 100: the bias is below 2^-57
  const match = Number(okm.readBigUInt64BE(64) % 100n);
  return {
    agentToServer: okm.subarray(0, 32),
    serverToAgent: okm.subarray(32, 64),
    matchNumber: String(match).padStart(2, '0'),
  };
}

/** Seals and opens the frames of one direction; a frame lost, doubled, reordered or of another link never opens. */
export class FrameCipher {
  readonly #key: Buffer;
  readonly #transcript: Buffer;
  #counter = 0n;

  constructor(key: Buffer, transcript: Buffer) {
    this.#key = key;
    this.#transcript = transcript;
  }

  seal(frame: unknown): Buffer {
    const cipher = createCipheriv('aes-256-gcm', this.#key, this.#nextNonce());
    cipher.setAAD(this.#transcript);
    return Buffer.concat([cipher.update(JSON.stringify(frame), 'utf8'), cipher.final(), cipher.getAuthTag()]);
  }

  /** @throws ProtocolError when the bytes are not the next frame of this direction */
  open(bytes: Buffer): unknown {
    if (bytes.length < 16 || bytes.length > MAX_FRAME_BYTES) throw new ProtocolError('frame size');
    try {
      const decipher = createDecipheriv('aes-256-gcm', this.#key, this.#nextNonce());
      decipher.setAAD(this.#transcript);
      decipher.setAuthTag(bytes.subarray(-16));
      const plain = Buffer.concat([decipher.update(bytes.subarray(0, -16)), decipher.final()]);
      return JSON.parse(plain.toString('utf8'));
    } catch (cause) {
      throw new ProtocolError('frame does not open', { cause });
    }
  }

  #nextNonce(): Buffer {
    const nonce = Buffer.alloc(12);
    nonce.writeBigUInt64BE(this.#counter++, 4);
    return nonce;
  }
}

/** The other end does not speak `bridge/1`; the connection ends. */
export class ProtocolError extends Error {
  override readonly name = 'ProtocolError';
}

/**
 * A link code has ten digits drawn at random and this one, shown 3-4-4. Luhn (ISO/IEC 7812-1): catches a mistyped digit
 * without spending a try.
 */
export function linkCheckDigit(tenDigits: string): string {
  const sum = [...tenDigits].reduce((total, digit, i) => {
    const value = Number(digit) * (i % 2 === 1 ? 2 : 1);
    return total + (value > 9 ? value - 9 : value);
  }, 0);
  return String((10 - (sum % 10)) % 10);
}

export function isLinkCode(code: string): boolean {
  return /^\d{11}$/.test(code) && linkCheckDigit(code.slice(0, 10)) === code.slice(10);
}
