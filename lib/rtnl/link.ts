import { attrs, family, nested, prefixed, repeated, selectedBy, type Infer } from './attributes';
import { parseMac } from '../packet';
import {
  be16,
  be32,
  bool8,
  bytes,
  counter64,
  flag,
  ip,
  mac,
  s32,
  string,
  struct,
  text,
  u16,
  u32,
  u64,
  u8,
  type Codec,
} from './codec';
import * as k from './constants/link';
import { macText } from './intern';

/** `struct ifinfomsg`. */
export const ifinfomsg = struct(
  { family: u8, _pad: u8, type: u16, index: s32, flags: u32, change: u32 },
  { fresh: () => ({ family: 0, type: 0, index: 0, flags: 0, change: 0 }) },
);

/** `struct rtnl_link_stats64`; the last two counters came with Linux 4.6 and 5.19. */
export const linkStats64 = struct(
  {
    rxPackets: counter64,
    txPackets: counter64,
    rxBytes: counter64,
    txBytes: counter64,
    rxErrors: counter64,
    txErrors: counter64,
    rxDropped: counter64,
    txDropped: counter64,
    multicast: counter64,
    collisions: counter64,
    rxLengthErrors: counter64,
    rxOverErrors: counter64,
    rxCrcErrors: counter64,
    rxFrameErrors: counter64,
    rxFifoErrors: counter64,
    rxMissedErrors: counter64,
    txAbortedErrors: counter64,
    txCarrierErrors: counter64,
    txFifoErrors: counter64,
    txHeartbeatErrors: counter64,
    txWindowErrors: counter64,
    rxCompressed: counter64,
    txCompressed: counter64,
    rxNohandler: counter64,
    rxOtherhostDropped: counter64,
  },
  {
    min: 23 * 8,
    fresh: () => ({
      rxPackets: 0,
      txPackets: 0,
      rxBytes: 0,
      txBytes: 0,
      rxErrors: 0,
      txErrors: 0,
      rxDropped: 0,
      txDropped: 0,
      multicast: 0,
      collisions: 0,
      rxLengthErrors: 0,
      rxOverErrors: 0,
      rxCrcErrors: 0,
      rxFrameErrors: 0,
      rxFifoErrors: 0,
      rxMissedErrors: 0,
      txAbortedErrors: 0,
      txCarrierErrors: 0,
      txFifoErrors: 0,
      txHeartbeatErrors: 0,
      txWindowErrors: 0,
      rxCompressed: 0,
      txCompressed: 0,
      rxNohandler: 0,
      rxOtherhostDropped: 0,
    }),
  },
);

/** `struct ifla_bridge_id` (IEEE 802.1D 9.2.5): the priority is in network order. */
export const bridgeId: Codec<{ priority: number; address: string }> = {
  min: 8,
  read: (reader, at) => ({
    priority: reader.view.getUint16(at, false),
    address: macText(reader.bytes, at + 2),
  }),
  write: (writer, value) => {
    const at = writer.reserve(8);
    writer.view.setUint16(at, value.priority, false);
    writer.bytes.set(parseMac(value.address), at + 2);
  },
};

/** `struct br_boolopt_multi`: bits `BR_BOOLOPT_*`. */
export const bridgeBooleans = struct({ values: u32, mask: u32 });

