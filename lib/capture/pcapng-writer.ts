import { open, type FileHandle } from 'node:fs/promises';

import { checkSnapLength, encodeText } from './checks';
import { realtimeNs } from './clock';
import { BlockType, BYTE_ORDER_MAGIC, LinkType, MAX_BLOCK_BYTES, Option } from './format';

export type CaptureLinkType = keyof typeof LinkType;

export interface CaptureInterfaceOptions {
  /** As tools show it. */
  readonly name: string;
  /** Default `'ethernet'`; `'raw'` for IP packets of a TUN. */
  readonly linkType?: CaptureLinkType;
  /** Bytes kept of each frame; longer ones are cut. 0 keeps all. Default: that of the writer. */
  readonly snapLength?: number;
}

export interface CapturedFrame {
  /** What `addInterface` returned. */
  readonly interface: number;
  readonly data: Uint8Array;
  /** Nanoseconds since 1970. Default now. */
  readonly timestampNs?: bigint;
  /** Bytes the frame had on the wire, where `data` is only its head. */
  readonly originalLength?: number;
  readonly direction?: 'inbound' | 'outbound';
  readonly comment?: string;
}

export interface PcapngWriterOptions {
  /** The program that captures, for the section header. */
  readonly application?: string;
  /** Bytes kept of each frame on interfaces that do not say otherwise. 0, the default, keeps all. */
  readonly snapLength?: number;
  /** Bytes that may wait to be written before {@link PcapngWriter.write} returns false. Default 4 MiB. */
  readonly highWaterMark?: number;
}

/** Frames as `FrameBatch` has them. */
export interface FrameList {
  readonly length: number;
  at(index: number): Uint8Array;
}

const FLUSH_BYTES = 256 << 10;
const DEFAULT_HIGH_WATER_MARK = 4 << 20;
const LITTLE_ENDIAN = true;
const NANOSECONDS = 9;

interface Interface {
  readonly snapLength: number;
  frames: bigint;
}

/** Leaves room in a block for its head, flags and a comment. */
const MAX_FRAME_BYTES = MAX_BLOCK_BYTES - (128 << 10);

const DIRECTION_FLAGS = { inbound: 1, outbound: 2 } as const;

const pad = (length: number): number => (length + 3) & ~3;

/**
 * Writes a pcapng file that Wireshark's tools read: nanosecond timestamps, several interfaces, directions and comments.
 * `write` copies the frame into memory and returns at once; the file follows in large writes, in order.
 */
export class PcapngWriter implements AsyncDisposable {
  readonly #file: FileHandle;
  readonly #highWaterMark: number;
  readonly #snapLength: number;
  readonly #interfaces: Interface[] = [];
  #buffer = new Uint8Array(FLUSH_BYTES + (64 << 10));
  #view = new DataView(this.#buffer.buffer);
  #used = 0;
  /** Bytes handed to the file and not written yet. */
  #inFlight = 0;
  #writing: Promise<void> = Promise.resolve();
  #error: Error | undefined;
  #closing: Promise<void> | undefined;

  private constructor(
    file: FileHandle,
    { highWaterMark = DEFAULT_HIGH_WATER_MARK, snapLength = 0 }: PcapngWriterOptions,
    application: Uint8Array | undefined,
  ) {
    this.#file = file;
    this.#highWaterMark = highWaterMark;
    this.#snapLength = snapLength;
    const block = this.#begin(BlockType.sectionHeader, 32 + (application?.length ?? 0));
    this.#u32(BYTE_ORDER_MAGIC);
    this.#u16(1);
    this.#u16(0);
    // The section's length is not known in advance.
    this.#u64(0xffff_ffff_ffff_ffffn);
    if (application) this.#option(Option.shbUserAppl, application);
    this.#end(block, application !== undefined);
  }

