// What users ask of routes, checked and turned into rtnetlink requests.
import {
  constants as k,
  routeFamily,
  type NexthopMessage,
  type RequestBuffer,
  type RouteMessage,
  type routeMetrics,
  type Infer,
} from '../rtnl';
import { scopes, type AddressScope } from './address-operations';
import type { IndexOf, Operation } from './operations';
import { integer, onOff, Options, u32 } from './option-table';
import * as check from './validate';
import { flags, words } from './words';

const EEXIST = -17;
const ESRCH = -3;
const ENETUNREACH = -101;
/** rtm_table is one byte wide; larger numbers go into RTA_TABLE. */
const MAX_SHORT_TABLE = 255;
const MAX_WEIGHT = 256;

export const routeTypes = words({
  unicast: k.RTN_UNICAST,
  local: k.RTN_LOCAL,
  broadcast: k.RTN_BROADCAST,
  anycast: k.RTN_ANYCAST,
  multicast: k.RTN_MULTICAST,
  blackhole: k.RTN_BLACKHOLE,
  unreachable: k.RTN_UNREACHABLE,
  prohibit: k.RTN_PROHIBIT,
  throw: k.RTN_THROW,
});

export const routeProtocols = words(
  {
    unspec: k.RTPROT_UNSPEC,
    redirect: k.RTPROT_REDIRECT,
    kernel: k.RTPROT_KERNEL,
    boot: k.RTPROT_BOOT,
    static: k.RTPROT_STATIC,
    ra: k.RTPROT_RA,
    zebra: k.RTPROT_ZEBRA,
    bird: k.RTPROT_BIRD,
    dhcp: k.RTPROT_DHCP,
    keepalived: k.RTPROT_KEEPALIVED,
    babel: k.RTPROT_BABEL,
    ovn: k.RTPROT_OVN,
    bgp: k.RTPROT_BGP,
    isis: k.RTPROT_ISIS,
    ospf: k.RTPROT_OSPF,
    rip: k.RTPROT_RIP,
    eigrp: k.RTPROT_EIGRP,
  },
  255,
);

export const routeTables = words(
  { default: k.RT_TABLE_DEFAULT, main: k.RT_TABLE_MAIN, local: k.RT_TABLE_LOCAL },
  0xffff_ffff,
);

/** RTA_PREF (RFC 4191). */
export const routePreferences = words({ medium: 0, high: 1, low: 3 });

export const nexthopFlags = flags({
  dead: k.RTNH_F_DEAD,
  pervasive: k.RTNH_F_PERVASIVE,
  onlink: k.RTNH_F_ONLINK,
  offload: k.RTNH_F_OFFLOAD,
  linkdown: k.RTNH_F_LINKDOWN,
  unresolved: k.RTNH_F_UNRESOLVED,
  trap: k.RTNH_F_TRAP,
});

export type RouteType = (typeof routeTypes.words)[number];
export type RouteProtocol = (typeof routeProtocols.words)[number];
export type RouteTable = (typeof routeTables.words)[number] | number;
export type NexthopFlag = (typeof nexthopFlags.words)[number];

/** Values that connections over a route begin with. */
export interface RouteMetrics {
  /** Path MTU. */
  readonly mtu?: number;
  /** Largest receive window, in bytes. */
  readonly window?: number;
  /** Maximum segment size to advertise. */
  readonly advertisedMss?: number;
  readonly hopLimit?: number;
  /** Slow start threshold, in segments. */
  readonly slowStartThreshold?: number;
  readonly congestionWindow?: number;
  readonly initialCongestionWindow?: number;
  readonly initialReceiveWindow?: number;
  readonly reordering?: number;
  readonly minRtoMs?: number;
  /** Acknowledge at once. */
  readonly quickAck?: boolean;
  readonly fastOpenWithoutCookie?: boolean;
}

/** One of several ways to go. */
export interface Nexthop {
  readonly gateway?: string;
  /** Name, alternative name or index. */
  readonly interface?: string | number;
  /** Share of the traffic, 1 to 256. 1 by default. */
  readonly weight?: number;
  /** Pretend that the gateway is on the link, whatever its address. */
  readonly onlink?: boolean;
}

