// Links as they are read: from the attributes of the kernel to the words of the API.
import {
  constants as k,
  type LinkAttributes,
  type LinkInfoAttributes,
  type LinkMessage,
  type TunAttributes,
  type VxlanAttributes,
} from '../rtnl';
import { decodeBridge, decodeBridgePort, type BridgeDetails, type BridgePortDetails } from './bridge-options';
import {
  decodeMacvlan,
  decodeTun,
  decodeVxlan,
  type MacvlanDetails,
  type TunDetails,
  type VethDetails,
  type VxlanDetails,
} from './link-kinds';
import { Snapshot, type Mutable } from './snapshot';
import { flags, words } from './words';

const hardwareTypes = words({
  ether: k.ARPHRD_ETHER,
  loopback: k.ARPHRD_LOOPBACK,
  none: k.ARPHRD_NONE,
  infiniband: k.ARPHRD_INFINIBAND,
  ppp: k.ARPHRD_PPP,
  ipip: k.ARPHRD_TUNNEL,
  tunnel6: k.ARPHRD_TUNNEL6,
  sit: k.ARPHRD_SIT,
  gre: k.ARPHRD_IPGRE,
  gre6: k.ARPHRD_IP6GRE,
  netlink: k.ARPHRD_NETLINK,
  vsockmon: k.ARPHRD_VSOCKMON,
  void: k.ARPHRD_VOID,
});

const operStates = words({
  unknown: k.IF_OPER_UNKNOWN,
  'not-present': k.IF_OPER_NOTPRESENT,
  down: k.IF_OPER_DOWN,
  'lower-layer-down': k.IF_OPER_LOWERLAYERDOWN,
  testing: k.IF_OPER_TESTING,
  dormant: k.IF_OPER_DORMANT,
  up: k.IF_OPER_UP,
});

const linkFlags = flags({
  up: k.IFF_UP,
  broadcast: k.IFF_BROADCAST,
  debug: k.IFF_DEBUG,
  loopback: k.IFF_LOOPBACK,
  pointopoint: k.IFF_POINTOPOINT,
  notrailers: k.IFF_NOTRAILERS,
  running: k.IFF_RUNNING,
  noarp: k.IFF_NOARP,
  promisc: k.IFF_PROMISC,
  allmulti: k.IFF_ALLMULTI,
  master: k.IFF_MASTER,
  slave: k.IFF_SLAVE,
  multicast: k.IFF_MULTICAST,
  portsel: k.IFF_PORTSEL,
  automedia: k.IFF_AUTOMEDIA,
  dynamic: k.IFF_DYNAMIC,
  'lower-up': k.IFF_LOWER_UP,
  dormant: k.IFF_DORMANT,
  echo: k.IFF_ECHO,
});

export type LinkFlag = (typeof linkFlags.words)[number];
export type OperState = (typeof operStates.words)[number];

/** Counters of a link since it was made (`struct rtnl_link_stats64`). Exact up to 2^53. */
export interface LinkStatistics {
  readonly rxPackets: number;
  readonly txPackets: number;
  readonly rxBytes: number;
  readonly txBytes: number;
  readonly rxErrors: number;
  readonly txErrors: number;
  readonly rxDropped: number;
  readonly txDropped: number;
  readonly multicast: number;
  readonly collisions: number;
  readonly rxLengthErrors: number;
  readonly rxOverErrors: number;
  readonly rxCrcErrors: number;
  readonly rxFrameErrors: number;
  readonly rxFifoErrors: number;
  readonly rxMissedErrors: number;
  readonly txAbortedErrors: number;
  readonly txCarrierErrors: number;
  readonly txFifoErrors: number;
  readonly txHeartbeatErrors: number;
  readonly txWindowErrors: number;
  readonly rxCompressed: number;
  readonly txCompressed: number;
  readonly rxNohandler: number;
  /** Linux 5.19; 0 before. */
  readonly rxOtherhostDropped: number;
}

/** A network interface as the kernel described it: a snapshot. */
export interface Link {
  readonly index: number;
  readonly name: string;
  /** `bridge`, `veth`, `tun` (TAPs too: see {@link tun}), ...; `undefined` for hardware and the loopback. */
  readonly kind: string | undefined;
  /** Hardware type: `ether`, `loopback`, `none`, ... or `ARPHRD_*` as a number. */
  readonly type: string | number;
  readonly mac: string | undefined;
  readonly broadcast: string | undefined;
  readonly mtu: number;
  readonly minMtu: number | undefined;
  /** 0 when the driver sets no bound. */
  readonly maxMtu: number | undefined;
  /** Whether it is administratively up. */
  readonly up: boolean;
  /** Whether there is a carrier. */
  readonly lowerUp: boolean;
  readonly flags: readonly LinkFlag[];
  /** RFC 2863 operational state. */
  readonly operState: OperState;
  /** Name of the bridge (or bond, ...) it is a port of. */
  readonly master: string | undefined;
  readonly masterIndex: number | undefined;
  /** Name of the link below it (or of a veth's other end), where that one is in this namespace. */
  readonly lower: string | undefined;
  readonly lowerIndex: number | undefined;
  /** Number of the namespace where `lowerIndex` lives, where that is another one. */
  readonly linkNetnsId: number | undefined;
  readonly alias: string | undefined;
  readonly altNames: readonly string[];
  readonly group: number;
  readonly txQueueLength: number;
  readonly txQueues: number | undefined;
  readonly rxQueues: number | undefined;
  readonly queueDiscipline: string | undefined;
  /** How many users want it promiscuous. */
  readonly promiscuity: number;
  readonly carrierChanges: number | undefined;
  /** MAC address from the factory. */
  readonly permanentMac: string | undefined;
  /** How many virtual functions it has. */
  readonly vfCount: number | undefined;
  /** Bus address of the device behind it: `0000:03:00.0`. */
  readonly parentDevice: string | undefined;
  readonly statistics: LinkStatistics | undefined;
  readonly bridge?: BridgeDetails;
  /** Settings of the port, when `master` is a bridge. */
  readonly bridgePort?: BridgePortDetails;
  readonly veth?: VethDetails;
  readonly vxlan?: VxlanDetails;
  readonly macvlan?: MacvlanDetails;
  readonly tun?: TunDetails;
  /** Everything the kernel said, decoded by attribute, with what etherloom does not know in `raw`. */
  readonly attributes: LinkAttributes;
}

