/**
 * Where the parts of a DER value lie, byte for byte (X.690 §8.1). Names and keys are compared and hashed as they
 * stand in the certificate, never after another encoder wrote them again.
 */

/** The bytes are not DER of the expected shape. */
export class DerError extends Error {
  override readonly name = 'DerError';
}

export interface Part {
  readonly tag: number;
  /** Tag, length and content. */
  readonly bytes: Buffer;
  readonly content: Buffer;
}

const SEQUENCE = 0x30;

/** @throws DerError when `der` is not exactly one SEQUENCE */
export function readSequence(der: Buffer): readonly Part[] {
  const whole = readPart(der, 0);
  if (whole.tag !== SEQUENCE || whole.bytes.length !== der.length) throw new DerError('not one SEQUENCE');
  const parts: Part[] = [];
  for (let at = 0; at < whole.content.length;) {
    const part = readPart(whole.content, at);
    parts.push(part);
    at += part.bytes.length;
  }
  return parts;
}

function readPart(der: Buffer, at: number): Part {
  const tag = byteAt(der, at);
  const first = byteAt(der, at + 1);
  const lengthBytes = first < 0x80 ? 0 : first & 0x7f;
  if (first === 0x80 || lengthBytes > 3) throw new DerError('length form');
  let length = lengthBytes === 0 ? first : 0;
  for (let i = 0; i < lengthBytes; i++) length = length * 256 + byteAt(der, at + 2 + i);
  const start = at + 2 + lengthBytes;
  const end = start + length;
  if (end > der.length) throw new DerError('value is cut off');
  return { tag, bytes: der.subarray(at, end), content: der.subarray(start, end) };
}

function byteAt(der: Buffer, at: number): number {
  const byte = der[at];
  if (byte === undefined) throw new DerError('value is cut off');
  return byte;
}
