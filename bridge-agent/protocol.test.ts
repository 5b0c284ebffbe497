import { generateKeyPairSync, randomBytes } from 'node:crypto';
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { greet, NotOurServer } from './handshake.ts';
import {
  canonicalJson,
  COMMANDS,
  deriveLinkKeys,
  FrameCipher,
  FromAgent,
  FromServer,
  isLinkCode,
  linkCheckDigit,
  MAX_FRAME_BYTES,
  proofBytes,
  ProtocolError,
  readProof,
} from './protocol.ts';

const transcript = randomBytes(32);
const pair = (key = randomBytes(32)) => [new FrameCipher(key, transcript), new FrameCipher(key, transcript)] as const;

describe('frames', () => {
  test('open in the order in which they were sealed, and only once', () => {
    const [seal, open] = pair();
    const [first, second] = [seal.seal({ n: 1 }), seal.seal({ n: 2 })];
    expect(open.open(first)).toEqual({ n: 1 });
    expect(() => open.open(first)).toThrow(ProtocolError);
    const [, inOrder] = pair();
    expect(() => inOrder.open(second)).toThrow(ProtocolError);
  });

  test('that were changed in one bit, cut, or sealed for another handshake, don’t open', () => {
    fc.assert(
      fc.property(fc.json(), fc.nat(), fc.nat(7), (json, at, bit) => {
        const key = randomBytes(32);
        const sealed = new FrameCipher(key, transcript).seal(JSON.parse(json));
        const bent = Buffer.from(sealed);
        const index = at % bent.length;
        bent[index] = (bent[index] ?? 0) ^ (1 << bit);
        expect(() => new FrameCipher(key, transcript).open(bent)).toThrow(ProtocolError);
        expect(() => new FrameCipher(key, transcript).open(sealed.subarray(0, -1))).toThrow(ProtocolError);
        expect(() => new FrameCipher(key, randomBytes(32)).open(sealed)).toThrow(ProtocolError);
      }),
    );
  });

  test('larger than a frame may be don’t open', () => {
    const [seal, open] = pair();
    expect(() => open.open(seal.seal('x'.repeat(MAX_FRAME_BYTES)))).toThrow(ProtocolError);
  });

  test('are read strictly: whatever JSON arrives is a known frame or refused', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        expect(FromServer.safeParse(value).success).toBe(false);
        expect(FromAgent.safeParse(value).success).toBe(false);
      }),
    );
  });
});

test('no command takes a PIN, bytes to sign, a path or a program', () => {
  const fields = Object.values(COMMANDS).flatMap(({ args }) => Object.keys(args.shape));
  expect(new Set(fields)).toEqual(
    new Set([
      ...['certificateSha256', 'txnId', 'caseId', 'unit', 'askedBy', 'oldEndDay', 'promisedDay'],
      ...['nonce', 'serverId', 'proofExpiresAt', 'certificate', 'issuers', 'sha256', 'reason'],
    ]),
  );
});

test('whatever answers the hello, it is our server or it is refused', () => {
  const device = generateKeyPairSync('ed25519').privateKey;
  const pinned = generateKeyPairSync('ed25519').publicKey;
  const computer = { version: '0.1.0', os: 'x', computer: 'x', arch: 'x' };
  fc.assert(
    fc.property(fc.jsonValue(), (answer) => {
      expect(() => greet(computer, device, [pinned]).finish(answer)).toThrow();
    }),
  );
  const wellFormed = {
    ...{ t: 'hello-ok', v: 'bridge/1', keyId: '00'.repeat(8), ephemeral: '', nonce: '', time: 0, minAgent: '9.9.9' },
    signature: randomBytes(64).toString('base64'),
  };
  // neither its keys nor its least version count before the signature
  expect(() => greet(computer, device, [pinned]).finish(wellFormed)).toThrow(NotOurServer);
});

test('the match number is one of a hundred, and both ends have the same keys', () => {
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 32, maxLength: 32 }), (secret) => {
      const keys = deriveLinkKeys(Buffer.from(secret), transcript);
      expect(keys.matchNumber).toMatch(/^\d\d$/);
      expect(keys).toEqual(deriveLinkKeys(Buffer.from(secret), transcript));
      expect(keys.agentToServer).not.toEqual(keys.serverToAgent);
    }),
  );
});

test('one wrong digit is no link code', () => {
  fc.assert(
    fc.property(
      fc.bigInt({ min: 0n, max: 9_999_999_999n }),
      fc.nat(10),
      fc.integer({ min: 1, max: 9 }),
      (n, at, by) => {
        const ten = String(n).padStart(10, '0');
        const code = ten + linkCheckDigit(ten);
        expect(isLinkCode(code)).toBe(true);
        const digits = [...code];
        digits[at] = String((Number(digits[at]) + by) % 10);
        expect(isLinkCode(digits.join(''))).toBe(false);
      },
    ),
  );
});

test('a proof is read from its own bytes and from no others', () => {
  const proof = {
    caseId: '7d3f7c2e-5b0a-4a53-9a0c-1b7f0a3d9e11',
    serverId: 'cd'.repeat(8),
    nonce: 'ab'.repeat(32),
    oldCertificateSha256: '01'.repeat(32),
    newSpkiSha256: '02'.repeat(32),
    promisedDay: '2027-06-15',
    expiresAt: 1,
  };
  expect(readProof(proofBytes(proof))).toEqual(proof);
  const unsorted = Buffer.concat([Buffer.from('ukey-renew/1\0'), Buffer.from(JSON.stringify(proof))]);
  expect(() => readProof(unsorted)).toThrow(ProtocolError);
  fc.assert(
    fc.property(fc.uint8Array(), (bytes) => {
      expect(() => readProof(Buffer.from(bytes))).toThrow(ProtocolError);
    }),
  );
});

test('canonical JSON is the same for the same values in any order', () => {
  fc.assert(
    fc.property(fc.dictionary(fc.string(), fc.oneof(fc.string(), fc.integer(), fc.boolean())), (values) => {
      const turned = Object.fromEntries(Object.entries(values).reverse());
      expect(canonicalJson(turned)).toBe(canonicalJson(values));
      expect(JSON.parse(canonicalJson(values))).toEqual(values);
    }),
  );
});