/** Which route; what is left out matches any. */
export interface RouteRef {
  /** `10.0.0.0/8`, one address, or `default`. */
  readonly destination: string;
  /** Needed for `default` without a gateway. */
  readonly family?: check.Family;
  readonly gateway?: string;
  /** Name, alternative name or index of the interface it leads out of. */
  readonly interface?: string | number;
  /** Preferred source address. */
  readonly source?: string;
  /** The lower, the more preferred. */
  readonly metric?: number;
  /** `main` by default, `local` for types `local`, `broadcast` and `anycast`. */
  readonly table?: RouteTable;
  readonly type?: RouteType;
  readonly scope?: AddressScope | number;
  readonly protocol?: RouteProtocol | number;
  readonly tos?: number;
}

/** A route to be set: `unicast` and by protocol `static` when it does not say. */
export interface RouteSpec extends RouteRef {
  /** Several ways instead of one gateway and interface. */
  readonly nexthops?: readonly Nexthop[];
  /** A nexthop object instead. */
  readonly nexthopId?: number;
  readonly metrics?: RouteMetrics;
  /** Pretend that the gateway is on the link, whatever its address. */
  readonly onlink?: boolean;
  /** IPv6: seconds until it goes. */
  readonly expiresSec?: number;
  /** IPv6 router preference (RFC 4191). */
  readonly preference?: 'low' | 'medium' | 'high';
}

const refNames = [
  'destination',
  'family',
  'gateway',
  'interface',
  'source',
  'metric',
  'table',
  'type',
  'scope',
  'protocol',
  'tos',
];
const specNames = new Set([...refNames, 'nexthops', 'nexthopId', 'metrics', 'onlink', 'expiresSec', 'preference']);
const nexthopNames = new Set(['gateway', 'interface', 'weight', 'onlink']);

export const metricOptions = new Options<RouteMetrics, Infer<typeof routeMetrics>>({
  mtu: ['mtu', integer(68, 0xffff_ffff)],
  window: ['window', u32],
  advertisedMss: ['advmss', u32],
  hopLimit: ['hoplimit', integer(0, 255)],
  slowStartThreshold: ['ssthresh', u32],
  congestionWindow: ['cwnd', u32],
  initialCongestionWindow: ['initcwnd', u32],
  initialReceiveWindow: ['initrwnd', u32],
  reordering: ['reordering', u32],
  minRtoMs: ['rtoMin', u32],
  quickAck: ['quickack', onOff],
  fastOpenWithoutCookie: ['fastopenNoCookie', onOff],
});
const metricNames = new Set(metricOptions.names);

interface Parsed {
  readonly family: check.Family;
  readonly header: Partial<RouteMessage['header']>;
  readonly attributes: RouteMessage['attributes'];
  readonly interface: string | number | undefined;
  readonly type: number | undefined;
  readonly scope: number | undefined;
}

function routeFamilyOf(spec: RouteSpec): check.Family {
  if (spec.family !== undefined) return check.checkFamily('family', spec.family);
  const hops = Array.isArray(spec.nexthops) ? (spec.nexthops as readonly Nexthop[]) : [];
  const gateway = [spec.gateway, spec.source, ...hops.map((hop) => hop.gateway)].find((each) => each !== undefined);
  if (gateway !== undefined) return check.familyOf(check.checkIp('gateway', gateway));
  throw new TypeError("family is needed: 'default' alone does not say whether IPv4 or IPv6 is meant");
}

/** The gateway, in the attribute for its family. */
function gatewayAttributes(option: string, value: unknown, family: check.Family): { gateway?: string; via?: string } {
  if (value === undefined) return {};
  const ip = check.checkIp(option, value);
  if (check.familyOf(ip) === family) return { gateway: ip };
  if (family === 'ipv6') throw new TypeError(`${option} '${ip}': an IPv6 route cannot go by way of an IPv4 gateway`);
  return { via: ip };
}

