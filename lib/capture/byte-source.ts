import { createReadStream } from 'node:fs';

import { CaptureError } from './format';

/** Bytes of a file or a stream, taken in order in pieces of any size; holds no more than one piece and what was read ahead. */
export class ByteSource {
  readonly #chunks: AsyncIterator<Uint8Array>;
  #pending: Uint8Array = new Uint8Array();
  /** Bytes taken so far. */
  offset = 0;

  constructor(input: string | AsyncIterable<Uint8Array>) {
    const stream = typeof input === 'string' ? createReadStream(input, { highWaterMark: 1 << 18 }) : input;
    this.#chunks = (stream as AsyncIterable<Uint8Array>)[Symbol.asyncIterator]();
  }

  /** Exactly `length` bytes, or `undefined` at a clean end. @throws CaptureError when the input ends within them */
  async take(length: number, what: string): Promise<Uint8Array | undefined> {
    while (this.#pending.length < length) {
      const { value, done } = await this.#chunks.next();
      if (done) {
        if (this.#pending.length === 0) return undefined;
        throw new CaptureError(`${what} is cut short`, this.offset);
      }
      this.#pending = this.#pending.length === 0 ? value : Buffer.concat([this.#pending, value]);
    }
    const taken = this.#pending.subarray(0, length);
    this.#pending = this.#pending.subarray(length);
    this.offset += length;
    return taken;
  }

  /** As {@link take}, where an end would be in the middle of something. */
  async need(length: number, what: string): Promise<Uint8Array> {
    const taken = await this.take(length, what);
    if (!taken) throw new CaptureError(`${what} is cut short`, this.offset);
    return taken;
  }

  async close(): Promise<void> {
    await this.#chunks.return?.();
  }
}
