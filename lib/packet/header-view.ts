import { formatMac, parseMac } from './address';

/** @throws RangeError naming the field */
export function checkField(name: string, value: number, max: number): number {
  if (!Number.isInteger(value) || value < 0 || value > max) {
    throw new RangeError(`${name} must be an integer from 0 to ${max}, not ${String(value)}`);
  }
  return value;
}

/**
 * A header inside a frame, read and written in place, in network byte order. A view holds no data; one can be moved from
 * header to header with {@link at}, so that a loop over frames makes none. Reading a header that is cut short gives
 * `NaN` or nonsense, never an error: check the length first ({@link parseFrame} does).
 */
export abstract class HeaderView {
  bytes: Uint8Array;
  offset: number;

  constructor(bytes: Uint8Array, offset = 0) {
    this.bytes = bytes;
    this.offset = offset;
  }

  /** Points the view at another header. */
  at(bytes: Uint8Array, offset = 0): this {
    this.bytes = bytes;
    this.offset = offset;
    return this;
  }

  protected u8(at: number): number {
    return this.bytes[this.offset + at]!;
  }

  protected u16(at: number): number {
    const i = this.offset + at;
    return (this.bytes[i]! << 8) | this.bytes[i + 1]!;
  }

  protected u32(at: number): number {
    return this.u16(at) * 0x1_0000 + this.u16(at + 2);
  }

  protected setU8(at: number, name: string, value: number, max = 0xff): void {
    this.bytes[this.offset + at] = checkField(name, value, max);
  }

  protected setU16(at: number, name: string, value: number, max = 0xffff): void {
    checkField(name, value, max);
    this.bytes[this.offset + at] = value >>> 8;
    this.bytes[this.offset + at + 1] = value;
  }

  protected setU32(at: number, name: string, value: number): void {
    checkField(name, value, 0xffff_ffff);
    this.bytes[this.offset + at] = value >>> 24;
    this.bytes[this.offset + at + 1] = value >>> 16;
    this.bytes[this.offset + at + 2] = value >>> 8;
    this.bytes[this.offset + at + 3] = value;
  }

  /** Replaces some bits of a byte. */
  protected setBits(at: number, shift: number, width: number, name: string, value: number): void {
    const mask = ((1 << width) - 1) << shift;
    const bits = checkField(name, value, (1 << width) - 1) << shift;
    this.bytes[this.offset + at] = (this.u8(at) & ~mask) | bits;
  }

  /** A MAC address as a 48-bit integer: a `Map` key that costs no text. */
  protected macKey(at: number): number {
    return this.u16(at) * 0x1_0000_0000 + this.u32(at + 2);
  }

  protected mac(at: number): string {
    return formatMac(this.bytes, this.offset + at);
  }

  protected setMac(at: number, text: string): void {
    this.bytes.set(parseMac(text), this.offset + at);
  }
}
