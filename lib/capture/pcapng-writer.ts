import { open, type FileHandle } from 'node:fs/promises';

import { BlockType, BYTE_ORDER_MAGIC, LinkType, Option } from './format';

export type CaptureLinkType = keyof typeof LinkType;

export interface CaptureInterfaceOptions {
  /** As tools show it. */
  readonly name: string;
  /** Default `'ethernet'`; `'raw'` for IP packets of a TUN. */
  readonly linkType?: CaptureLinkType;
  /** Bytes kept of each frame; longer ones are cut. 0, the default, keeps all. */
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
  /** Bytes that may wait to be written before {@link PcapngWriter.write} returns false. Default 4 MiB. */
  readonly highWaterMark?: number;
}

/** Frames as `FrameBatch` has them. */
export interface FrameList {
  readonly length: number;
  at(index: number): Uint8Array;
}

const FLUSH_BYTES = 256 << 10;
const LITTLE_ENDIAN = true;
const NANOSECONDS = 9;

interface Interface {
  readonly snapLength: number;
  frames: bigint;
}

/** Nanoseconds since 1970, by the clock that tools expect in captures. */
function now(): bigint {
  return BigInt(Math.round((performance.timeOrigin + performance.now()) * 1e6));
}

const pad = (length: number): number => (length + 3) & ~3;

/**
 * Writes a pcapng file that Wireshark's tools read: nanosecond timestamps, several interfaces, directions and comments.
 * `write` copies the frame into memory and returns at once; the file follows in large writes, in order.
 */
export class PcapngWriter implements AsyncDisposable {
  readonly #file: FileHandle;
  readonly #highWaterMark: number;
  readonly #interfaces: Interface[] = [];
  #buffer = new Uint8Array(FLUSH_BYTES + (64 << 10));
  #view = new DataView(this.#buffer.buffer);
  #used = 0;
  /** Bytes handed to the file and not written yet. */
  #inFlight = 0;
  #writing: Promise<void> = Promise.resolve();
  #error: Error | undefined;
  #closing: Promise<void> | undefined;

  private constructor(file: FileHandle, options: PcapngWriterOptions) {
    this.#file = file;
    this.#highWaterMark = options.highWaterMark ?? 4 << 20;
    const block = this.#begin(BlockType.sectionHeader, 16);
    this.#u32(BYTE_ORDER_MAGIC);
    this.#u16(1);
    this.#u16(0);
    // The section's length is not known in advance.
    this.#u64(0xffff_ffff_ffff_ffffn);
    if (options.application !== undefined) this.#textOption(Option.shbUserAppl, options.application);
    this.#end(block, options.application !== undefined);
  }

  /** Makes the file, or empties it. */
  static async open(path: string, options: PcapngWriterOptions = {}): Promise<PcapngWriter> {
    const { highWaterMark } = options;
    if (highWaterMark !== undefined && (!Number.isInteger(highWaterMark) || highWaterMark < 1)) {
      throw new RangeError(`highWaterMark must be a positive integer, not ${String(highWaterMark)}`);
    }
    return new PcapngWriter(await open(path, 'w'), options);
  }

  /** Describes an interface; frames are written to the number it returns. */
  addInterface({ name, linkType = 'ethernet', snapLength = 0 }: CaptureInterfaceOptions): number {
    this.#check();
    if (!Object.hasOwn(LinkType, linkType))
      throw new TypeError(`linkType must be 'ethernet' or 'raw', not '${linkType}'`);
    if (!Number.isInteger(snapLength) || snapLength < 0 || snapLength > 0xffff_ffff) {
      throw new RangeError(`snapLength must be a number of bytes, not ${String(snapLength)}`);
    }
    const block = this.#begin(BlockType.interfaceDescription, 64 + 3 * name.length);
    this.#u16(LinkType[linkType]);
    this.#u16(0);
    this.#u32(snapLength);
    this.#textOption(Option.ifName, name);
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
    const { data, timestampNs = now(), originalLength = data.length, direction, comment } = frame;
    if (timestampNs < 0n || timestampNs > 0xffff_ffff_ffff_ffffn)
      throw new RangeError(`timestampNs ${timestampNs} does not fit in 64 bits`);
    if (!Number.isInteger(originalLength) || originalLength < data.length || originalLength > 0xffff_ffff) {
      throw new RangeError(`originalLength ${originalLength} must be at least the ${data.length} bytes given`);
    }
    const length = Math.min(data.length, into.snapLength);
    const block = this.#begin(BlockType.enhancedPacket, 64 + pad(length) + 3 * (comment?.length ?? 0));
    this.#u32(frame.interface);
    this.#u32(Number(timestampNs >> 32n));
    this.#u32(Number(timestampNs & 0xffff_ffffn));
    this.#u32(length);
    this.#u32(originalLength);
    this.#bytes(length === data.length ? data : data.subarray(0, length));
    if (direction !== undefined) {
      const flags = new Uint8Array(4);
      flags[0] = direction === 'inbound' ? 1 : 2;
      this.#option(Option.epbFlags, flags);
    }
    if (comment !== undefined) this.#textOption(Option.comment, comment);
    this.#end(block, direction !== undefined || comment !== undefined);
    into.frames++;
    if (this.#used >= FLUSH_BYTES) this.#send();
    return this.#used + this.#inFlight < this.#highWaterMark;
  }

  /** Appends all frames of a batch, with one timestamp. Returns what {@link write} does. */
  writeBatch(batch: FrameList, frame: Omit<CapturedFrame, 'data' | 'originalLength'>): boolean {
    const timestampNs = frame.timestampNs ?? now();
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
    const timestamp = now();
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
    if (value.length > 0xffff) throw new RangeError(`an option of ${value.length} bytes does not fit: at most 65535`);
    this.#u16(code);
    this.#u16(value.length);
    this.#bytes(value);
  }

  #textOption(code: number, text: string): void {
    this.#option(code, new TextEncoder().encode(text));
  }
}
