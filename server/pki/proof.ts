/**
 * The renewal proof: the private key of the certificate that is renewed signs what it agrees to (design §3,
 * promise 5; `proofBytes` in the bridge protocol). An expired certificate proves as well as a valid one.
 */
import type { KeyObject } from 'node:crypto';
import { z } from 'zod';
import { readProof, type RenewalProof } from '../../bridge-agent/protocol.ts';
import { ProblemError } from '../../renewal/problem.ts';
import { isSignedBy } from './public-key.ts';

export interface SignedProof {
  /** Exactly `proofBytes` of the proof. */
  readonly bytes: Buffer;
  /** By the old key over SHA-256 of the bytes: PKCS#1 v1.5, or ECDSA as DER. */
  readonly signature: Buffer;
}

const Packed = z.strictObject({ proof: z.base64(), signature: z.base64() });

/** One text that carries proof and signature through reports and effects to the CA, base64. */
export function packProof(signed: SignedProof): string {
  const { bytes, signature } = signed;
  const packed = { proof: bytes.toString('base64'), signature: signature.toString('base64') };
  return Buffer.from(JSON.stringify(packed)).toString('base64');
}

/** @throws ProblemError proof/invalid */
export function unpackProof(packed: string): SignedProof {
  const { proof, signature } = orInvalid(() =>
    Packed.parse(JSON.parse(Buffer.from(packed, 'base64').toString('utf8'))),
  );
  return { bytes: Buffer.from(proof, 'base64'), signature: Buffer.from(signature, 'base64') };
}

/**
 * What was proven, when everything that is `expected` is in it.
 *
 * @param oldKey of the certificate that is replaced, from our own records
 * @throws ProblemError proof/invalid: other bytes, another key, or anything but the expected
 */
export function checkProof(signed: SignedProof, oldKey: KeyObject, expected: Partial<RenewalProof>): RenewalProof {
  const { bytes, signature } = signed;
  const proof = orInvalid(() => readProof(bytes));
  const named = Object.entries(expected) as [keyof RenewalProof, unknown][];
  const others = named.filter(([field, value]) => proof[field] !== value).map(([field]) => field);
  if (others.length > 0) throw new ProblemError('proof/invalid', { fields: others.join(' ') });
  if (!isSignedBy(oldKey, bytes, signature)) throw new ProblemError('proof/invalid', { fields: 'signature' });
  return proof;
}

function orInvalid<T>(read: () => T): T {
  try {
    return read();
  } catch (cause) {
    throw new ProblemError('proof/invalid', {}, { cause });
  }
}
