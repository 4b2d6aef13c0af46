import { constants as k, type BridgeAttributes, type BridgePortAttributes } from '../rtnl';
import { integer, macAddress, milliseconds, onOff, oneOf, Options, u16, u32, type Read } from './option-table';
import { checkBoolean } from './validate';
import { words, type Words } from './words';

const vlanProtocols = words({ '802.1Q': 0x8100, '802.1ad': 0x88a8 });
const multicastRouter = words({ disabled: 0, auto: 1, enabled: 2, temporary: 3 });
const portStates = words({
  disabled: k.BR_STATE_DISABLED,
  listening: k.BR_STATE_LISTENING,
  learning: k.BR_STATE_LEARNING,
  forwarding: k.BR_STATE_FORWARDING,
  blocking: k.BR_STATE_BLOCKING,
});

/** What can be set on a bridge (`ip link ... type bridge`). */
export interface BridgeOptions {
  /** Spanning tree protocol. Off by default. */
  readonly stp?: boolean;
  /** Spanning tree priority, 0 to 65535; the lowest becomes root. 32768 by default. */
  readonly priority?: number;
  /** Time spent listening and learning, 2,000 to 30,000 ms while STP is on. 15,000 by default. */
  readonly forwardDelayMs?: number;
  /** Between hello packets of a root, 1,000 to 10,000 ms while STP is on. 2,000 by default. */
  readonly helloTimeMs?: number;
  /** After which a silent root counts as lost, 6,000 to 40,000 ms while STP is on. 20,000 by default. */
  readonly maxAgeMs?: number;
  /** After which a learned MAC address is forgotten. 300,000 ms by default. */
  readonly ageingTimeMs?: number;
  /** Look at VLAN tags (CONFIG_BRIDGE_VLAN_FILTERING). */
  readonly vlanFiltering?: boolean;
  readonly vlanProtocol?: '802.1Q' | '802.1ad';
  /** VLAN of untagged frames on ports that are added, 0 for none. 1 by default. */
  readonly vlanDefaultPvid?: number;
  readonly vlanStats?: boolean;
  /** Only while the bridge has no port. */
  readonly vlanStatsPerPort?: boolean;
  /** Link-local groups 01:80:c2:00:00:0X to forward, one bit per X. STP, PAUSE and LACP (bits 0 to 2) are refused. */
  readonly groupForwardMask?: number;
  /** The group STP packets are sent to: 01:80:c2:00:00:0X. */
  readonly groupAddress?: string;
  readonly multicastSnooping?: boolean;
  readonly multicastRouter?: 'disabled' | 'auto' | 'enabled' | 'temporary';
  readonly multicastQuerier?: boolean;
  readonly multicastQueryUseInterfaceAddress?: boolean;
  readonly multicastHashMax?: number;
  readonly multicastLastMemberCount?: number;
  readonly multicastStartupQueryCount?: number;
  readonly multicastLastMemberIntervalMs?: number;
  readonly multicastMembershipIntervalMs?: number;
  readonly multicastQuerierIntervalMs?: number;
  readonly multicastQueryIntervalMs?: number;
  readonly multicastQueryResponseIntervalMs?: number;
  readonly multicastStartupQueryIntervalMs?: number;
  readonly multicastStats?: boolean;
  /** 2 or 3. */
  readonly multicastIgmpVersion?: number;
  /** 1 or 2. */
  readonly multicastMldVersion?: number;
  /** Snoop per VLAN. */
  readonly multicastVlanSnooping?: boolean;
  /** Let iptables see bridged IPv4. */
  readonly nfCallIptables?: boolean;
  readonly nfCallIp6tables?: boolean;
  readonly nfCallArptables?: boolean;
  /** Do not learn from link-local frames. */
  readonly noLinkLocalLearning?: boolean;
  /** Multiple spanning trees, only while there is no VLAN. Linux 5.18. */
  readonly mst?: boolean;
  /** Linux 6.15. */
  readonly mdbOffloadFailNotification?: boolean;
  /** Linux 6.18. */
  readonly fdbLocalVlan0?: boolean;
  /** How many MAC addresses may be learned, 0 for any number. Linux 6.7. */
  readonly fdbMaxLearned?: number;
}