/** Times are in USER_HZ (1/100 s). */
export const bridgeAttributes = attrs({
  forwardDelay: [k.IFLA_BR_FORWARD_DELAY, u32],
  helloTime: [k.IFLA_BR_HELLO_TIME, u32],
  maxAge: [k.IFLA_BR_MAX_AGE, u32],
  ageingTime: [k.IFLA_BR_AGEING_TIME, u32],
  stpState: [k.IFLA_BR_STP_STATE, u32],
  priority: [k.IFLA_BR_PRIORITY, u16],
  vlanFiltering: [k.IFLA_BR_VLAN_FILTERING, u8],
  vlanProtocol: [k.IFLA_BR_VLAN_PROTOCOL, be16],
  groupFwdMask: [k.IFLA_BR_GROUP_FWD_MASK, u16],
  rootId: [k.IFLA_BR_ROOT_ID, bridgeId],
  bridgeId: [k.IFLA_BR_BRIDGE_ID, bridgeId],
  rootPort: [k.IFLA_BR_ROOT_PORT, u16],
  rootPathCost: [k.IFLA_BR_ROOT_PATH_COST, u32],
  topologyChange: [k.IFLA_BR_TOPOLOGY_CHANGE, u8],
  topologyChangeDetected: [k.IFLA_BR_TOPOLOGY_CHANGE_DETECTED, u8],
  helloTimer: [k.IFLA_BR_HELLO_TIMER, counter64],
  tcnTimer: [k.IFLA_BR_TCN_TIMER, counter64],
  topologyChangeTimer: [k.IFLA_BR_TOPOLOGY_CHANGE_TIMER, counter64],
  gcTimer: [k.IFLA_BR_GC_TIMER, counter64],
  groupAddr: [k.IFLA_BR_GROUP_ADDR, mac],
  fdbFlush: [k.IFLA_BR_FDB_FLUSH, flag],
  mcastRouter: [k.IFLA_BR_MCAST_ROUTER, u8],
  mcastSnooping: [k.IFLA_BR_MCAST_SNOOPING, u8],
  mcastQueryUseIfaddr: [k.IFLA_BR_MCAST_QUERY_USE_IFADDR, u8],
  mcastQuerier: [k.IFLA_BR_MCAST_QUERIER, u8],
  mcastHashElasticity: [k.IFLA_BR_MCAST_HASH_ELASTICITY, u32],
  mcastHashMax: [k.IFLA_BR_MCAST_HASH_MAX, u32],
  mcastLastMemberCount: [k.IFLA_BR_MCAST_LAST_MEMBER_CNT, u32],
  mcastStartupQueryCount: [k.IFLA_BR_MCAST_STARTUP_QUERY_CNT, u32],
  mcastLastMemberInterval: [k.IFLA_BR_MCAST_LAST_MEMBER_INTVL, counter64],
  mcastMembershipInterval: [k.IFLA_BR_MCAST_MEMBERSHIP_INTVL, counter64],
  mcastQuerierInterval: [k.IFLA_BR_MCAST_QUERIER_INTVL, counter64],
  mcastQueryInterval: [k.IFLA_BR_MCAST_QUERY_INTVL, counter64],
  mcastQueryResponseInterval: [k.IFLA_BR_MCAST_QUERY_RESPONSE_INTVL, counter64],
  mcastStartupQueryInterval: [k.IFLA_BR_MCAST_STARTUP_QUERY_INTVL, counter64],
  nfCallIptables: [k.IFLA_BR_NF_CALL_IPTABLES, u8],
  nfCallIp6tables: [k.IFLA_BR_NF_CALL_IP6TABLES, u8],
  nfCallArptables: [k.IFLA_BR_NF_CALL_ARPTABLES, u8],
  vlanDefaultPvid: [k.IFLA_BR_VLAN_DEFAULT_PVID, u16],
  vlanStatsEnabled: [k.IFLA_BR_VLAN_STATS_ENABLED, u8],
  mcastStatsEnabled: [k.IFLA_BR_MCAST_STATS_ENABLED, u8],
  mcastIgmpVersion: [k.IFLA_BR_MCAST_IGMP_VERSION, u8],
  mcastMldVersion: [k.IFLA_BR_MCAST_MLD_VERSION, u8],
  vlanStatsPerPort: [k.IFLA_BR_VLAN_STATS_PER_PORT, u8],
  multiBoolopt: [k.IFLA_BR_MULTI_BOOLOPT, bridgeBooleans],
  mcastQuerierState: [k.IFLA_BR_MCAST_QUERIER_STATE, bytes],
  fdbNLearned: [k.IFLA_BR_FDB_N_LEARNED, u32],
  fdbMaxLearned: [k.IFLA_BR_FDB_MAX_LEARNED, u32],
});
export type BridgeAttributes = Infer<typeof bridgeAttributes>;

