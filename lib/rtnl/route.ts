import { attrs, family, nested, type Infer } from './attributes';
import { be32, bytes, ip, s32, string, struct, u16, u32, u8, be16, type Codec } from './codec';
import * as k from './constants/route';
import { AF_INET, AF_INET6 } from './constants/netlink';
import { formatIp, parseIp } from '../packet';
import { align4, LITTLE_ENDIAN } from './wire';

/** `struct rtmsg`. */
export const rtmsg = struct(
  {
    family: u8,
    dstLength: u8,
    srcLength: u8,
    tos: u8,
    table: u8,
    protocol: u8,
    scope: u8,
    type: u8,
    flags: u32,
  },
  {
    fresh: () => ({
      family: 0,
      dstLength: 0,
      srcLength: 0,
      tos: 0,
      table: 0,
      protocol: 0,
      scope: 0,
      type: 0,
      flags: 0,
    }),
  },
);

/** `struct rta_cacheinfo`; `expires` is in USER_HZ (1/100 s). */
export const routeCacheInfo = struct({
  clntref: u32,
  lastuse: u32,
  expires: s32,
  error: u32,
  used: u32,
  id: u32,
  ts: u32,
  tsage: u32,
});

/** RTA_METRICS. Times are in milliseconds, `rtt` in eighths and `rttvar` in quarters of one. */
export const routeMetrics = attrs({
  lock: [k.RTAX_LOCK, u32],
  mtu: [k.RTAX_MTU, u32],
  window: [k.RTAX_WINDOW, u32],
  rtt: [k.RTAX_RTT, u32],
  rttvar: [k.RTAX_RTTVAR, u32],
  ssthresh: [k.RTAX_SSTHRESH, u32],
  cwnd: [k.RTAX_CWND, u32],
  advmss: [k.RTAX_ADVMSS, u32],
  reordering: [k.RTAX_REORDERING, u32],
  hoplimit: [k.RTAX_HOPLIMIT, u32],
  initcwnd: [k.RTAX_INITCWND, u32],
  features: [k.RTAX_FEATURES, u32],
  rtoMin: [k.RTAX_RTO_MIN, u32],
  initrwnd: [k.RTAX_INITRWND, u32],
  quickack: [k.RTAX_QUICKACK, u32],
  ccAlgo: [k.RTAX_CC_ALGO, string],
  fastopenNoCookie: [k.RTAX_FASTOPEN_NO_COOKIE, u32],
});

/** `struct rtvia`: a gateway of another address family than the route's. */
export const via: Codec<string> = {
  min: 2 + 4,
  read: (reader, at, length) => {
    const family = reader.view.getUint16(at, LITTLE_ENDIAN);
    const size = family === AF_INET ? 4 : family === AF_INET6 ? 16 : 0;
    return size !== 0 && length === 2 + size ? formatIp(reader.bytes, at + 2, size) : undefined;
  },
  write: (writer, value) => {
    const address = parseIp(value);
    const at = writer.reserve(2 + address.length);
    writer.view.setUint16(at, address.length === 4 ? AF_INET : AF_INET6, LITTLE_ENDIAN);
    writer.bytes.set(address, at + 2);
  },
};

/** `struct rtnexthop`, without the length that the codec keeps to itself. */
export const rtnexthop = struct({ _length: u16, flags: u8, hops: u8, index: s32 });

export const nexthopAttributes = attrs({
  gateway: [k.RTA_GATEWAY, ip],
  flow: [k.RTA_FLOW, u32],
  via: [k.RTA_VIA, via],
  newDst: [k.RTA_NEWDST, bytes],
  encapType: [k.RTA_ENCAP_TYPE, u16],
  encap: [k.RTA_ENCAP, bytes],
});

export interface NexthopMessage {
  /** `RTNH_F_*`. */
  flags: number;
  /** The weight less one. */
  hops: number;
  index: number;
  attributes: Infer<typeof nexthopAttributes>;
}

/** RTA_MULTIPATH: an array of `struct rtnexthop`, each with attributes of its own. */
export const multipath: Codec<NexthopMessage[]> = {
  min: rtnexthop.size,
  read: (reader, at, length) => {
    const out: NexthopMessage[] = [];
    const end = at + length;
    for (let i = at; end - i >= rtnexthop.size;) {
      const size = reader.view.getUint16(i, LITTLE_ENDIAN);
      if (size < rtnexthop.size || size > end - i) return undefined;
      const { flags, hops, index } = rtnexthop.get(reader.view, i);
      out.push({ flags, hops, index, attributes: nexthopAttributes.decode(reader, i + rtnexthop.size, i + size) });
      i += align4(size);
    }
    return out;
  },
  write: (writer, value) => {
    for (const hop of value) {
      const at = writer.length;
      rtnexthop.put(writer, hop);
      nexthopAttributes.encode(writer, hop.attributes);
      writer.view.setUint16(at, writer.length - at, LITTLE_ENDIAN);
    }
  },
};

export const routeAttributes = attrs({
  dst: [k.RTA_DST, ip],
  src: [k.RTA_SRC, ip],
  iif: [k.RTA_IIF, u32],
  oif: [k.RTA_OIF, u32],
  gateway: [k.RTA_GATEWAY, ip],
  priority: [k.RTA_PRIORITY, u32],
  prefsrc: [k.RTA_PREFSRC, ip],
  metrics: [k.RTA_METRICS, nested(routeMetrics)],
  multipath: [k.RTA_MULTIPATH, multipath],
  flow: [k.RTA_FLOW, u32],
  cacheInfo: [k.RTA_CACHEINFO, routeCacheInfo],
  table: [k.RTA_TABLE, u32],
  mark: [k.RTA_MARK, u32],
  mfcStats: [k.RTA_MFC_STATS, bytes],
  via: [k.RTA_VIA, via],
  newDst: [k.RTA_NEWDST, bytes],
  pref: [k.RTA_PREF, u8],
  encapType: [k.RTA_ENCAP_TYPE, u16],
  encap: [k.RTA_ENCAP, bytes],
  expires: [k.RTA_EXPIRES, u32],
  uid: [k.RTA_UID, u32],
  ttlPropagate: [k.RTA_TTL_PROPAGATE, u8],
  ipProto: [k.RTA_IP_PROTO, u8],
  sport: [k.RTA_SPORT, be16],
  dport: [k.RTA_DPORT, be16],
  nhId: [k.RTA_NH_ID, u32],
  flowlabel: [k.RTA_FLOWLABEL, be32],
});

/** RTM_NEWROUTE, RTM_DELROUTE, RTM_GETROUTE. */
export const routeFamily = family(rtmsg, routeAttributes);
export type RouteMessage = Infer<typeof routeFamily>;
