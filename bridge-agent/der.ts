/**
 * The little DER (ITU-T X.690) that the agent needs: writing what it builds, and cutting out of a certificate the
 * parts that must be copied or compared byte for byte. A library would decode and encode them again.
 */
export interface Tlv {
  readonly tag: number;
  /** Content octets. */
  readonly content: Buffer;
  /** Tag, length and content. */
  readonly whole: Buffer;
}

export const TAG = { integer: 0x02, bitString: 0x03, octetString: 0x04, oid: 0x06, sequence: 0x30 } as const;

export function encode(tag: number, ...parts: readonly Uint8Array[]): Buffer {
  const content = Buffer.concat(parts);
  return Buffer.concat([Buffer.from([tag]), lengthOctets(content.length), content]);
}

export const sequence = (...parts: readonly Uint8Array[]) => encode(TAG.sequence, ...parts);

/** A bit string of whole octets. */
export const bitString = (octets: Uint8Array) => encode(TAG.bitString, Buffer.from([0]), octets);

/** A non-negative INTEGER from its big-endian octets. */
export function unsignedInteger(octets: Buffer): Buffer {
  const first = octets.findIndex((octet) => octet !== 0);
  const minimal = first < 0 ? Buffer.from([0]) : octets.subarray(first);
  return encode(TAG.integer, ...((minimal[0] ?? 0) >= 0x80 ? [Buffer.from([0])] : []), minimal);
}

export function objectIdentifier(dotted: string): Buffer {
  const [first = 0, second = 0, ...rest] = dotted.split('.').map(Number);
  return encode(TAG.oid, Buffer.from([first * 40 + second, ...rest.flatMap(base128)]));
}

/** ECDSA-Sig-Value (RFC 3279 §2.2.3) from the raw r‖s that PKCS#11 gives. */
export function ecdsaSignature(raw: Buffer): Buffer {
  const half = raw.length / 2;
  return sequence(unsignedInteger(raw.subarray(0, half)), unsignedInteger(raw.subarray(half)));
}

/** @throws RangeError when the bytes are not one or more whole TLVs in definite form */
export function readAll(bytes: Buffer): Tlv[] {
  const found: Tlv[] = [];
  for (let rest = bytes; rest.length > 0;) {
    const tlv = readFirst(rest);
    found.push(tlv);
    rest = rest.subarray(tlv.whole.length);
  }
  return found;
}

/** @throws RangeError when the bytes do not begin with a whole TLV */
export function readFirst(bytes: Buffer): Tlv {
  const tag = bytes[0];
  const short = bytes[1];
  if (tag === undefined || short === undefined) throw new RangeError('DER ends early');
  const lengthBytes = short < 0x80 ? 0 : short & 0x7f;
  // four octets are 4 GiB: more than any token or frame holds; 0x80 is the indefinite form, not DER
  if (short === 0x80 || lengthBytes > 4 || bytes.length < 2 + lengthBytes) throw new RangeError('DER length');
  const length = lengthBytes === 0 ? short : bytes.readUIntBE(2, lengthBytes);
  const start = 2 + lengthBytes;
  if (bytes.length < start + length) throw new RangeError('DER ends early');
  return { tag, content: bytes.subarray(start, start + length), whole: bytes.subarray(0, start + length) };
}

function lengthOctets(length: number): Buffer {
  if (length < 0x80) return Buffer.from([length]);
  const octets: number[] = [];
  for (let rest = length; rest > 0; rest = Math.floor(rest / 256)) octets.unshift(rest % 256);
  return Buffer.from([0x80 | octets.length, ...octets]);
}

function base128(value: number): number[] {
  const octets = [value % 128];
  for (let rest = Math.floor(value / 128); rest > 0; rest = Math.floor(rest / 128)) octets.unshift((rest % 128) | 0x80);
  return octets;
}