/** Timers are in USER_HZ (1/100 s). */
export const bridgePortAttributes = attrs({
  state: [k.IFLA_BRPORT_STATE, u8],
  priority: [k.IFLA_BRPORT_PRIORITY, u16],
  cost: [k.IFLA_BRPORT_COST, u32],
  mode: [k.IFLA_BRPORT_MODE, u8],
  guard: [k.IFLA_BRPORT_GUARD, u8],
  protect: [k.IFLA_BRPORT_PROTECT, u8],
  fastLeave: [k.IFLA_BRPORT_FAST_LEAVE, u8],
  learning: [k.IFLA_BRPORT_LEARNING, u8],
  unicastFlood: [k.IFLA_BRPORT_UNICAST_FLOOD, u8],
  proxyarp: [k.IFLA_BRPORT_PROXYARP, u8],
  learningSync: [k.IFLA_BRPORT_LEARNING_SYNC, u8],
  proxyarpWifi: [k.IFLA_BRPORT_PROXYARP_WIFI, u8],
  rootId: [k.IFLA_BRPORT_ROOT_ID, bridgeId],
  bridgeId: [k.IFLA_BRPORT_BRIDGE_ID, bridgeId],
  designatedPort: [k.IFLA_BRPORT_DESIGNATED_PORT, u16],
  designatedCost: [k.IFLA_BRPORT_DESIGNATED_COST, u16],
  id: [k.IFLA_BRPORT_ID, u16],
  no: [k.IFLA_BRPORT_NO, u16],
  topologyChangeAck: [k.IFLA_BRPORT_TOPOLOGY_CHANGE_ACK, u8],
  configPending: [k.IFLA_BRPORT_CONFIG_PENDING, u8],
  messageAgeTimer: [k.IFLA_BRPORT_MESSAGE_AGE_TIMER, counter64],
  forwardDelayTimer: [k.IFLA_BRPORT_FORWARD_DELAY_TIMER, counter64],
  holdTimer: [k.IFLA_BRPORT_HOLD_TIMER, counter64],
  flush: [k.IFLA_BRPORT_FLUSH, flag],
  multicastRouter: [k.IFLA_BRPORT_MULTICAST_ROUTER, u8],
  mcastFlood: [k.IFLA_BRPORT_MCAST_FLOOD, u8],
  mcastToUcast: [k.IFLA_BRPORT_MCAST_TO_UCAST, u8],
  vlanTunnel: [k.IFLA_BRPORT_VLAN_TUNNEL, u8],
  bcastFlood: [k.IFLA_BRPORT_BCAST_FLOOD, u8],
  groupFwdMask: [k.IFLA_BRPORT_GROUP_FWD_MASK, u16],
  neighSuppress: [k.IFLA_BRPORT_NEIGH_SUPPRESS, u8],
  isolated: [k.IFLA_BRPORT_ISOLATED, u8],
  backupPort: [k.IFLA_BRPORT_BACKUP_PORT, u32],
  mrpRingOpen: [k.IFLA_BRPORT_MRP_RING_OPEN, u8],
  mrpInOpen: [k.IFLA_BRPORT_MRP_IN_OPEN, u8],
  mcastEhtHostsLimit: [k.IFLA_BRPORT_MCAST_EHT_HOSTS_LIMIT, u32],
  mcastEhtHostsCount: [k.IFLA_BRPORT_MCAST_EHT_HOSTS_CNT, u32],
  locked: [k.IFLA_BRPORT_LOCKED, u8],
  mab: [k.IFLA_BRPORT_MAB, u8],
  mcastNGroups: [k.IFLA_BRPORT_MCAST_N_GROUPS, u32],
  mcastMaxGroups: [k.IFLA_BRPORT_MCAST_MAX_GROUPS, u32],
  neighVlanSuppress: [k.IFLA_BRPORT_NEIGH_VLAN_SUPPRESS, u8],
  backupNhid: [k.IFLA_BRPORT_BACKUP_NHID, u32],
});
export type BridgePortAttributes = Infer<typeof bridgePortAttributes>;

