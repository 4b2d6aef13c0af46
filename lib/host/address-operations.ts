// What users ask of addresses, checked and turned into rtnetlink requests.
import { addressFamily, constants as k, type AddressMessage, type RequestBuffer } from '../rtnl';
import type { IndexOf, Operation } from './operations';
import * as check from './validate';
import { flags, words } from './words';

/** How long is for ever. */
export const INFINITY_LIFE_TIME = 0xffff_ffff;
const EEXIST = -17;
const EADDRNOTAVAIL = -99;

export const scopes = words(
  {
    global: k.RT_SCOPE_UNIVERSE,
    site: k.RT_SCOPE_SITE,
    link: k.RT_SCOPE_LINK,
    host: k.RT_SCOPE_HOST,
    nowhere: k.RT_SCOPE_NOWHERE,
  },
  255,
);

const settableFlags = flags({
  'no-dad': k.IFA_F_NODAD,
  optimistic: k.IFA_F_OPTIMISTIC,
  'home-address': k.IFA_F_HOMEADDRESS,
  'manage-temp-address': k.IFA_F_MANAGETEMPADDR,
  'no-prefix-route': k.IFA_F_NOPREFIXROUTE,
  'multicast-auto-join': k.IFA_F_MCAUTOJOIN,
});

export type AddressScope = (typeof scopes.words)[number];
export type SettableAddressFlag = (typeof settableFlags.words)[number];

/** Which address. */
export interface AddressRef {
  /** Name, alternative name or index. */
  readonly interface: string | number;
  /** With its prefix length: `10.0.0.1/24`, `fd00::1/64`. */
  readonly address: string;
  /** The address of the other end, on a point-to-point link; with a prefix length it is that of the prefix route. */
  readonly peer?: string;
}

/** An address to be set. */
export interface AddressSpec extends AddressRef {
  /** IPv4 broadcast address, or `auto` to make it of the prefix. None by default. */
  readonly broadcast?: string;
  /** `host` for 127.0.0.0/8, else `global`, by default; IPv6 knows by itself. */
  readonly scope?: AddressScope | number;
  /** IPv4 label of at most 15 bytes, such as `eth0:1`. The name of the interface by default. */
  readonly label?: string;
  readonly flags?: readonly SettableAddressFlag[];
  /** Seconds until it goes; `Infinity` by default. */
  readonly validLifetimeSec?: number;
  /** Seconds until it is deprecated; `Infinity` by default. */
  readonly preferredLifetimeSec?: number;
  /** Metric of its prefix route. */
  readonly metric?: number;
  /** Who set it: `IFAPROT_*` or a number of one's own. Linux 5.18. */
  readonly protocol?: number;
}

const refNames = ['interface', 'address', 'peer'];
const specNames = new Set([
  ...refNames,
  'broadcast',
  'scope',
  'label',
  'flags',
  'validLifetimeSec',
  'preferredLifetimeSec',
  'metric',
  'protocol',
]);

interface Parsed {
  readonly ref: string | number;
  readonly text: string;
  readonly prefix: check.Prefix;
  readonly header: Partial<AddressMessage['header']>;
  readonly attributes: AddressMessage['attributes'];
}

function parse(spec: AddressRef): Parsed {
  const bag = check.checkObject('address', spec);
  const ref = check.checkInterfaceRef('interface', bag.interface);
  const prefix = check.checkPrefix('address', bag.address, 'needs-length');
  const family = prefix.family === 'ipv4' ? k.AF_INET : k.AF_INET6;
  let prefixLength = prefix.length;
  let other = prefix.ip;
  if (bag.peer !== undefined) {
    const peer = check.checkPrefix('peer', bag.peer, 'may-be-bare');
    if (peer.family !== prefix.family)
      throw new TypeError(`peer '${bag.peer as string}' must be ${prefix.family} like address`);
    other = peer.ip;
    if ((bag.peer as string).includes('/')) prefixLength = peer.length;
  }
  return {
    ref,
    text: spec.address,
    prefix,
    header: { family, prefixLength },
    // IFA_ADDRESS is the other end; where there is none, the address itself (linux/if_addr.h).
    attributes: { local: prefix.ip, address: other },
  };
}

