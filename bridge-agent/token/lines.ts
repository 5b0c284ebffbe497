/**
 * Splits a byte stream into lines, with raw bytes in between where a line announces them. So the PIN crosses the
 * pipe as bytes that can be zeroed and never becomes part of a JSON text.
 */
export class LineSplitter {
  readonly #limit: number;
  #pending: Buffer = Buffer.alloc(0);

  /** @param limit longest line in bytes */
  constructor(limit: number) {
    this.#limit = limit;
  }

  add(chunk: Buffer): void {
    const joined = Buffer.concat([this.#pending, chunk]);
    this.#pending.fill(0);
    chunk.fill(0);
    this.#pending = joined;
  }

  /**
   * @returns the next whole line without its end, or undefined until more has come
   * @throws RangeError when a line is longer than the limit
   */
  line(): string | undefined {
    const end = this.#pending.indexOf(10);
    if (end > this.#limit || (end < 0 && this.#pending.length > this.#limit)) throw new RangeError('line too long');
    if (end < 0) return undefined;
    const line = this.#pending.toString('utf8', 0, end);
    this.#pending = this.#pending.subarray(end + 1);
    return line;
  }

  /** @returns the next `length` bytes in memory of their own, or undefined until more has come */
  raw(length: number): Buffer | undefined {
    if (this.#pending.length < length) return undefined;
    const bytes = Buffer.alloc(length);
    this.#pending.copy(bytes);
    this.#pending.fill(0, 0, length);
    this.#pending = this.#pending.subarray(length);
    return bytes;
  }
}