/** `struct ifla_vxlan_port_range`. */
export const vxlanPortRange = struct({ low: be16, high: be16 });

export const vxlanAttributes = attrs({
  id: [k.IFLA_VXLAN_ID, u32],
  group: [k.IFLA_VXLAN_GROUP, ip],
  link: [k.IFLA_VXLAN_LINK, u32],
  local: [k.IFLA_VXLAN_LOCAL, ip],
  ttl: [k.IFLA_VXLAN_TTL, u8],
  tos: [k.IFLA_VXLAN_TOS, u8],
  learning: [k.IFLA_VXLAN_LEARNING, u8],
  ageing: [k.IFLA_VXLAN_AGEING, u32],
  limit: [k.IFLA_VXLAN_LIMIT, u32],
  portRange: [k.IFLA_VXLAN_PORT_RANGE, vxlanPortRange],
  proxy: [k.IFLA_VXLAN_PROXY, u8],
  rsc: [k.IFLA_VXLAN_RSC, u8],
  l2miss: [k.IFLA_VXLAN_L2MISS, u8],
  l3miss: [k.IFLA_VXLAN_L3MISS, u8],
  port: [k.IFLA_VXLAN_PORT, be16],
  group6: [k.IFLA_VXLAN_GROUP6, ip],
  local6: [k.IFLA_VXLAN_LOCAL6, ip],
  udpCsum: [k.IFLA_VXLAN_UDP_CSUM, u8],
  udpZeroCsum6Tx: [k.IFLA_VXLAN_UDP_ZERO_CSUM6_TX, u8],
  udpZeroCsum6Rx: [k.IFLA_VXLAN_UDP_ZERO_CSUM6_RX, u8],
  remcsumTx: [k.IFLA_VXLAN_REMCSUM_TX, u8],
  remcsumRx: [k.IFLA_VXLAN_REMCSUM_RX, u8],
  gbp: [k.IFLA_VXLAN_GBP, flag],
  remcsumNopartial: [k.IFLA_VXLAN_REMCSUM_NOPARTIAL, flag],
  collectMetadata: [k.IFLA_VXLAN_COLLECT_METADATA, u8],
  label: [k.IFLA_VXLAN_LABEL, be32],
  gpe: [k.IFLA_VXLAN_GPE, flag],
  ttlInherit: [k.IFLA_VXLAN_TTL_INHERIT, flag],
  df: [k.IFLA_VXLAN_DF, u8],
  vnifilter: [k.IFLA_VXLAN_VNIFILTER, u8],
  localbypass: [k.IFLA_VXLAN_LOCALBYPASS, u8],
  labelPolicy: [k.IFLA_VXLAN_LABEL_POLICY, u32],
  reservedBits: [k.IFLA_VXLAN_RESERVED_BITS, bytes],
  mcRoute: [k.IFLA_VXLAN_MC_ROUTE, u8],
});
export type VxlanAttributes = Infer<typeof vxlanAttributes>;

export const macvlanAttributes = attrs({
  mode: [k.IFLA_MACVLAN_MODE, u32],
  flags: [k.IFLA_MACVLAN_FLAGS, u16],
  macaddrMode: [k.IFLA_MACVLAN_MACADDR_MODE, u32],
  macaddr: [k.IFLA_MACVLAN_MACADDR, mac],
  macaddrData: [k.IFLA_MACVLAN_MACADDR_DATA, nested(attrs({ macaddrs: [k.IFLA_MACVLAN_MACADDR, repeated(mac)] }))],
  macaddrCount: [k.IFLA_MACVLAN_MACADDR_COUNT, u32],
  bcQueueLen: [k.IFLA_MACVLAN_BC_QUEUE_LEN, u32],
  bcQueueLenUsed: [k.IFLA_MACVLAN_BC_QUEUE_LEN_USED, u32],
  bcCutoff: [k.IFLA_MACVLAN_BC_CUTOFF, s32],
});
export type MacvlanAttributes = Infer<typeof macvlanAttributes>;