  /** Makes the file, or empties it. */
  static async open(path: string, options: PcapngWriterOptions = {}): Promise<PcapngWriter> {
    const { application, highWaterMark, snapLength = 0 } = options;
    checkSnapLength(snapLength);
    if (highWaterMark !== undefined && (!Number.isInteger(highWaterMark) || highWaterMark < 1)) {
      throw new RangeError(`highWaterMark must be a positive integer, not ${String(highWaterMark)}`);
    }
    const text = application === undefined ? undefined : encodeText(application, 'application');
    return new PcapngWriter(await open(path, 'w'), options, text);
  }

  /** Describes an interface; frames are written to the number it returns. */
  addInterface({ name, linkType = 'ethernet', snapLength = this.#snapLength }: CaptureInterfaceOptions): number {
    this.#check();
    const nameBytes = encodeText(name, 'name');
    if (!Object.hasOwn(LinkType, linkType))
      throw new TypeError(`linkType must be 'ethernet' or 'raw', not '${linkType}'`);
    checkSnapLength(snapLength);
    const block = this.#begin(BlockType.interfaceDescription, 64 + nameBytes.length);
    this.#u16(LinkType[linkType]);
    this.#u16(0);
    this.#u32(snapLength);
    this.#option(Option.ifName, nameBytes);
    this.#option(Option.ifTsresol, Uint8Array.of(NANOSECONDS));
    this.#end(block, true);
    return this.#interfaces.push({ snapLength: snapLength || Infinity, frames: 0n }) - 1;
  }

  /**
   * Appends a frame.
   * @returns whether more may follow at once: when false, `await ready()` first, or memory grows.
   */
  write(frame: CapturedFrame): boolean {
    this.#check();
    const into = this.#interfaces[frame.interface];
    if (!into) throw new RangeError(`interface ${frame.interface} is not one of the ${this.#interfaces.length} added`);
    const { data, timestampNs = realtimeNs(), originalLength = data?.length, direction, comment } = frame;
    if (!(data instanceof Uint8Array)) throw new TypeError(`data must be a Uint8Array, not ${typeof data}`);
    if (typeof timestampNs !== 'bigint') throw new TypeError(`timestampNs must be a bigint, not ${typeof timestampNs}`);
    if (timestampNs < 0n || timestampNs > 0xffff_ffff_ffff_ffffn)
      throw new RangeError(`timestampNs ${timestampNs} does not fit in 64 bits`);
    if (!Number.isInteger(originalLength) || originalLength < data.length || originalLength > 0xffff_ffff) {
      throw new RangeError(`originalLength ${originalLength} must be at least the ${data.length} bytes given`);
    }
    if (direction !== undefined && !Object.hasOwn(DIRECTION_FLAGS, direction)) {
      throw new TypeError(`direction must be 'inbound' or 'outbound', not '${String(direction)}'`);
    }
    const commentBytes = comment === undefined ? undefined : encodeText(comment, 'comment');
    const length = Math.min(data.length, into.snapLength);
    if (length > MAX_FRAME_BYTES)
      throw new RangeError(`data of ${length} bytes is too long: at most ${MAX_FRAME_BYTES}`);
    const block = this.#begin(BlockType.enhancedPacket, 64 + pad(length) + (commentBytes?.length ?? 0));
    this.#u32(frame.interface);
    this.#u32(Number(timestampNs >> 32n));
    this.#u32(Number(timestampNs & 0xffff_ffffn));
    this.#u32(length);
    this.#u32(originalLength);
    this.#bytes(length === data.length ? data : data.subarray(0, length));
    if (direction !== undefined) {
      const flags = new Uint8Array(4);
      flags[0] = DIRECTION_FLAGS[direction];
      this.#option(Option.epbFlags, flags);
    }
    if (commentBytes) this.#option(Option.comment, commentBytes);
    this.#end(block, direction !== undefined || commentBytes !== undefined);
    into.frames++;
    if (this.#used >= Math.min(FLUSH_BYTES, this.#highWaterMark)) this.#send();
    return this.#used + this.#inFlight < this.#highWaterMark;
  }

  /** Appends all frames of a batch, with one timestamp. Returns what {@link write} does. */
  writeBatch(batch: FrameList, frame: Omit<CapturedFrame, 'data' | 'originalLength'>): boolean {
    const timestampNs = frame.timestampNs ?? realtimeNs();
    let more = true;
    for (let i = 0; i < batch.length; i++) more = this.write({ ...frame, timestampNs, data: batch.at(i) });
    return more;
  }

  /** Resolves when what was handed to the file so far is written. @throws the file system's error */
  async ready(): Promise<void> {
    await this.#writing;
    if (this.#error) throw this.#error;
  }

  /** Writes all that is buffered. @throws the file system's error */
  async flush(): Promise<void> {
    this.#send();
    await this.ready();
  }

  /** Writes what is buffered, and how many frames each interface had, and closes the file; idempotent. */
  async close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  async #close(): Promise<void> {
    const timestamp = realtimeNs();
    this.#interfaces.forEach(({ frames }, i) => {
      const block = this.#begin(BlockType.interfaceStatistics, 64);
      this.#u32(i);
      this.#u32(Number(timestamp >> 32n));
      this.#u32(Number(timestamp & 0xffff_ffffn));
      const count = new Uint8Array(8);
      new DataView(count.buffer).setBigUint64(0, frames, LITTLE_ENDIAN);
      this.#option(Option.isbIfrecv, count);
      this.#end(block, true);
    });
    try {
      await this.flush();
    } finally {
      await this.#file.close();
    }
  }

