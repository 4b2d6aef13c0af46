// The kinds of link that rtnetlink makes, each with its own options; bridges have a file of their own.
import { constants as k, type MacvlanAttributes, type TunAttributes, type VxlanAttributes } from '../rtnl';
import { integer, onOff, oneOf, Options, present, u32 } from './option-table';
import { checkArray, checkInteger, checkIp, checkObject, checkUnicastMac, familyOf } from './validate';
import { words } from './words';

const dontFragment = words({
  unset: k.VXLAN_DF_UNSET,
  set: k.VXLAN_DF_SET,
  inherit: k.VXLAN_DF_INHERIT,
});
const macvlanModes = words({
  private: k.MACVLAN_MODE_PRIVATE,
  vepa: k.MACVLAN_MODE_VEPA,
  bridge: k.MACVLAN_MODE_BRIDGE,
  passthru: k.MACVLAN_MODE_PASSTHRU,
  source: k.MACVLAN_MODE_SOURCE,
});
/** IFF_TUN and IFF_TAP of linux/if_tun.h. */
const tunTypes = words({ tun: 1, tap: 2 });

/** What can be set on a VXLAN (`ip link ... type vxlan`). The kernel takes most of it at birth only. */
export interface VxlanOptions {
  /** Network identifier, 0 to 16777215. */
  readonly id?: number;
  /** Where to send what no forwarding entry knows: one host. */
  readonly remote?: string;
  /** The same as a multicast group; needs `lower`. */
  readonly multicastGroup?: string;
  /** Source address of outer packets. */
  readonly local?: string;
  /** Destination UDP port. 4789 by default, where the kernel's own default is 8472. */
  readonly port?: number;
  /** Source UDP ports to choose from. */
  readonly portRange?: { readonly low: number; readonly high: number };
  readonly learning?: boolean;
  /** Of outer packets, 1 to 255, or that of the inner packet. */
  readonly ttl?: number | 'inherit';
  /** Of outer packets, 0 to 255, or that of the inner packet. */
  readonly tos?: number | 'inherit';
  /** IPv6 flow label of outer packets, 0 to 1048575. */
  readonly label?: number;
  /** Don't-fragment bit of outer IPv4 packets. */
  readonly df?: 'unset' | 'set' | 'inherit';
  /** After which a learned entry is forgotten. 300 by default. */
  readonly ageingSec?: number;
  /** How many forwarding entries there may be, 0 for any number. */
  readonly maxAddresses?: number;
  readonly proxy?: boolean;
  readonly rsc?: boolean;
  readonly l2miss?: boolean;
  readonly l3miss?: boolean;
  readonly udpChecksum?: boolean;
  readonly udpZeroChecksum6Tx?: boolean;
  readonly udpZeroChecksum6Rx?: boolean;
  readonly remoteChecksumTx?: boolean;
  readonly remoteChecksumRx?: boolean;
  /** Group policy extension. */
  readonly gbp?: boolean;
  /** Generic protocol extension. */
  readonly gpe?: boolean;
  /** Tunnel metadata comes from outside (flower, OVS, BPF) rather than from the options here. */
  readonly external?: boolean;
  /** Needs `external`. */
  readonly vniFilter?: boolean;
  /** Deliver to local addresses without going through the network. Linux 6.5. */
  readonly localBypass?: boolean;
  /** Route multicast underlay packets. Linux 6.17. */
  readonly multicastRoute?: boolean;
}

/** A VXLAN as read. */
export interface VxlanDetails extends VxlanOptions {
  /** Index of the interface the outer packets use. */
  readonly lowerIndex?: number;
}

/** What can be set on a macvlan or macvtap. */
export interface MacvlanOptions {
  /** `vepa` by default. */
  readonly mode?: 'private' | 'vepa' | 'bridge' | 'passthru' | 'source';
  /** In mode `passthru`: leave the lower device out of promiscuous mode. */
  readonly noPromiscuous?: boolean;
  /** In mode `source`: whose frames are for this one. */
  readonly sourceMacs?: readonly string[];
  /** Frames that may wait to be broadcast. 1000 by default. */
  readonly broadcastQueueLength?: number;
}