export const tunAttributes = attrs({
  owner: [k.IFLA_TUN_OWNER, u32],
  group: [k.IFLA_TUN_GROUP, u32],
  type: [k.IFLA_TUN_TYPE, u8],
  pi: [k.IFLA_TUN_PI, u8],
  vnetHdr: [k.IFLA_TUN_VNET_HDR, u8],
  persist: [k.IFLA_TUN_PERSIST, u8],
  multiQueue: [k.IFLA_TUN_MULTI_QUEUE, u8],
  numQueues: [k.IFLA_TUN_NUM_QUEUES, u32],
  numDisabledQueues: [k.IFLA_TUN_NUM_DISABLED_QUEUES, u32],
});
export type TunAttributes = Infer<typeof tunAttributes>;

const protoDownReason = attrs({
  mask: [k.IFLA_PROTO_DOWN_REASON_MASK, u32],
  value: [k.IFLA_PROTO_DOWN_REASON_VALUE, u32],
});

/** What may be said of a link without its kind: the whole of it for a veth's peer at birth. */
const peerAttributes = attrs({
  address: [k.IFLA_ADDRESS, mac],
  ifname: [k.IFLA_IFNAME, string],
  mtu: [k.IFLA_MTU, u32],
  txqlen: [k.IFLA_TXQLEN, u32],
  netNsPid: [k.IFLA_NET_NS_PID, u32],
  group: [k.IFLA_GROUP, u32],
  netNsFd: [k.IFLA_NET_NS_FD, u32],
  numTxQueues: [k.IFLA_NUM_TX_QUEUES, u32],
  numRxQueues: [k.IFLA_NUM_RX_QUEUES, u32],
});

export const vethAttributes = attrs({ peer: [k.VETH_INFO_PEER, prefixed(ifinfomsg, peerAttributes)] });

export const linkInfoAttributes = attrs({
  kind: [k.IFLA_INFO_KIND, string],
  data: [
    k.IFLA_INFO_DATA,
    selectedBy('kind', {
      bridge: bridgeAttributes,
      veth: vethAttributes,
      vxlan: vxlanAttributes,
      macvlan: macvlanAttributes,
      macvtap: macvlanAttributes,
      tun: tunAttributes,
    }),
  ],
  xstats: [k.IFLA_INFO_XSTATS, bytes],
  slaveKind: [k.IFLA_INFO_SLAVE_KIND, string],
  slaveData: [k.IFLA_INFO_SLAVE_DATA, selectedBy('slaveKind', { bridge: bridgePortAttributes })],
});

/**
 * Attributes of RTM_*LINK. VFs (`IFLA_VFINFO_LIST` and what goes with it) stay raw: they belong to requests about one
 * physical function.
 */