  #check(): void {
    if (this.#closing) throw new Error('the capture file is closed');
    if (this.#error) throw this.#error;
  }

  #send(): void {
    if (this.#used === 0) return;
    const chunk = this.#buffer.subarray(0, this.#used);
    this.#buffer = new Uint8Array(this.#buffer.length);
    this.#view = new DataView(this.#buffer.buffer);
    this.#used = 0;
    this.#inFlight += chunk.length;
    this.#writing = this.#writing.then(async () => {
      try {
        for (let done = 0; done < chunk.length && !this.#error;) {
          done += (await this.#file.write(chunk, done)).bytesWritten;
        }
      } catch (error) {
        this.#error ??= error as Error;
      }
      this.#inFlight -= chunk.length;
    });
  }

  /** Starts a block that takes at most `room` bytes of body and options. Returns where it starts. */
  #begin(type: number, room: number): number {
    const needed = this.#used + room + 16;
    if (needed > this.#buffer.length) {
      const larger = new Uint8Array(Math.max(needed, 2 * this.#buffer.length));
      larger.set(this.#buffer.subarray(0, this.#used));
      this.#buffer = larger;
      this.#view = new DataView(larger.buffer);
    }
    const start = this.#used;
    this.#u32(type);
    this.#u32(0);
    return start;
  }

  #end(start: number, hasOptions: boolean): void {
    if (hasOptions) this.#u32(Option.endOfOptions);
    const length = this.#used + 4 - start;
    this.#view.setUint32(start + 4, length, LITTLE_ENDIAN);
    this.#u32(length);
  }

  #u16(value: number): void {
    this.#view.setUint16(this.#used, value, LITTLE_ENDIAN);
    this.#used += 2;
  }

  #u32(value: number): void {
    this.#view.setUint32(this.#used, value, LITTLE_ENDIAN);
    this.#used += 4;
  }

  #u64(value: bigint): void {
    this.#view.setBigUint64(this.#used, value, LITTLE_ENDIAN);
    this.#used += 8;
  }

  #bytes(bytes: Uint8Array): void {
    this.#buffer.set(bytes, this.#used);
    const end = this.#used + bytes.length;
    this.#used = pad(this.#used + bytes.length);
    this.#buffer.fill(0, end, this.#used);
  }

  #option(code: number, value: Uint8Array): void {
    this.#u16(code);
    this.#u16(value.length);
    this.#bytes(value);
  }
}
