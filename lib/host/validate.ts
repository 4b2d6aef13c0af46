// Checks of what users pass in, before the kernel sees it. Each names the option and the value it got.
import { parseIp, parseMac } from '../packet';

/** IFNAMSIZ less the NUL. */
const MAX_NAME = 15;
/** ALTIFNAMSIZ less the NUL. */
const MAX_ALT_NAME = 127;
/** IFALIASZ less the NUL. */
const MAX_ALIAS = 255;

export type Family = 'ipv4' | 'ipv6';

function show(value: unknown): string {
  return typeof value === 'string' ? JSON.stringify(value) : String(value);
}

/** Whether the kernel's isspace() says so of one byte: it reads Latin-1, where 0xa0 is a space. */
function isSpace(byte: number): boolean {
  return byte === 0x20 || (byte >= 0x09 && byte <= 0x0d) || byte === 0xa0;
}

function checkName(option: string, value: unknown, max: number): string {
  if (typeof value !== 'string') throw new TypeError(`${option} must be a string, not ${show(value)}`);
  const bytes = Buffer.from(value);
  if (bytes.length === 0 || bytes.length > max) {
    throw new RangeError(`${option} ${show(value)} must be 1 to ${max} bytes long, not ${bytes.length}`);
  }
  // dev_valid_name()
  if (value === '.' || value === '..' || /[/:\0]/.test(value) || bytes.some(isSpace)) {
    throw new TypeError(
      `${option} ${show(value)} is not an interface name: no '/', no ':', no white space (nor a byte 0xa0), not '.' or '..'`,
    );
  }
  return value;
}

/** The name of an interface to be. A single `%d` stands for the next free number. */
export function checkInterfaceName(option: string, value: unknown): string {
  const name = checkName(option, value, MAX_NAME);
  // __dev_alloc_name()
  if (/%(?!d)/.test(name) || name.indexOf('%d') !== name.lastIndexOf('%d')) {
    throw new TypeError(`${option} ${show(name)}: '%' stands only in one '%d', the place of a number`);
  }
  return name;
}

/** An alternative name (`ip link property`). */
export function checkAltName(option: string, value: unknown): string {
  return checkName(option, value, MAX_ALT_NAME);
}

/** How one refers to an interface: its name, an alternative name or its index. */
export function checkInterfaceRef(option: string, value: unknown): string | number {
  if (typeof value === 'number') return checkInteger(option, value, 1, 0x7fff_ffff);
  if (typeof value === 'string') return checkName(option, value, MAX_ALT_NAME);
  throw new TypeError(`${option} must be the name or the index of an interface, not ${show(value)}`);
}

export function checkInteger(option: string, value: unknown, min: number, max: number): number {
  if (typeof value !== 'number') throw new TypeError(`${option} must be a number, not ${show(value)}`);
  if (!Number.isInteger(value) || value < min || value > max) {
    throw new RangeError(`${option} must be an integer from ${min} to ${max}, not ${value}`);
  }
  return value;
}

export function checkBoolean(option: string, value: unknown): boolean {
  if (typeof value !== 'boolean') throw new TypeError(`${option} must be true or false, not ${show(value)}`);
  return value;
}

export function checkString(option: string, value: unknown): string {
  if (typeof value !== 'string') throw new TypeError(`${option} must be a string, not ${show(value)}`);
  if (value.includes('\0')) throw new TypeError(`${option} must not contain a NUL`);
  return value;
}

export function checkAlias(option: string, value: unknown): string {
  const alias = checkString(option, value);
  const length = Buffer.byteLength(alias);
  if (length > MAX_ALIAS) throw new RangeError(`${option} must be at most ${MAX_ALIAS} bytes long, not ${length}`);
  return alias;
}

/** RFC 791 wants 68; 65535 is what an IPv4 packet can be. Devices may want less: the kernel says so. */
export function checkMtu(option: string, value: unknown): number {
  return checkInteger(option, value, 68, 65535);
}

/** Any MAC address. */
export function checkMac(option: string, value: unknown): string {
  if (typeof value !== 'string') throw new TypeError(`${option} must be a MAC address, not ${show(value)}`);
  try {
    parseMac(value);
  } catch {
    throw new TypeError(`${option} ${show(value)} is not a MAC address such as '52:54:00:12:34:56'`);
  }
  return value;
}

/** A MAC address that an interface can have: is_valid_ether_addr(). */
export function checkUnicastMac(option: string, value: unknown): string {
  const mac = checkMac(option, value);
  const bytes = parseMac(mac);
  if (((bytes[0] as number) & 1) !== 0) {
    throw new RangeError(`${option} ${show(mac)} is a multicast address: the first byte must be even`);
  }
  if (bytes.every((byte) => byte === 0)) throw new RangeError(`${option} must not be all zeros`);
  return mac;
}

export function familyOf(address: string): Family {
  return address.includes(':') ? 'ipv6' : 'ipv4';
}

export function checkFamily(option: string, value: unknown): Family {
  if (value !== 'ipv4' && value !== 'ipv6') {
    throw new TypeError(`${option} must be 'ipv4' or 'ipv6', not ${show(value)}`);
  }
  return value;
}

export function checkIp(option: string, value: unknown): string {
  if (typeof value !== 'string') throw new TypeError(`${option} must be an IP address, not ${show(value)}`);
  try {
    parseIp(value);
  } catch {
    throw new TypeError(`${option} ${show(value)} is not an IPv4 or IPv6 address`);
  }
  return value;
}

export interface Prefix {
  readonly ip: string;
  readonly length: number;
  readonly family: Family;
}

/** `10.0.0.1/24`. The length may be left out only where `bare` says so: it is that of the whole address then. */
export function checkPrefix(option: string, value: unknown, bare: 'needs-length' | 'may-be-bare'): Prefix {
  if (typeof value !== 'string') throw new TypeError(`${option} must be an IP prefix, not ${show(value)}`);
  const slash = value.indexOf('/');
  const ip = checkIp(option, slash < 0 ? value : value.slice(0, slash));
  const family = familyOf(ip);
  const max = family === 'ipv4' ? 32 : 128;
  if (slash < 0) {
    if (bare === 'may-be-bare') return { ip, length: max, family };
    throw new TypeError(`${option} ${show(value)} needs a prefix length, such as ${ip}/${family === 'ipv4' ? 24 : 64}`);
  }
  const text = value.slice(slash + 1);
  const length = /^\d{1,3}$/.test(text) ? Number(text) : NaN;
  if (!(length <= max)) throw new RangeError(`${option} ${show(value)}: the prefix length must be from 0 to ${max}`);
  return { ip, length, family };
}

/** Options are plain objects. */
export function checkObject(option: string, value: unknown): Record<string, unknown> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new TypeError(`${option} must be an object, not ${Array.isArray(value) ? 'an array' : show(value)}`);
  }
  return value as Record<string, unknown>;
}

export function checkArray(option: string, value: unknown): readonly unknown[] {
  if (!Array.isArray(value)) throw new TypeError(`${option} must be an array, not ${show(value)}`);
  return value;
}

/** A misspelt option would otherwise be ignored in silence. */
export function checkKeys(what: string, value: object, known: ReadonlySet<string>): void {
  for (const key of Object.keys(value)) {
    if (!known.has(key)) {
      throw new TypeError(`${what} has no option ${show(key)}; it knows ${[...known].sort().join(', ')}`);
    }
  }
}
