import { VnetHeader } from '../packet';

/** Bytes kept free before each frame: room to push tags in place, and for the virtio header that ends where the frame starts. */
export const FRAME_HEADROOM = 78; // 64 + 14: frames start so that the IP header after an Ethernet header is 4-byte aligned
/** Bytes of the virtio header before each frame (`struct virtio_net_hdr_v1`). */
export const VNET_HEADER_BYTES = 12;
/** Room a read needs: a 65,535-byte IP packet with its Ethernet header and two VLAN tags, rounded up. */
export const MAX_FRAME_BYTES = 65_568;
/** Most frames a batch can hold. */
export const MAX_BATCH_FRAMES = 4096;

const SLOT_ALIGNMENT = 64;

export interface FrameBatchOptions {
  /** Frames a batch holds at most. 1 to 4096, default 64. */
  readonly frames?: number;
  /**
   * Bytes of the pool, default 512 KiB, at least one frame of full size (about 64 KiB). Its pages cost memory only once
   * they have been used.
   */
  readonly poolBytes?: number;
}

/** The memory that successive batches of one reader share; only the batch of the current generation may use it. */
class Pool {
  readonly bytes: Uint8Array;
  /** Pairs of offset and length. */
  readonly slots: Uint32Array;
  generation = 0;

  constructor({ frames = 64, poolBytes = 512 << 10 }: FrameBatchOptions) {
    const smallest = FRAME_HEADROOM + MAX_FRAME_BYTES;
    if (!Number.isInteger(frames) || frames < 1 || frames > MAX_BATCH_FRAMES) {
      throw new RangeError(`frames must be an integer from 1 to ${MAX_BATCH_FRAMES}, not ${String(frames)}`);
    }
    if (!Number.isInteger(poolBytes) || poolBytes < smallest || poolBytes > 1 << 30) {
      throw new RangeError(`poolBytes must be an integer from ${smallest} to ${1 << 30}, not ${String(poolBytes)}`);
    }
    this.bytes = new Uint8Array(poolBytes);
    this.slots = new Uint32Array(2 * frames);
  }
}

/**
 * A batch of frames in one pool of memory that is allocated once. Views are made without copying and are valid as long as
 * the batch is: a batch yielded by `frames()` until the next one, a batch of one's own until it is read into again.
 *
 * @example
 * const batch = new FrameBatch();
 * while (tap.tryRead(batch) > 0) other.write(batch);
 */
export class FrameBatch implements Iterable<Uint8Array> {
  readonly #pool: Pool;
  #generation: number;
  #length = 0;
  #cursor = 0;

  constructor(options: FrameBatchOptions = {}) {
    this.#pool = options instanceof Pool ? options : new Pool(options);
    this.#generation = this.#pool.generation;
  }

  /** Frames in the batch. */
  get length(): number {
    this.#check();
    return this.#length;
  }

  /** Frames the batch can hold. */
  get capacity(): number {
    return this.#pool.slots.length / 2;
  }

  /** The whole pool: what {@link offset} counts in. */
  get bytes(): Uint8Array {
    this.#check();
    return this.#pool.bytes;
  }

  /** Frame `index` as a view, without copying. */
  at(index: number): Uint8Array {
    const offset = this.offset(index);
    return this.#pool.bytes.subarray(offset, offset + this.#pool.slots[2 * index + 1]!);
  }