function parse(spec: RouteSpec, allowed: ReadonlySet<string>): Parsed {
  check.checkKeys('a route', check.checkObject('route', spec), allowed);
  const isDefault = spec.destination === 'default';
  const prefix = isDefault ? undefined : check.checkPrefix('destination', spec.destination, 'may-be-bare');
  const family = prefix?.family ?? routeFamilyOf(spec);
  if (spec.family !== undefined && check.checkFamily('family', spec.family) !== family) {
    throw new TypeError(`destination '${spec.destination}' is not of family ${spec.family}`);
  }
  const { metric, source, table, tos } = spec;
  const attributes: RouteMessage['attributes'] = gatewayAttributes('gateway', spec.gateway, family);
  if (prefix !== undefined && prefix.length > 0) attributes.dst = prefix.ip;
  if (metric !== undefined) attributes.priority = check.checkInteger('metric', metric, 0, 0xffff_ffff);
  if (source !== undefined) {
    attributes.prefsrc = check.checkIp('source', source);
    if (check.familyOf(attributes.prefsrc) !== family) throw new TypeError(`source '${source}' must be ${family}`);
  }
  const type = spec.type === undefined ? undefined : routeTypes.value('type', spec.type);
  const number = table === undefined ? defaultTable(type) : routeTables.value('table', table);
  if (number > MAX_SHORT_TABLE) attributes.table = number;
  return {
    family,
    header: {
      family: family === 'ipv4' ? k.AF_INET : k.AF_INET6,
      dstLength: prefix?.length ?? 0,
      table: number > MAX_SHORT_TABLE ? k.RT_TABLE_UNSPEC : number,
      ...(tos !== undefined && { tos: check.checkInteger('tos', tos, 0, 255) }),
    },
    attributes,
    interface: spec.interface === undefined ? undefined : check.checkInterfaceRef('interface', spec.interface),
    type,
    scope: spec.scope === undefined ? undefined : scopes.value('scope', spec.scope),
  };
}

function isOwn(type: number | undefined): boolean {
  return type === k.RTN_LOCAL || type === k.RTN_BROADCAST || type === k.RTN_ANYCAST;
}

function defaultTable(type: number | undefined): number {
  return isOwn(type) ? k.RT_TABLE_LOCAL : k.RT_TABLE_MAIN;
}

/** As ip-route(8) has it: what is reached without a gateway is on the link. */
function defaultScope(parsed: Parsed, type: number, hasGateway: boolean): number {
  if (parsed.family === 'ipv6') return k.RT_SCOPE_UNIVERSE;
  if (type === k.RTN_LOCAL) return k.RT_SCOPE_HOST;
  if (type === k.RTN_BROADCAST || type === k.RTN_MULTICAST || type === k.RTN_ANYCAST) return k.RT_SCOPE_LINK;
  return type === k.RTN_UNICAST && !hasGateway ? k.RT_SCOPE_LINK : k.RT_SCOPE_UNIVERSE;
}

interface Hop {
  readonly message: Omit<NexthopMessage, 'index'>;
  readonly interface: string | number | undefined;
}

function parseNexthop(value: unknown, i: number, family: check.Family): Hop {
  const option = `nexthops[${i}]`;
  const hop = check.checkObject(option, value);
  check.checkKeys(option, hop, nexthopNames);
  const { gateway, weight, onlink } = hop;
  if (gateway === undefined && hop.interface === undefined) {
    throw new TypeError(`${option} needs a gateway or an interface`);
  }
  return {
    message: {
      flags: onlink !== undefined && check.checkBoolean(`${option}.onlink`, onlink) ? k.RTNH_F_ONLINK : 0,
      hops: weight === undefined ? 0 : check.checkInteger(`${option}.weight`, weight, 1, MAX_WEIGHT) - 1,
      attributes: gatewayAttributes(`${option}.gateway`, gateway, family),
    },
    interface: hop.interface === undefined ? undefined : check.checkInterfaceRef(`${option}.interface`, hop.interface),
  };
}

