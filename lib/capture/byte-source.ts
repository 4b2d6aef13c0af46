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
    if (this.#pending.length < length) {
      const pieces = [this.#pending];
      let have = this.#pending.length;
      while (have < length) {
        const next = await this.#chunks.next();
        if (next.done) {
          if (have === 0) return undefined;
          throw new CaptureError(`${what} is cut short`, this.offset);
        }
        pieces.push(next.value);
        have += next.value.length;
      }
      this.#pending = Buffer.concat(pieces, have);
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