  /** Where frame `index` starts in {@link bytes}: for loops that read a few octets of each frame and make no views. */
  offset(index: number): number {
    this.#check();
    if (index >>> 0 !== index || index >= this.#length)
      throw new RangeError(`no frame ${index} in a batch of ${this.#length}`);
    return this.#pool.slots[2 * index]!;
  }

  /** Bytes of frame `index`. */
  size(index: number): number {
    this.offset(index);
    return this.#pool.slots[2 * index + 1]!;
  }

  /** A copy of frame `index` that outlives the batch. */
  copy(index: number): Uint8Array {
    return this.at(index).slice();
  }

  /** Destination MAC of frame `index` as a 48-bit integer: a `Map` key that costs no text. NaN when the frame is too short. */
  destinationKey(index: number): number {
    return this.#macKey(index, 0);
  }

  /** Source MAC of frame `index` as a 48-bit integer. NaN when the frame is too short. */
  sourceKey(index: number): number {
    return this.#macKey(index, 6);
  }

  /** The virtio header of frame `index`, readable and writable in place. All zero where the device has none. */
  vnetHeader(index: number, reuse?: VnetHeader): VnetHeader {
    const offset = this.offset(index) - VNET_HEADER_BYTES;
    return reuse ? reuse.at(this.#pool.bytes, offset) : new VnetHeader(this.#pool.bytes, offset);
  }

  /**
   * Appends a frame of `length` bytes, zeroed, to be built in place, and returns its view. Its virtio header is cleared.
   * @throws RangeError when the batch or its pool is full.
   */
  allocate(length: number): Uint8Array {
    this.#check();
    if (!Number.isInteger(length) || length < 0 || length > MAX_FRAME_BYTES) {
      throw new RangeError(`frame length must be an integer from 0 to ${MAX_FRAME_BYTES}, not ${String(length)}`);
    }
    const { bytes, slots } = this.#pool;
    const offset = this.#cursor + FRAME_HEADROOM;
    if (this.#length === this.capacity) throw new RangeError(`the batch is full: ${this.#length} frames`);
    if (offset + length > bytes.length) throw new RangeError(`the batch's pool of ${bytes.length} bytes is full`);
    bytes.fill(0, offset - VNET_HEADER_BYTES, offset + length);
    slots[2 * this.#length] = offset;
    slots[2 * this.#length + 1] = length;
    this.#length++;
    this.#cursor = (offset + length + SLOT_ALIGNMENT - 1) & ~(SLOT_ALIGNMENT - 1);
    return bytes.subarray(offset, offset + length);
  }

  /** Appends a copy of `frame`. @throws RangeError when the batch or its pool is full. */
  push(frame: Uint8Array): void {
    this.allocate(frame.length).set(frame);
  }

  /**
   * Moves the start of frame `index` by `delta` bytes and keeps its end: negative makes room in front (a tag pushed, at most
   * 64 bytes in all), positive cuts it off. The virtio header moves along; its `csumStart` is the caller's to adjust.
   */
  moveStart(index: number, delta: number): void {
    const { bytes, slots } = this.#pool;
    const offset = this.offset(index);
    const length = this.size(index);
    // What may be used before the frame ends where the previous frame does.
    const floor = index === 0 ? 0 : slots[2 * index - 2]! + slots[2 * index - 1]!;
    if (!Number.isInteger(delta) || delta > length || offset + delta - VNET_HEADER_BYTES < floor) {
      throw new RangeError(`frame ${index} of ${length} bytes cannot start ${delta} bytes later`);
    }
    const header = offset - VNET_HEADER_BYTES;
    bytes.copyWithin(header + delta, header, offset);
    slots[2 * index] = offset + delta;
    slots[2 * index + 1] = length - delta;
  }

  /** Empties the batch. */
  clear(): void {
    this.#check();
    this.#length = 0;
    this.#cursor = 0;
  }

  *[Symbol.iterator](): IterableIterator<Uint8Array> {
    for (let i = 0; i < this.length; i++) yield this.at(i);
  }

  #macKey(index: number, at: number): number {
    const offset = this.offset(index) + at;
    if (this.#pool.slots[2 * index + 1]! < at + 6) return NaN;
    const b = this.#pool.bytes;
    const high = (b[offset]! << 8) | b[offset + 1]!;
    const low = ((b[offset + 2]! << 24) | (b[offset + 3]! << 16) | (b[offset + 4]! << 8) | b[offset + 5]!) >>> 0;
    return high * 0x1_0000_0000 + low;
  }

  #check(): void {
    if (this.#generation !== this.#pool.generation) {
      throw new Error(
        'this frame batch was released: its frames are valid until the next one is read; copy() what must stay',
      );
    }
  }

  /** Lets `read` fill the pool and takes what it returns as the new length. @internal */
  refill(read: (bytes: Uint8Array, slots: Uint32Array) => number): number {
    this.#check();
    const { bytes, slots } = this.#pool;
    const count = read(bytes, slots);
    this.#length = Math.max(count, 0);
    this.#cursor =
      this.#length === 0
        ? 0
        : (slots[2 * count - 2]! + slots[2 * count - 1]! + SLOT_ALIGNMENT - 1) & ~(SLOT_ALIGNMENT - 1);
    return count;
  }

  /** The pool and the slots, for writing. @internal */
  get storage(): { readonly bytes: Uint8Array; readonly slots: Uint32Array } {
    this.#check();
    return this.#pool;
  }

  /** A fresh, empty batch on the same pool; this one is released. @internal */
  renew(): FrameBatch {
    this.#check();
    this.#pool.generation++;
    return new FrameBatch(this.#pool as FrameBatchOptions);
  }
}
