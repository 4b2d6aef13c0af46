// What users ask of neighbours, checked and turned into rtnetlink requests.
import { constants as k, neighborFamily, type NeighborMessage, type RequestBuffer } from '../rtnl';
import type { IndexOf, Operation } from './operations';
import * as check from './validate';
import { flags, words } from './words';

const EEXIST = -17;
const ENOENT = -2;

export const neighborStates = words({
  none: k.NUD_NONE,
  incomplete: k.NUD_INCOMPLETE,
  reachable: k.NUD_REACHABLE,
  stale: k.NUD_STALE,
  delay: k.NUD_DELAY,
  probe: k.NUD_PROBE,
  failed: k.NUD_FAILED,
  noarp: k.NUD_NOARP,
  permanent: k.NUD_PERMANENT,
});

/** Of ndm_flags; `proxy` is an option of its own. */
export const neighborFlags = flags({
  use: k.NTF_USE,
  self: k.NTF_SELF,
  master: k.NTF_MASTER,
  'ext-learned': k.NTF_EXT_LEARNED,
  offloaded: k.NTF_OFFLOADED,
  sticky: k.NTF_STICKY,
  router: k.NTF_ROUTER,
});

/** Of NDA_FLAGS_EXT. */
export const neighborExtendedFlags = flags({
  managed: k.NTF_EXT_MANAGED,
  locked: k.NTF_EXT_LOCKED,
  'ext-validated': k.NTF_EXT_EXT_VALIDATED,
});

export type NeighborState = (typeof neighborStates.words)[number];
export type NeighborFlag = (typeof neighborFlags.words)[number] | (typeof neighborExtendedFlags.words)[number];

/** Which neighbour. */
export interface NeighborRef {
  /** Name, alternative name or index. */
  readonly interface: string | number;
  /** Its IPv4 or IPv6 address. */
  readonly address: string;
  /** Not a neighbour, but an address to answer for (proxy ARP, proxy ND). */
  readonly proxy?: boolean;
}

/** A neighbour to be set. */
export interface NeighborSpec extends NeighborRef {
  readonly mac?: string;
  /** `permanent` by default. */
  readonly state?: NeighborState;
  readonly flags?: readonly NeighborFlag[];
  /** Who set it: `RTPROT_*`. */
  readonly protocol?: number;
}

const specNames = new Set(['interface', 'address', 'proxy', 'mac', 'state', 'flags', 'protocol']);

interface Parsed {
  readonly ref: string | number;
  readonly ip: string;
  readonly header: Partial<NeighborMessage['header']>;
}

function parse(spec: NeighborRef): Parsed {
  const bag = check.checkObject('neighbor', spec);
  const ref = check.checkInterfaceRef('interface', bag.interface);
  const ip = check.checkIp('address', bag.address);
  const proxy = bag.proxy !== undefined && check.checkBoolean('proxy', bag.proxy);
  const family = check.familyOf(ip) === 'ipv4' ? k.AF_INET : k.AF_INET6;
  return { ref, ip, header: { family, flags: proxy ? k.NTF_PROXY : 0 } };
}

/** @throws TypeError, RangeError */
export function addNeighbor(spec: NeighborSpec, how: 'add' | 'replace'): Operation<undefined> {
  const { ref, ip, header } = parse(spec);
  check.checkKeys('a neighbor', spec, specNames);
  const attributes: NeighborMessage['attributes'] = { dst: ip };
  const list = spec.flags === undefined ? [] : check.checkArray('flags', spec.flags);
  const extended = list.filter((flag) => (neighborExtendedFlags.words as readonly unknown[]).includes(flag));
  const plain = list.filter((flag) => !extended.includes(flag));
  const flagBits = (header.flags ?? 0) | neighborFlags.value('flags', plain);
  if (extended.length > 0) attributes.flagsExt = neighborExtendedFlags.value('flags', extended);
  if (spec.mac !== undefined) attributes.lladdr = check.checkMac('mac', spec.mac);
  if (spec.protocol !== undefined) attributes.protocol = check.checkInteger('protocol', spec.protocol, 0, 255);
  const state = neighborStates.value('state', spec.state ?? 'permanent');
  if (spec.proxy === true) {
    if (spec.mac !== undefined) throw new TypeError('mac cannot go with proxy: this host answers with its own');
  } else if (spec.mac === undefined && (state & (k.NUD_PERMANENT | k.NUD_REACHABLE | k.NUD_STALE)) !== 0) {
    throw new TypeError(`mac is needed for state '${spec.state ?? 'permanent'}'`);
  }
  const flag = how === 'add' ? k.NLM_F_EXCL : k.NLM_F_REPLACE;
  return {
    action: `${how} neighbor ${ip} on '${ref}'`,
    interface: String(ref),
    hints: { [EEXIST]: 'the interface has that neighbor already: replace() changes it' },
    needs: [ref],
    encode(buffer: RequestBuffer, indexOf: IndexOf) {
      const full = { ...header, flags: flagBits, state, index: indexOf(ref) };
      buffer.add(neighborFamily, k.RTM_NEWNEIGH, k.NLM_F_CREATE | flag, full, attributes);
    },
  };
}

/** @throws TypeError, RangeError */
export function removeNeighbor(neighbor: NeighborRef): Operation<undefined> {
  const { ref, ip, header } = parse(neighbor);
  return {
    action: `remove neighbor ${ip} from '${ref}'`,
    interface: String(ref),
    hints: { [ENOENT]: 'the interface has no such neighbor' },
    needs: [ref],
    encode(buffer: RequestBuffer, indexOf: IndexOf) {
      buffer.add(neighborFamily, k.RTM_DELNEIGH, 0, { ...header, index: indexOf(ref) }, { dst: ip });
    },
  };
}