/** A bridge as read. */
export interface BridgeDetails extends BridgeOptions {
  /** Priority and MAC address by which spanning tree knows this bridge. */
  readonly bridgeId?: { readonly priority: number; readonly address: string };
  readonly rootId?: { readonly priority: number; readonly address: string };
  /** Number of the port towards the root, 0 on the root itself. */
  readonly rootPort?: number;
  readonly rootPathCost?: number;
  readonly topologyChange?: boolean;
  readonly topologyChangeDetected?: boolean;
  readonly helloTimerMs?: number;
  readonly tcnTimerMs?: number;
  readonly topologyChangeTimerMs?: number;
  readonly gcTimerMs?: number;
  /** MAC addresses learned at the moment. Linux 6.7. */
  readonly fdbLearned?: number;
}

/** What can be set on a port of a bridge (`bridge link set`). */
export interface BridgePortOptions {
  /** Only without kernel STP. */
  readonly state?: 'disabled' | 'listening' | 'learning' | 'forwarding' | 'blocking';
  /** 0 to 63; the lower is preferred. 32 by default. */
  readonly priority?: number;
  /** Spanning tree path cost, 1 to 65535. By link speed by default. */
  readonly cost?: number;
  /** Send frames back out of the port they came in by. */
  readonly hairpin?: boolean;
  /** Disable the port when an STP packet arrives. */
  readonly bpduGuard?: boolean;
  /** Never let this port become the one towards the root. */
  readonly rootBlock?: boolean;
  /** Leave a multicast group at once when told so. */
  readonly fastLeave?: boolean;
  readonly learning?: boolean;
  /** Send frames to unknown MAC addresses here too. */
  readonly flood?: boolean;
  readonly broadcastFlood?: boolean;
  readonly multicastFlood?: boolean;
  readonly multicastToUnicast?: boolean;
  readonly multicastRouter?: 'disabled' | 'auto' | 'enabled' | 'temporary';
  readonly multicastMaxGroups?: number;
  readonly multicastEhtHostsLimit?: number;
  readonly proxyArp?: boolean;
  readonly proxyArpWifi?: boolean;
  readonly vlanTunnel?: boolean;
  readonly groupForwardMask?: number;
  readonly neighborSuppress?: boolean;
  readonly neighborVlanSuppress?: boolean;
  /** Talk to ports that are not isolated only. */
  readonly isolated?: boolean;
  /** Take frames from MAC addresses in the forwarding table only (802.1X). */
  readonly locked?: boolean;
  /** MAC authentication bypass; needs `locked` and `learning`. */
  readonly macAuthBypass?: boolean;
  readonly backupNexthopId?: number;
}

/** A port of a bridge as read; `undefined` is what the kernel did not say. */
export interface BridgePortDetails extends Read<BridgePortOptions> {
  /** Number of the port in its bridge. */
  readonly number: number | undefined;
  readonly id: number | undefined;
  readonly designatedRoot: { readonly priority: number; readonly address: string } | undefined;
  readonly designatedBridge: { readonly priority: number; readonly address: string } | undefined;
  readonly designatedPort: number | undefined;
  readonly designatedCost: number | undefined;
  readonly multicastGroups: number | undefined;
  /** Index of the port that takes over when this one loses its carrier. */
  readonly backupPortIndex: number | undefined;
}

type Booleans =
  'noLinkLocalLearning' | 'multicastVlanSnooping' | 'mst' | 'mdbOffloadFailNotification' | 'fdbLocalVlan0';

/** IFLA_BR_MULTI_BOOLOPT carries these together: value and mask. */
const booleans: Readonly<Record<Booleans, number>> = {
  noLinkLocalLearning: k.BR_BOOLOPT_NO_LL_LEARN,
  multicastVlanSnooping: k.BR_BOOLOPT_MCAST_VLAN_SNOOPING,
  mst: k.BR_BOOLOPT_MST_ENABLE,
  mdbOffloadFailNotification: k.BR_BOOLOPT_MDB_OFFLOAD_FAIL_NOTIFICATION,
  fdbLocalVlan0: k.BR_BOOLOPT_FDB_LOCAL_VLAN_0,
};