export const linkAttributes = attrs({
  address: [k.IFLA_ADDRESS, mac],
  broadcast: [k.IFLA_BROADCAST, mac],
  ifname: [k.IFLA_IFNAME, string],
  mtu: [k.IFLA_MTU, u32],
  link: [k.IFLA_LINK, s32],
  qdisc: [k.IFLA_QDISC, string],
  stats: [k.IFLA_STATS, bytes],
  cost: [k.IFLA_COST, bytes],
  priority: [k.IFLA_PRIORITY, bytes],
  master: [k.IFLA_MASTER, u32],
  wireless: [k.IFLA_WIRELESS, bytes],
  protinfo: [k.IFLA_PROTINFO, bytes],
  txqlen: [k.IFLA_TXQLEN, u32],
  map: [k.IFLA_MAP, bytes],
  weight: [k.IFLA_WEIGHT, u32],
  operstate: [k.IFLA_OPERSTATE, u8],
  linkmode: [k.IFLA_LINKMODE, u8],
  linkInfo: [k.IFLA_LINKINFO, nested(linkInfoAttributes)],
  netNsPid: [k.IFLA_NET_NS_PID, u32],
  ifalias: [k.IFLA_IFALIAS, text],
  numVf: [k.IFLA_NUM_VF, u32],
  stats64: [k.IFLA_STATS64, linkStats64],
  afSpec: [k.IFLA_AF_SPEC, bytes],
  group: [k.IFLA_GROUP, u32],
  netNsFd: [k.IFLA_NET_NS_FD, u32],
  extMask: [k.IFLA_EXT_MASK, u32],
  promiscuity: [k.IFLA_PROMISCUITY, u32],
  numTxQueues: [k.IFLA_NUM_TX_QUEUES, u32],
  numRxQueues: [k.IFLA_NUM_RX_QUEUES, u32],
  carrier: [k.IFLA_CARRIER, u8],
  physPortId: [k.IFLA_PHYS_PORT_ID, bytes],
  carrierChanges: [k.IFLA_CARRIER_CHANGES, u32],
  physSwitchId: [k.IFLA_PHYS_SWITCH_ID, bytes],
  linkNetnsid: [k.IFLA_LINK_NETNSID, s32],
  physPortName: [k.IFLA_PHYS_PORT_NAME, string],
  protoDown: [k.IFLA_PROTO_DOWN, u8],
  gsoMaxSegs: [k.IFLA_GSO_MAX_SEGS, u32],
  gsoMaxSize: [k.IFLA_GSO_MAX_SIZE, u32],
  xdp: [k.IFLA_XDP, bytes],
  event: [k.IFLA_EVENT, u32],
  newNetnsid: [k.IFLA_NEW_NETNSID, s32],
  targetNetnsid: [k.IFLA_TARGET_NETNSID, s32],
  carrierUpCount: [k.IFLA_CARRIER_UP_COUNT, u32],
  carrierDownCount: [k.IFLA_CARRIER_DOWN_COUNT, u32],
  newIfindex: [k.IFLA_NEW_IFINDEX, s32],
  minMtu: [k.IFLA_MIN_MTU, u32],
  maxMtu: [k.IFLA_MAX_MTU, u32],
  propList: [k.IFLA_PROP_LIST, nested(attrs({ altIfnames: [k.IFLA_ALT_IFNAME, repeated(string)] }))],
  altIfname: [k.IFLA_ALT_IFNAME, string],
  permAddress: [k.IFLA_PERM_ADDRESS, mac],
  protoDownReason: [k.IFLA_PROTO_DOWN_REASON, nested(protoDownReason)],
  parentDevName: [k.IFLA_PARENT_DEV_NAME, string],
  parentDevBusName: [k.IFLA_PARENT_DEV_BUS_NAME, string],
  groMaxSize: [k.IFLA_GRO_MAX_SIZE, u32],
  tsoMaxSize: [k.IFLA_TSO_MAX_SIZE, u32],
  tsoMaxSegs: [k.IFLA_TSO_MAX_SEGS, u32],
  allmulti: [k.IFLA_ALLMULTI, u32],
  devlinkPort: [k.IFLA_DEVLINK_PORT, bytes],
  gsoIpv4MaxSize: [k.IFLA_GSO_IPV4_MAX_SIZE, u32],
  groIpv4MaxSize: [k.IFLA_GRO_IPV4_MAX_SIZE, u32],
  dpllPin: [k.IFLA_DPLL_PIN, bytes],
  maxPacingOffloadHorizon: [k.IFLA_MAX_PACING_OFFLOAD_HORIZON, u64],
  netnsImmutable: [k.IFLA_NETNS_IMMUTABLE, bool8],
  headroom: [k.IFLA_HEADROOM, u16],
  tailroom: [k.IFLA_TAILROOM, u16],
});
export type LinkAttributes = Infer<typeof linkAttributes>;
export type LinkInfoAttributes = Infer<typeof linkInfoAttributes>;

/** RTM_NEWLINK, RTM_DELLINK, RTM_GETLINK, RTM_SETLINK, RTM_NEWLINKPROP, RTM_DELLINKPROP. */
export const linkFamily = family(ifinfomsg, linkAttributes);
export type LinkMessage = Infer<typeof linkFamily>;
