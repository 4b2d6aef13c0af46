// A listing repeats itself: the same kinds, queue disciplines, names and addresses, thousands of times. Each text is kept
// once, and found again by its bytes, without making a string first.
import { formatMac } from '../packet';

const SLOTS = 2048;
const MAX_TEXT = 40;

const texts: (string | undefined)[] = new Array<string | undefined>(SLOTS).fill(undefined);
const macs: (string | undefined)[] = new Array<string | undefined>(SLOTS).fill(undefined);
/** The six bytes of each of `macs`. */
const macBytes = new Uint8Array(SLOTS * 6);

/** ASCII text of `length` bytes; `undefined` when a byte is not ASCII. */
export function asciiText(from: Uint8Array, at: number, length: number): string | undefined {
  let hash = length;
  let all = 0;
  for (let i = at; i < at + length; i += 1) {
    const byte = from[i] as number;
    all |= byte;
    hash = (Math.imul(hash, 31) + byte) | 0;
  }
  if (all > 0x7f) return undefined;
  if (length > MAX_TEXT) return Buffer.from(from.buffer, from.byteOffset + at, length).toString('latin1');
  const slot = (hash ^ (hash >>> 11)) & (SLOTS - 1);
  const known = texts[slot];
  if (known !== undefined && isText(known, from, at, length)) return known;
  const text = Buffer.from(from.buffer, from.byteOffset + at, length).toString('latin1');
  texts[slot] = text;
  return text;
}

function isText(text: string, from: Uint8Array, at: number, length: number): boolean {
  if (text.length !== length) return false;
  for (let i = 0; i < length; i += 1) if (text.charCodeAt(i) !== from[at + i]) return false;
  return true;
}

/** Text of the six bytes at `at`. */
export function macText(from: Uint8Array, at: number): string {
  let hash = 0;
  for (let i = at; i < at + 6; i += 1) hash = (Math.imul(hash, 31) + (from[i] as number)) | 0;
  const slot = (hash ^ (hash >>> 11)) & (SLOTS - 1);
  const base = slot * 6;
  const known = macs[slot];
  if (known !== undefined) {
    let i = 0;
    while (i < 6 && macBytes[base + i] === from[at + i]) i += 1;
    if (i === 6) return known;
  }
  const text = formatMac(from, at);
  macs[slot] = text;
  for (let i = 0; i < 6; i += 1) macBytes[base + i] = from[at + i] as number;
  return text;
}