const settable = new Options<Omit<BridgeOptions, Booleans>, BridgeAttributes>({
  stp: ['stpState', onOff],
  priority: ['priority', u16],
  forwardDelayMs: ['forwardDelay', milliseconds],
  helloTimeMs: ['helloTime', milliseconds],
  maxAgeMs: ['maxAge', milliseconds],
  ageingTimeMs: ['ageingTime', milliseconds],
  vlanFiltering: ['vlanFiltering', onOff],
  vlanProtocol: ['vlanProtocol', oneOf(vlanProtocols)],
  vlanDefaultPvid: ['vlanDefaultPvid', integer(0, 4094)],
  vlanStats: ['vlanStatsEnabled', onOff],
  vlanStatsPerPort: ['vlanStatsPerPort', onOff],
  groupForwardMask: ['groupFwdMask', u16],
  groupAddress: ['groupAddr', macAddress],
  multicastSnooping: ['mcastSnooping', onOff],
  multicastRouter: ['mcastRouter', oneOf(multicastRouter)],
  multicastQuerier: ['mcastQuerier', onOff],
  multicastQueryUseInterfaceAddress: ['mcastQueryUseIfaddr', onOff],
  multicastHashMax: ['mcastHashMax', u32],
  multicastLastMemberCount: ['mcastLastMemberCount', u32],
  multicastStartupQueryCount: ['mcastStartupQueryCount', u32],
  multicastLastMemberIntervalMs: ['mcastLastMemberInterval', milliseconds],
  multicastMembershipIntervalMs: ['mcastMembershipInterval', milliseconds],
  multicastQuerierIntervalMs: ['mcastQuerierInterval', milliseconds],
  multicastQueryIntervalMs: ['mcastQueryInterval', milliseconds],
  multicastQueryResponseIntervalMs: ['mcastQueryResponseInterval', milliseconds],
  multicastStartupQueryIntervalMs: ['mcastStartupQueryInterval', milliseconds],
  multicastStats: ['mcastStatsEnabled', onOff],
  multicastIgmpVersion: ['mcastIgmpVersion', integer(2, 3)],
  multicastMldVersion: ['mcastMldVersion', integer(1, 2)],
  nfCallIptables: ['nfCallIptables', onOff],
  nfCallIp6tables: ['nfCallIp6tables', onOff],
  nfCallArptables: ['nfCallArptables', onOff],
  fdbMaxLearned: ['fdbMaxLearned', u32],
});

type BridgeReadOnly = Omit<BridgeDetails, keyof BridgeOptions | 'bridgeId' | 'rootId'>;

const readable = new Options<BridgeReadOnly, BridgeAttributes>({
  rootPort: ['rootPort', u16],
  rootPathCost: ['rootPathCost', u32],
  topologyChange: ['topologyChange', onOff],
  topologyChangeDetected: ['topologyChangeDetected', onOff],
  helloTimerMs: ['helloTimer', milliseconds],
  tcnTimerMs: ['tcnTimer', milliseconds],
  topologyChangeTimerMs: ['topologyChangeTimer', milliseconds],
  gcTimerMs: ['gcTimer', milliseconds],
  fdbLearned: ['fdbNLearned', u32],
});

const port = new Options<BridgePortOptions, BridgePortAttributes>({
  state: ['state', oneOf(portStates)],
  priority: ['priority', integer(0, 63)],
  cost: ['cost', integer(1, 0xffff)],
  hairpin: ['mode', onOff],
  bpduGuard: ['guard', onOff],
  rootBlock: ['protect', onOff],
  fastLeave: ['fastLeave', onOff],
  learning: ['learning', onOff],
  flood: ['unicastFlood', onOff],
  broadcastFlood: ['bcastFlood', onOff],
  multicastFlood: ['mcastFlood', onOff],
  multicastToUnicast: ['mcastToUcast', onOff],
  multicastRouter: ['multicastRouter', oneOf(multicastRouter)],
  multicastMaxGroups: ['mcastMaxGroups', u32],
  multicastEhtHostsLimit: ['mcastEhtHostsLimit', u32],
  proxyArp: ['proxyarp', onOff],
  proxyArpWifi: ['proxyarpWifi', onOff],
  vlanTunnel: ['vlanTunnel', onOff],
  groupForwardMask: ['groupFwdMask', u16],
  neighborSuppress: ['neighSuppress', onOff],
  neighborVlanSuppress: ['neighVlanSuppress', onOff],
  isolated: ['isolated', onOff],
  locked: ['locked', onOff],
  macAuthBypass: ['mab', onOff],
  backupNexthopId: ['backupNhid', u32],
});