/** A link whose `master` and `lower` are still to be looked up. */
export type UnnamedLink = Mutable<Link>;

// eslint-disable-next-line @typescript-eslint/no-unsafe-declaration-merging -- the constructor sets all that is required
interface LinkSnapshot extends Mutable<Omit<Link, 'attributes'>> {}

/** One class, all fields set in one order: a thousand links share one hidden class. */
// eslint-disable-next-line @typescript-eslint/no-unsafe-declaration-merging -- see above
class LinkSnapshot extends Snapshot<LinkAttributes> {
  constructor({ header, attributes: a }: LinkMessage, statistics: 'with-statistics' | 'without-statistics') {
    super(a);
    this.index = header.index;
    this.name = a.ifname ?? '';
    this.kind = a.linkInfo?.kind;
    this.type = hardwareTypes.word(header.type);
    this.mac = a.address;
    this.broadcast = a.broadcast;
    this.mtu = a.mtu ?? 0;
    this.minMtu = a.minMtu;
    this.maxMtu = a.maxMtu;
    this.up = (header.flags & k.IFF_UP) !== 0;
    this.lowerUp = (header.flags & k.IFF_LOWER_UP) !== 0;
    this.flags = linkFlags.list(header.flags);
    this.operState = operStates.word(a.operstate ?? k.IF_OPER_UNKNOWN) as OperState;
    this.master = undefined;
    this.masterIndex = a.master;
    this.lower = undefined;
    // 0 says that what was below is gone, or out of sight.
    this.lowerIndex = a.link === 0 ? undefined : a.link;
    this.linkNetnsId = a.linkNetnsid;
    this.alias = a.ifalias;
    this.altNames = a.propList?.altIfnames ?? [];
    this.group = a.group ?? 0;
    this.txQueueLength = a.txqlen ?? 0;
    this.txQueues = a.numTxQueues;
    this.rxQueues = a.numRxQueues;
    this.queueDiscipline = a.qdisc;
    this.promiscuity = a.promiscuity ?? 0;
    this.carrierChanges = a.carrierChanges;
    this.permanentMac = a.permAddress;
    this.vfCount = a.numVf;
    this.parentDevice = a.parentDevName;
    this.statistics = statistics === 'with-statistics' ? a.stats64 : undefined;
    const info = a.linkInfo;
    if (info !== undefined) this.#readInfo(info);
  }

  #readInfo({ kind, data, slaveKind, slaveData }: LinkInfoAttributes): void {
    if (slaveData !== undefined && slaveKind === 'bridge') this.bridgePort = decodeBridgePort(slaveData);
    if (kind === 'veth') {
      const { lowerIndex, linkNetnsId } = this;
      this.veth = {
        ...(lowerIndex !== undefined && { peerIndex: lowerIndex }),
        ...(linkNetnsId !== undefined && { peerNetnsId: linkNetnsId }),
      };
    }
    if (data === undefined) return;
    // The codec chose the table by kind; the type of `data` cannot say so.
    switch (kind) {
      case 'bridge':
        this.bridge = decodeBridge(data);
        break;
      case 'vxlan':
        this.vxlan = decodeVxlan(data as VxlanAttributes);
        break;
      case 'macvlan':
      case 'macvtap':
        this.macvlan = decodeMacvlan(data);
        break;
      case 'tun':
        this.tun = decodeTun(data as TunAttributes);
        break;
      default:
        break;
    }
  }
}

/** Turns one RTM_NEWLINK into a link. */
export function readLink(
  message: LinkMessage,
  statistics: 'with-statistics' | 'without-statistics' = 'with-statistics',
): UnnamedLink {
  return new LinkSnapshot(message, statistics);
}

/** Fills in the names behind the indices. */
export function nameLink(link: UnnamedLink, nameOf: (index: number) => string | undefined): void {
  if (link.masterIndex !== undefined) link.master = nameOf(link.masterIndex);
  // An index of another namespace means nothing here.
  if (link.linkNetnsId === undefined && link.lowerIndex !== undefined) {
    link.lower = nameOf(link.lowerIndex);
    if (link.veth && link.lower !== undefined) link.veth = { ...link.veth, peer: link.lower };
  }
}
