import { endianness } from 'node:os';

/** Netlink speaks the byte order of the machine it runs on; attributes in network order have codecs of their own. */
export const LITTLE_ENDIAN = endianness() === 'LE';

/** Size of `struct nlattr`. */
export const ATTRIBUTE_HEADER = 4;
/** Size of `struct nlmsghdr`. */
export const MESSAGE_HEADER = 16;
/** `nla_len` is 16 bits wide. */
const MAX_ATTRIBUTE = 0xffff;
/** `NLA_TYPE_MASK`: without `NLA_F_NESTED` and `NLA_F_NET_BYTEORDER`. */
export const ATTRIBUTE_TYPE_MASK = 0x3fff;

/** Rounds up to `NLA_ALIGNTO`. */
export function align4(length: number): number {
  return (length + 3) & ~3;
}

/** Entries of an offset table that are allocated at once. */
const OFFSETS_CHUNK = 4096;

/** Bytes to decode from: one view over them, made once, because making views is what costs. */
export class Reader {
  readonly bytes: Uint8Array;
  readonly view: DataView;
  #offsets = new Uint32Array(0);
  #used = 0;

  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  /**
   * Sets aside `size` zeroed entries for the offsets of attributes, and returns the table they are in; `offsetsBase` says
   * where. One table serves many views: the garbage collector has nothing to look at.
   */
  reserveOffsets(size: number): Uint32Array {
    if (this.#used + size > this.#offsets.length) {
      this.#offsets = new Uint32Array(Math.max(size, Math.min(OFFSETS_CHUNK, this.bytes.length)));
      this.#used = 0;
    }
    this.#used += size;
    return this.#offsets;
  }

  /** Where the `size` entries that were set aside last begin. */
  offsetsBase(size: number): number {
    return this.#used - size;
  }
}

/** A growing buffer of netlink messages. Starts of nests and messages are positions; their lengths are patched in later. */
export class Writer {
  bytes: Uint8Array;
  view: DataView;
  length = 0;

  constructor(capacity = 1024) {
    this.bytes = new Uint8Array(capacity);
    this.view = new DataView(this.bytes.buffer);
  }

  /** Makes room for `size` zeroed bytes and returns where they start. */
  reserve(size: number): number {
    const at = this.length;
    const end = at + size;
    if (end > this.bytes.length) this.grow(end);
    this.length = end;
    return at;
  }

  private grow(needed: number): void {
    const bytes = new Uint8Array(Math.max(needed, this.bytes.length * 2));
    bytes.set(this.bytes.subarray(0, this.length));
    this.bytes = bytes;
    this.view = new DataView(bytes.buffer);
  }

  /** Opens an attribute; `endAttribute` closes it. */
  beginAttribute(type: number): number {
    const at = this.reserve(ATTRIBUTE_HEADER);
    this.view.setUint16(at + 2, type, LITTLE_ENDIAN);
    return at;
  }

  /** @throws RangeError when the attribute outgrew the 16 bits of `nla_len`. */
  endAttribute(at: number): void {
    const length = this.length - at;
    if (length > MAX_ATTRIBUTE) {
      throw new RangeError(`netlink attribute of ${length} bytes: at most ${MAX_ATTRIBUTE} fit`);
    }
    this.view.setUint16(at, length, LITTLE_ENDIAN);
    this.reserve(align4(length) - length);
  }

  /** Opens a message with `flags` of `NLM_F_*`. Its sequence number and port id are for the sender to fill in. */
  beginMessage(type: number, flags: number): number {
    const at = this.reserve(MESSAGE_HEADER);
    this.view.setUint16(at + 4, type, LITTLE_ENDIAN);
    this.view.setUint16(at + 6, flags, LITTLE_ENDIAN);
    return at;
  }

  endMessage(at: number): void {
    this.view.setUint32(at, this.length - at, LITTLE_ENDIAN);
  }

  /** Takes back everything written since `length` was `at`. */
  truncate(at: number): void {
    this.bytes.fill(0, at, this.length);
    this.length = at;
  }

  /** What has been written, without a copy. */
  finish(): Uint8Array {
    return this.bytes.subarray(0, this.length);
  }
}