/** @throws TypeError, RangeError */
export function addRoute(spec: RouteSpec, how: 'add' | 'replace'): Operation<undefined> {
  const parsed = parse(spec, specNames);
  const { attributes } = parsed;
  const type = parsed.type ?? k.RTN_UNICAST;
  const hops =
    spec.nexthops === undefined
      ? []
      : check.checkArray('nexthops', spec.nexthops).map((hop, i) => parseNexthop(hop, i, parsed.family));
  if (hops.length > 0 && (spec.gateway !== undefined || spec.interface !== undefined)) {
    throw new TypeError('nexthops stand in place of gateway and interface');
  }
  if (spec.nexthopId !== undefined) {
    attributes.nhId = check.checkInteger('nexthopId', spec.nexthopId, 1, 0xffff_ffff);
  }
  const somewhere = spec.gateway !== undefined || parsed.interface !== undefined || hops.length > 0;
  if (type === k.RTN_UNICAST && !somewhere && spec.nexthopId === undefined) {
    throw new TypeError('a route needs a gateway, an interface, nexthops, or another type than unicast');
  }
  if (spec.metrics !== undefined) {
    const metrics = check.checkObject('metrics', spec.metrics);
    check.checkKeys('metrics', metrics, metricNames);
    attributes.metrics = {};
    metricOptions.encode('metrics.', metrics, attributes.metrics);
  }
  if (spec.expiresSec !== undefined) {
    if (parsed.family === 'ipv4') throw new TypeError('expiresSec is for IPv6 only');
    attributes.expires = check.checkInteger('expiresSec', spec.expiresSec, 1, 0x7fff_ffff);
  }
  if (spec.preference !== undefined) {
    if (parsed.family === 'ipv4') throw new TypeError('preference is for IPv6 only');
    attributes.pref = routePreferences.value('preference', spec.preference);
  }
  const hasGateway = attributes.gateway !== undefined || attributes.via !== undefined || hops.length > 0;
  const header = {
    ...parsed.header,
    type,
    protocol: spec.protocol === undefined ? k.RTPROT_STATIC : routeProtocols.value('protocol', spec.protocol),
    scope: parsed.scope ?? defaultScope(parsed, type, hasGateway || spec.nexthopId !== undefined),
    flags: spec.onlink !== undefined && check.checkBoolean('onlink', spec.onlink) ? k.RTNH_F_ONLINK : 0,
  };
  const refs = [parsed.interface, ...hops.map((hop) => hop.interface)];
  const flag = how === 'add' ? k.NLM_F_EXCL : k.NLM_F_REPLACE;
  return {
    action: `${how} route to ${spec.destination}`,
    ...(spec.interface !== undefined && { interface: String(spec.interface) }),
    hints: {
      [EEXIST]: 'there is such a route already, be it another way: metric tells routes apart, replace() changes one',
      [ENETUNREACH]: 'the gateway is not on a network of this host: add an address first, or say onlink',
    },
    needs: refs.filter((ref) => ref !== undefined),
    encode(buffer: RequestBuffer, indexOf: IndexOf) {
      const all = { ...attributes };
      if (parsed.interface !== undefined) all.oif = indexOf(parsed.interface);
      if (hops.length > 0) {
        all.multipath = hops.map((hop) => ({
          ...hop.message,
          index: hop.interface === undefined ? 0 : indexOf(hop.interface),
        }));
      }
      buffer.add(routeFamily, k.RTM_NEWROUTE, k.NLM_F_CREATE | flag, header, all);
    },
  };
}

/** @throws TypeError, RangeError */
export function removeRoute(route: RouteRef): Operation<undefined> {
  const parsed = parse(route, new Set(refNames));
  const { protocol } = route;
  const header = {
    ...parsed.header,
    // Zero matches any protocol and type, RT_SCOPE_NOWHERE any scope.
    type: parsed.type ?? k.RTN_UNSPEC,
    protocol: protocol === undefined ? k.RTPROT_UNSPEC : routeProtocols.value('protocol', protocol),
    scope: parsed.scope ?? k.RT_SCOPE_NOWHERE,
  };
  return {
    action: `remove route to ${route.destination}`,
    ...(route.interface !== undefined && { interface: String(route.interface) }),
    hints: { [ESRCH]: 'there is no such route' },
    needs: parsed.interface === undefined ? [] : [parsed.interface],
    encode(buffer: RequestBuffer, indexOf: IndexOf) {
      const attributes = { ...parsed.attributes };
      if (parsed.interface !== undefined) attributes.oif = indexOf(parsed.interface);
      buffer.add(routeFamily, k.RTM_DELROUTE, 0, header, attributes);
    },
  };
}