export interface MacvlanDetails extends MacvlanOptions {
  readonly broadcastQueueLengthUsed?: number;
}

/** A TUN or TAP as read. */
export interface TunDetails {
  readonly type?: 'tun' | 'tap';
  /** User id that may attach to it. */
  readonly owner?: number;
  /** Group id that may attach to it. */
  readonly group?: number;
  /** Whether frames begin with a packet information header. */
  readonly packetInfo?: boolean;
  readonly vnetHeader?: boolean;
  readonly persist?: boolean;
  readonly multiQueue?: boolean;
  readonly queues?: number;
  readonly disabledQueues?: number;
}

/** The other end of a veth pair, as read. */
export interface VethDetails {
  /** Its name, where it is in the same namespace. */
  readonly peer?: string;
  readonly peerIndex?: number;
  /** The number by which this namespace knows the other one, where that is another one. */
  readonly peerNetnsId?: number;
}

type VxlanPlain = Omit<VxlanOptions, 'remote' | 'multicastGroup' | 'local' | 'portRange' | 'ttl' | 'tos'>;

const vxlan = new Options<VxlanPlain, VxlanAttributes>({
  id: ['id', integer(0, 0xff_ffff)],
  port: ['port', integer(1, 0xffff)],
  learning: ['learning', onOff],
  label: ['label', integer(0, 0xf_ffff)],
  df: ['df', oneOf(dontFragment)],
  ageingSec: ['ageing', u32],
  maxAddresses: ['limit', u32],
  proxy: ['proxy', onOff],
  rsc: ['rsc', onOff],
  l2miss: ['l2miss', onOff],
  l3miss: ['l3miss', onOff],
  udpChecksum: ['udpCsum', onOff],
  udpZeroChecksum6Tx: ['udpZeroCsum6Tx', onOff],
  udpZeroChecksum6Rx: ['udpZeroCsum6Rx', onOff],
  remoteChecksumTx: ['remcsumTx', onOff],
  remoteChecksumRx: ['remcsumRx', onOff],
  gbp: ['gbp', present],
  gpe: ['gpe', present],
  external: ['collectMetadata', onOff],
  vniFilter: ['vnifilter', onOff],
  localBypass: ['localbypass', onOff],
  multicastRoute: ['mcRoute', onOff],
});

const macvlan = new Options<Omit<MacvlanDetails, 'noPromiscuous' | 'sourceMacs'>, MacvlanAttributes>({
  mode: ['mode', oneOf(macvlanModes)],
  broadcastQueueLength: ['bcQueueLen', u32],
  broadcastQueueLengthUsed: ['bcQueueLenUsed', u32],
});

const tun = new Options<TunDetails, TunAttributes>({
  type: ['type', oneOf(tunTypes)],
  owner: ['owner', u32],
  group: ['group', u32],
  packetInfo: ['pi', onOff],
  vnetHeader: ['vnetHdr', onOff],
  persist: ['persist', onOff],
  multiQueue: ['multiQueue', onOff],
  queues: ['numQueues', u32],
  disabledQueues: ['numDisabledQueues', u32],
});

export const vxlanOptionNames: readonly string[] = [
  ...vxlan.names,
  'remote',
  'multicastGroup',
  'local',
  'portRange',
  'ttl',
  'tos',
];
export const macvlanOptionNames: readonly string[] = ['mode', 'noPromiscuous', 'sourceMacs', 'broadcastQueueLength'];

/** What makes a kind available, for the error when it is not. */
export const kindConfig: Readonly<Record<string, string>> = {
  bridge: 'CONFIG_BRIDGE',
  veth: 'CONFIG_VETH',
  ifb: 'CONFIG_IFB',
  vxlan: 'CONFIG_VXLAN',
  macvlan: 'CONFIG_MACVLAN',
  macvtap: 'CONFIG_MACVTAP',
};

function isMulticast(ip: string): boolean {
  return familyOf(ip) === 'ipv6' ? /^ff/i.test(ip) : Number(ip.split('.')[0]) >> 4 === 14;
}

