export function checkSnapLength(snapLength: number): void {
  if (!Number.isInteger(snapLength) || snapLength < 0 || snapLength > 0xffff_ffff) {
    throw new RangeError(`snapLength must be a number of bytes, not ${String(snapLength)}`);
  }
}

/** The bytes of a text that is to be an option, checked before anything of its block is written. */
export function encodeText(text: unknown, what: string): Uint8Array {
  if (typeof text !== 'string') throw new TypeError(`${what} must be a string, not ${typeof text}`);
  const bytes = new TextEncoder().encode(text);
  if (bytes.length > 0xffff) throw new RangeError(`${what} of ${bytes.length} bytes does not fit: at most 65535`);
  return bytes;
}