/** Seconds, with `Infinity` for ever. */
function lifetime(option: string, value: unknown): number {
  if (value === undefined || value === Infinity) return INFINITY_LIFE_TIME;
  return check.checkInteger(option, value, 0, INFINITY_LIFE_TIME - 1);
}

function automaticBroadcast({ ip, length }: check.Prefix): string {
  const octets = ip.split('.').map(Number);
  const host = length === 0 ? 0xffff_ffff : 2 ** (32 - length) - 1;
  return octets.map((octet, i) => octet | ((host >>> (8 * (3 - i))) & 0xff)).join('.');
}

/** @throws TypeError, RangeError */
export function addAddress(spec: AddressSpec, how: 'add' | 'replace'): Operation<undefined> {
  const { ref, text, prefix, header, attributes } = parse(spec);
  check.checkKeys('an address', spec, specNames);
  const { broadcast, scope, label, validLifetimeSec, preferredLifetimeSec, metric, protocol } = spec;
  if (broadcast !== undefined) {
    if (prefix.family === 'ipv6') throw new TypeError('broadcast is for IPv4 only');
    attributes.broadcast = broadcast === 'auto' ? automaticBroadcast(prefix) : check.checkIp('broadcast', broadcast);
    if (check.familyOf(attributes.broadcast) !== 'ipv4') throw new TypeError('broadcast must be an IPv4 address');
  }
  if (label !== undefined) {
    if (prefix.family === 'ipv6') throw new TypeError('label is for IPv4 only');
    if (Buffer.byteLength(check.checkString('label', label)) > 15) {
      throw new RangeError(`label '${label}' must be at most 15 bytes long`);
    }
    attributes.label = label;
  }
  // Beyond eight bits, and since Linux 3.14 in an attribute of their own.
  if (spec.flags !== undefined) attributes.flags = settableFlags.value('flags', spec.flags);
  if (metric !== undefined) attributes.rtPriority = check.checkInteger('metric', metric, 0, 0xffff_ffff);
  if (protocol !== undefined) attributes.proto = check.checkInteger('protocol', protocol, 0, 255);
  if (validLifetimeSec !== undefined || preferredLifetimeSec !== undefined) {
    const valid = lifetime('validLifetimeSec', validLifetimeSec);
    const preferred = lifetime('preferredLifetimeSec', preferredLifetimeSec);
    if (valid === 0) throw new RangeError('validLifetimeSec must be at least 1');
    if (validLifetimeSec !== undefined && preferredLifetimeSec !== undefined && preferred > valid) {
      throw new RangeError('preferredLifetimeSec must not exceed validLifetimeSec');
    }
    attributes.cacheInfo = { valid, preferred: Math.min(preferred, valid), created: 0, updated: 0 };
  }
  const loopback = prefix.family === 'ipv4' && prefix.ip.startsWith('127.');
  const defaultScope = loopback ? k.RT_SCOPE_HOST : k.RT_SCOPE_UNIVERSE;
  const scopeValue = scope === undefined ? defaultScope : scopes.value('scope', scope);
  const flag = how === 'add' ? k.NLM_F_EXCL : k.NLM_F_REPLACE;
  return {
    action: `${how} address ${text} on '${ref}'`,
    interface: String(ref),
    hints: { [EEXIST]: 'the interface has that address already: replace() changes it' },
    needs: [ref],
    encode(buffer: RequestBuffer, indexOf: IndexOf) {
      const full = { ...header, scope: scopeValue, index: indexOf(ref) };
      buffer.add(addressFamily, k.RTM_NEWADDR, k.NLM_F_CREATE | flag, full, attributes);
    },
  };
}

/** @throws TypeError, RangeError */
export function removeAddress(address: AddressRef): Operation<undefined> {
  const { ref, text, header, attributes } = parse(address);
  return {
    action: `remove address ${text} from '${ref}'`,
    interface: String(ref),
    hints: { [EADDRNOTAVAIL]: 'the interface has no such address: prefix length and peer count' },
    needs: [ref],
    encode(buffer: RequestBuffer, indexOf: IndexOf) {
      buffer.add(addressFamily, k.RTM_DELADDR, 0, { ...header, index: indexOf(ref) }, attributes);
    },
  };
}
