/** MAC and IP addresses as text and as octets. The formatters are on the path of large dumps: tables, no regular expressions. */

const HEX: readonly string[] = Array.from({ length: 256 }, (_, i) => i.toString(16).padStart(2, '0'));

function hexDigit(code: number): number {
  if (code >= 48 && code <= 57) return code - 48;
  const letter = code | 0x20;
  return letter >= 97 && letter <= 102 ? letter - 87 : -1;
}

function tryMac(text: string): Uint8Array | undefined {
  if (text.length !== 17) return undefined;
  const separator = text[2];
  if (separator !== ':' && separator !== '-') return undefined;
  const bytes = new Uint8Array(6);
  for (let i = 0; i < 6; i++) {
    const high = hexDigit(text.charCodeAt(3 * i));
    const low = hexDigit(text.charCodeAt(3 * i + 1));
    if (high < 0 || low < 0 || (i < 5 && text[3 * i + 2] !== separator)) return undefined;
    bytes[i] = (high << 4) | low;
  }
  return bytes;
}

function tryIpv4(text: string): Uint8Array | undefined {
  const bytes = new Uint8Array(4);
  let part = 0;
  let digits = 0;
  let value = 0;
  for (let i = 0; i <= text.length; i++) {
    const code = i < text.length ? text.charCodeAt(i) : 46;
    if (code === 46) {
      if (digits === 0 || part > 3) return undefined;
      bytes[part++] = value;
      digits = 0;
      value = 0;
    } else {
      // A leading zero would be octal to some programs and decimal to others (RFC 6943, 3.1.1).
      if (code < 48 || code > 57 || (digits > 0 && value === 0)) return undefined;
      value = value * 10 + code - 48;
      if (++digits > 3 || value > 255) return undefined;
    }
  }
  return part === 4 ? bytes : undefined;
}

/** The 16-bit groups of a colon-separated half; a dotted quad may end it. */
function groups(text: string, mayEndWithIpv4: boolean): number[] | undefined {
  if (text === '') return [];
  const list: number[] = [];
  const parts = text.split(':');
  for (const [i, part] of parts.entries()) {
    if (mayEndWithIpv4 && i === parts.length - 1 && part.includes('.')) {
      const v4 = tryIpv4(part);
      if (!v4) return undefined;
      list.push((v4[0]! << 8) | v4[1]!, (v4[2]! << 8) | v4[3]!);
      continue;
    }
    if (part.length < 1 || part.length > 4) return undefined;
    let value = 0;
    for (let k = 0; k < part.length; k++) {
      const digit = hexDigit(part.charCodeAt(k));
      if (digit < 0) return undefined;
      value = (value << 4) | digit;
    }
    list.push(value);
  }
  return list;
}

function tryIpv6(text: string): Uint8Array | undefined {
  if (text.length < 2 || text.length > 45) return undefined;
  const gap = text.indexOf('::');
  const head = groups(gap < 0 ? text : text.slice(0, gap), gap < 0);
  const tail = gap < 0 ? [] : groups(text.slice(gap + 2), true);
  if (!head || !tail) return undefined;
  const count = head.length + tail.length;
  if (gap < 0 ? count !== 8 : count > 7) return undefined;
  const bytes = new Uint8Array(16);
  const put = (group: number, at: number): void => {
    bytes[2 * at] = group >> 8;
    bytes[2 * at + 1] = group & 0xff;
  };
  head.forEach((group, i) => put(group, i));
  tail.forEach((group, i) => put(group, 8 - tail.length + i));
  return bytes;
}

function need(bytes: Uint8Array | undefined, kind: string, text: string): Uint8Array {
  if (!bytes) throw new TypeError(`${JSON.stringify(text)} is not ${kind}`);
  return bytes;
}

/** Six octets of a MAC address written with colons or dashes. @throws TypeError */
export function parseMac(text: string): Uint8Array {
  return need(typeof text === 'string' ? tryMac(text) : undefined, 'a MAC address such as 52:54:00:12:34:56', text);
}

/** Four octets of a dotted quad. @throws TypeError */
export function parseIpv4(text: string): Uint8Array {
  return need(typeof text === 'string' ? tryIpv4(text) : undefined, 'an IPv4 address', text);
}

/** Sixteen octets of any text form of RFC 4291, section 2.2. @throws TypeError */
export function parseIpv6(text: string): Uint8Array {
  return need(typeof text === 'string' ? tryIpv6(text) : undefined, 'an IPv6 address', text);
}

/** Four or sixteen octets. @throws TypeError */
export function parseIp(text: string): Uint8Array {
  return need(typeof text === 'string' ? (tryIpv4(text) ?? tryIpv6(text)) : undefined, 'an IP address', text);
}

export function isMac(text: string): boolean {
  return typeof text === 'string' && tryMac(text) !== undefined;
}

export function isIp(text: string): boolean {
  return typeof text === 'string' && (tryIpv4(text) ?? tryIpv6(text)) !== undefined;
}

/** `52:54:00:12:34:56` of the six octets at `offset`. */
export function formatMac(bytes: Uint8Array, offset = 0): string {
  return `${HEX[bytes[offset]!]}:${HEX[bytes[offset + 1]!]}:${HEX[bytes[offset + 2]!]}:${HEX[bytes[offset + 3]!]}:${HEX[bytes[offset + 4]!]}:${HEX[bytes[offset + 5]!]}`;
}

/** Dotted quad of the four octets at `offset`. */
export function formatIpv4(bytes: Uint8Array, offset = 0): string {
  return `${bytes[offset]}.${bytes[offset + 1]}.${bytes[offset + 2]}.${bytes[offset + 3]}`;
}

/** The canonical text of RFC 5952 of the sixteen octets at `offset`. */
export function formatIpv6(bytes: Uint8Array, offset = 0): string {
  let start = -1;
  let length = 1;
  for (let i = 0, run = 0; i < 8; i++) {
    run = bytes[offset + 2 * i] === 0 && bytes[offset + 2 * i + 1] === 0 ? run + 1 : 0;
    if (run > length) {
      length = run;
      start = i - run + 1;
    }
  }
  const isMapped = start === 0 && length === 5 && bytes[offset + 10] === 0xff && bytes[offset + 11] === 0xff;
  if (isMapped) return `::ffff:${formatIpv4(bytes, offset + 12)}`;
  let text = '';
  for (let i = 0; i < 8; i++) {
    if (i === start) {
      text += '::';
      i += length - 1;
    } else {
      if (text !== '' && !text.endsWith(':')) text += ':';
      text += ((bytes[offset + 2 * i]! << 8) | bytes[offset + 2 * i + 1]!).toString(16);
    }
  }
  return text;
}

/** Text of the address of 4 or 16 octets at `offset`. */
export function formatIp(bytes: Uint8Array, offset: number, length: number): string {
  return length === 4 ? formatIpv4(bytes, offset) : formatIpv6(bytes, offset);
}