export const bridgeOptionNames: readonly string[] = [...settable.names, ...Object.keys(booleans)];
export const bridgePortOptionNames: readonly string[] = port.names;

export function encodeBridge(prefix: string, options: Readonly<Record<string, unknown>>): BridgeAttributes {
  const attributes: BridgeAttributes = {};
  settable.encode(prefix, options, attributes);
  let values = 0;
  let mask = 0;
  for (const [name, bit] of Object.entries(booleans)) {
    const value = options[name];
    if (value === undefined) continue;
    mask |= 1 << bit;
    if (checkBoolean(prefix + name, value)) values |= 1 << bit;
  }
  if (mask !== 0) attributes.multiBoolopt = { values, mask };
  return attributes;
}

export function decodeBridge(attributes: BridgeAttributes): BridgeDetails {
  const { multiBoolopt, bridgeId, rootId } = attributes;
  const flags: Partial<Record<Booleans, boolean>> = {};
  if (multiBoolopt) {
    for (const [name, bit] of Object.entries(booleans) as [Booleans, number][]) {
      if ((multiBoolopt.mask & (1 << bit)) !== 0) flags[name] = (multiBoolopt.values & (1 << bit)) !== 0;
    }
  }
  return {
    ...settable.decode(attributes),
    ...flags,
    ...readable.decode(attributes),
    ...(bridgeId && { bridgeId }),
    ...(rootId && { rootId }),
  };
}

export function encodeBridgePort(prefix: string, options: Readonly<Record<string, unknown>>): BridgePortAttributes {
  const attributes: BridgePortAttributes = {};
  port.encode(prefix, options, attributes);
  return attributes;
}

function yes(raw: number | undefined): boolean | undefined {
  return raw === undefined ? undefined : raw !== 0;
}

function word<W extends string>(list: Words<W>, raw: number | undefined): W | undefined {
  return raw === undefined ? undefined : (list.word(raw) as W);
}

/** Written out, where everything else is read by table: there may be thousands, and one literal makes them alike. */
export function decodeBridgePort(a: BridgePortAttributes): BridgePortDetails {
  return {
    state: word(portStates, a.state),
    priority: a.priority,
    cost: a.cost,
    hairpin: yes(a.mode),
    bpduGuard: yes(a.guard),
    rootBlock: yes(a.protect),
    fastLeave: yes(a.fastLeave),
    learning: yes(a.learning),
    flood: yes(a.unicastFlood),
    broadcastFlood: yes(a.bcastFlood),
    multicastFlood: yes(a.mcastFlood),
    multicastToUnicast: yes(a.mcastToUcast),
    multicastRouter: word(multicastRouter, a.multicastRouter),
    multicastMaxGroups: a.mcastMaxGroups,
    multicastEhtHostsLimit: a.mcastEhtHostsLimit,
    proxyArp: yes(a.proxyarp),
    proxyArpWifi: yes(a.proxyarpWifi),
    vlanTunnel: yes(a.vlanTunnel),
    groupForwardMask: a.groupFwdMask,
    neighborSuppress: yes(a.neighSuppress),
    neighborVlanSuppress: yes(a.neighVlanSuppress),
    isolated: yes(a.isolated),
    locked: yes(a.locked),
    macAuthBypass: yes(a.mab),
    backupNexthopId: a.backupNhid,
    number: a.no,
    id: a.id,
    designatedRoot: a.rootId,
    designatedBridge: a.bridgeId,
    designatedPort: a.designatedPort,
    designatedCost: a.designatedCost,
    multicastGroups: a.mcastNGroups,
    backupPortIndex: a.backupPort,
  };
}