export function encodeVxlan(prefix: string, options: Readonly<Record<string, unknown>>): VxlanAttributes {
  const { remote, multicastGroup, local, portRange, ttl, tos } = options;
  const attributes: VxlanAttributes = {};
  vxlan.encode(prefix, options, attributes);
  if (remote !== undefined && multicastGroup !== undefined) {
    throw new TypeError(`${prefix}remote and ${prefix}multicastGroup exclude each other`);
  }
  const target = remote ?? multicastGroup;
  if (target !== undefined) {
    const option = `${prefix}${remote === undefined ? 'multicastGroup' : 'remote'}`;
    const ip = checkIp(option, target);
    if (isMulticast(ip) !== (multicastGroup !== undefined)) {
      throw new RangeError(`${option} '${ip}' must be a ${remote === undefined ? 'multicast' : 'unicast'} address`);
    }
    attributes[familyOf(ip) === 'ipv4' ? 'group' : 'group6'] = ip;
  }
  if (local !== undefined) {
    const ip = checkIp(`${prefix}local`, local);
    attributes[familyOf(ip) === 'ipv4' ? 'local' : 'local6'] = ip;
  }
  if (portRange !== undefined) {
    const { low, high } = checkObject(`${prefix}portRange`, portRange);
    attributes.portRange = {
      low: checkInteger(`${prefix}portRange.low`, low, 0, 0xffff),
      high: checkInteger(`${prefix}portRange.high`, high, 0, 0xffff),
    };
  }
  if (ttl === 'inherit') attributes.ttlInherit = true;
  else if (ttl !== undefined) attributes.ttl = checkInteger(`${prefix}ttl`, ttl, 0, 255);
  // The kernel's way of saying "inherit" is the lowest bit, which no traffic class has.
  if (tos === 'inherit') attributes.tos = 1;
  else if (tos !== undefined) attributes.tos = checkInteger(`${prefix}tos`, tos, 0, 255);
  return attributes;
}

export function decodeVxlan(attributes: VxlanAttributes): VxlanDetails {
  const target = attributes.group ?? attributes.group6;
  const local = attributes.local ?? attributes.local6;
  const { portRange, ttl, ttlInherit, tos, link } = attributes;
  return {
    ...vxlan.decode(attributes),
    ...(target !== undefined && (isMulticast(target) ? { multicastGroup: target } : { remote: target })),
    ...(local !== undefined && { local }),
    ...(portRange && { portRange }),
    ...(ttlInherit ? { ttl: 'inherit' as const } : ttl !== undefined && { ttl }),
    ...(tos !== undefined && { tos: tos === 1 ? ('inherit' as const) : tos }),
    ...(link !== undefined && { lowerIndex: link }),
  };
}

export function encodeMacvlan(prefix: string, options: Readonly<Record<string, unknown>>): MacvlanAttributes {
  const { noPromiscuous, sourceMacs, ...plain } = options;
  const attributes: MacvlanAttributes = {};
  macvlan.encode(prefix, plain, attributes);
  if (noPromiscuous !== undefined) {
    attributes.flags = present.encode(`${prefix}noPromiscuous`, noPromiscuous) ? k.MACVLAN_FLAG_NOPROMISC : 0;
  }
  if (sourceMacs !== undefined) {
    const macaddrs = checkArray(`${prefix}sourceMacs`, sourceMacs).map((mac, index) =>
      checkUnicastMac(`${prefix}sourceMacs[${index}]`, mac),
    );
    attributes.macaddrMode = k.MACVLAN_MACADDR_SET;
    attributes.macaddrData = { macaddrs };
  }
  return attributes;
}

export function decodeMacvlan(attributes: MacvlanAttributes): MacvlanDetails {
  const { flags, macaddrCount, macaddrData } = attributes;
  return {
    ...macvlan.decode(attributes),
    ...(flags !== undefined && { noPromiscuous: (flags & k.MACVLAN_FLAG_NOPROMISC) !== 0 }),
    ...(macaddrCount !== undefined && macaddrCount > 0 && { sourceMacs: macaddrData?.macaddrs ?? [] }),
  };
}

export function decodeTun(attributes: TunAttributes): TunDetails {
  return tun.decode(attributes);
}
