import { parseIpv4, parseIpv6, parseMac } from './address';
import { Arp, ArpOperation } from './arp';
import { fillTransportChecksum } from './checksum';
import { Ethernet, EtherType, VlanTag } from './ethernet';
import { checkField } from './header-view';
import { IpProtocol, Ipv4, Ipv6 } from './ip';
import { Icmp, Tcp, TcpFlag, Udp } from './transport';

export interface EthernetFields {
  readonly destination: string;
  readonly source: string;
  /** Only where no `arp`, `ipv4` or `ipv6` says it. */
  readonly etherType?: number;
}

export interface VlanFields {
  readonly id: number;
  readonly priority?: number;
  readonly dropEligible?: boolean;
  /** Default 802.1Q. */
  readonly protocol?: '802.1Q' | '802.1ad';
}

export interface ArpFields {
  readonly operation: 'request' | 'reply';
  readonly senderMac: string;
  readonly senderIp: string;
  /** Default all zero, as in a request. */
  readonly targetMac?: string;
  readonly targetIp: string;
}

export interface Ipv4Fields {
  readonly source: string;
  readonly destination: string;
  /** Default 64. */
  readonly ttl?: number;
  readonly dscp?: number;
  readonly ecn?: number;
  readonly identification?: number;
  /** Default true. */
  readonly dontFragment?: boolean;
  /** Only where no transport says it. */
  readonly protocol?: number;
}

export interface Ipv6Fields {
  readonly source: string;
  readonly destination: string;
  /** Default 64. */
  readonly hopLimit?: number;
  readonly trafficClass?: number;
  readonly flowLabel?: number;
  /** Only where no transport says it. */
  readonly nextHeader?: number;
}

export interface UdpFields {
  readonly sourcePort: number;
  readonly destinationPort: number;
}

export interface TcpFields extends UdpFields {
  readonly sequence?: number;
  readonly acknowledgement?: number;
  /** Default `['ack']`. */
  readonly flags?: readonly (keyof typeof TcpFlag)[];
  /** Default 65535. */
  readonly window?: number;
  /** Option bytes, padded here to a multiple of 4; at most 40. */
  readonly options?: Uint8Array;
}

export interface IcmpFields {
  readonly type: number;
  readonly code?: number;
  readonly identifier?: number;
  readonly sequence?: number;
}

/** The layers of a frame, outside in. At most one of `arp`, `ipv4`, `ipv6`, and of the transports. */
export interface FrameFields {
  readonly ethernet: EthernetFields;
  /** Outermost first. */
  readonly vlans?: readonly VlanFields[];
  readonly arp?: ArpFields;
  readonly ipv4?: Ipv4Fields;
  readonly ipv6?: Ipv6Fields;
  readonly udp?: UdpFields;
  readonly tcp?: TcpFields;
  readonly icmp?: IcmpFields;
  readonly icmpv6?: IcmpFields;
  readonly payload?: Uint8Array;
}

const ETHERNET_MINIMUM = 60;

function onlyOne(fields: FrameFields, names: readonly (keyof FrameFields)[]): void {
  const given = names.filter((name) => fields[name] !== undefined);
  if (given.length > 1) throw new TypeError(`a frame has one of ${names.join(', ')}, not ${given.join(' and ')}`);
}

function transportOf(fields: FrameFields): { protocol: number; headerLength: number } | undefined {
  if (fields.udp) return { protocol: IpProtocol.udp, headerLength: Udp.BYTES };
  if (fields.icmp) return { protocol: IpProtocol.icmp, headerLength: Icmp.BYTES };
  if (fields.icmpv6) return { protocol: IpProtocol.icmpv6, headerLength: Icmp.BYTES };
  if (!fields.tcp) return undefined;
  const options = fields.tcp.options?.length ?? 0;
  if (options > 40) throw new RangeError(`tcp.options must be at most 40 bytes, not ${options}`);
  return { protocol: IpProtocol.tcp, headerLength: Tcp.BYTES + Math.ceil(options / 4) * 4 };
}

function etherTypeOf(fields: FrameFields): number {
  if (fields.arp) return EtherType.arp;
  if (fields.ipv4) return EtherType.ipv4;
  if (fields.ipv6) return EtherType.ipv6;
  const { etherType } = fields.ethernet;
  if (etherType === undefined) throw new TypeError('ethernet.etherType is needed where there is no arp, ipv4 or ipv6');
  return checkField('ethernet.etherType', etherType, 0xffff);
}

/**
 * Builds a frame with all lengths and checksums right, padded to Ethernet's minimum of 60 bytes.
 * @throws TypeError or RangeError naming the field
 * @example
 * buildFrame({
 *   ethernet: { destination: '52:54:00:00:00:02', source: '52:54:00:00:00:01' },
 *   ipv4: { source: '10.0.0.1', destination: '10.0.0.2' },
 *   udp: { sourcePort: 5000, destinationPort: 7 },
 *   payload: Buffer.from('hello'),
 * });
 */
export function buildFrame(fields: FrameFields): Uint8Array {
  onlyOne(fields, ['arp', 'ipv4', 'ipv6']);
  onlyOne(fields, ['udp', 'tcp', 'icmp', 'icmpv6']);
  const transport = transportOf(fields);
  if (transport && !fields.ipv4 && !fields.ipv6) throw new TypeError('udp, tcp, icmp and icmpv6 need ipv4 or ipv6');
  if (fields.icmp && !fields.ipv4) throw new TypeError('icmp needs ipv4');
  if (fields.icmpv6 && !fields.ipv6) throw new TypeError('icmpv6 needs ipv6');
  const etherType = etherTypeOf(fields);

  const { vlans = [], payload = new Uint8Array() } = fields;
  const l3 = Ethernet.BYTES + VlanTag.BYTES * vlans.length;
  const l3Length = fields.arp ? Arp.BYTES : fields.ipv4 ? Ipv4.BYTES : fields.ipv6 ? Ipv6.BYTES : 0;
  const l4 = l3 + l3Length;
  const l4Length = (transport?.headerLength ?? 0) + payload.length;
  if (l3Length + l4Length > 0xffff) throw new RangeError(`payload of ${payload.length} bytes is too long for a packet`);
  const bytes = new Uint8Array(Math.max(l4 + l4Length, ETHERNET_MINIMUM));

  writeEthernet(bytes, fields.ethernet, vlans, etherType);
  if (fields.arp) writeArp(bytes, l3, fields.arp);
  if (fields.ipv4) writeIpv4(bytes, l3, fields.ipv4, transport?.protocol, l4Length);
  if (fields.ipv6) writeIpv6(bytes, l3, fields.ipv6, transport?.protocol, l4Length);
  bytes.set(payload, l4 + (transport?.headerLength ?? 0));
  if (transport) {
    writeTransport(bytes, l4, fields, transport.headerLength, l4Length);
    fillTransportChecksum(bytes, { ipOffset: l3, offset: l4, length: l4Length, protocol: transport.protocol });
  }
  return bytes;
}

function writeEthernet(
  bytes: Uint8Array,
  { destination, source }: EthernetFields,
  vlans: readonly VlanFields[],
  etherType: number,
): void {
  bytes.set(parseMac(destination), 0);
  bytes.set(parseMac(source), 6);
  const types = [...vlans.map(({ protocol }) => (protocol === '802.1ad' ? EtherType.qinq : EtherType.vlan)), etherType];
  new Ethernet(bytes).etherType = types[0]!;
  vlans.forEach(({ id, priority = 0, dropEligible = false }, i) => {
    const tag = new VlanTag(bytes, Ethernet.BYTES + VlanTag.BYTES * i);
    tag.id = id;
    tag.priority = priority;
    tag.dropEligible = dropEligible;
    tag.etherType = types[i + 1]!;
  });
}

function writeArp(bytes: Uint8Array, offset: number, fields: ArpFields): void {
  const arp = new Arp(bytes, offset).initialize();
  if (!Object.hasOwn(ArpOperation, fields.operation)) throw new TypeError("arp.operation must be 'request' or 'reply'");
  arp.operation = ArpOperation[fields.operation];
  arp.senderMac = fields.senderMac;
  arp.senderIp = fields.senderIp;
  if (fields.targetMac !== undefined) arp.targetMac = fields.targetMac;
  arp.targetIp = fields.targetIp;
}

function writeIpv4(
  bytes: Uint8Array,
  offset: number,
  fields: Ipv4Fields,
  transport: number | undefined,
  payloadLength: number,
): void {
  const protocol = transport ?? fields.protocol;
  if (protocol === undefined) throw new TypeError('ipv4.protocol is needed where there is no transport');
  const ip = new Ipv4(bytes, offset);
  ip.version = 4;
  ip.headerLength = Ipv4.BYTES;
  ip.dscp = fields.dscp ?? 0;
  ip.ecn = fields.ecn ?? 0;
  ip.totalLength = Ipv4.BYTES + payloadLength;
  ip.identification = fields.identification ?? 0;
  ip.dontFragment = fields.dontFragment ?? true;
  ip.ttl = fields.ttl ?? 64;
  ip.protocol = protocol;
  bytes.set(parseIpv4(fields.source), offset + 12);
  bytes.set(parseIpv4(fields.destination), offset + 16);
  ip.fillChecksum();
}

function writeIpv6(
  bytes: Uint8Array,
  offset: number,
  fields: Ipv6Fields,
  transport: number | undefined,
  payloadLength: number,
): void {
  const nextHeader = transport ?? fields.nextHeader;
  if (nextHeader === undefined) throw new TypeError('ipv6.nextHeader is needed where there is no transport');
  const ip = new Ipv6(bytes, offset);
  ip.version = 6;
  ip.trafficClass = checkField('ipv6.trafficClass', fields.trafficClass ?? 0, 0xff);
  ip.flowLabel = checkField('ipv6.flowLabel', fields.flowLabel ?? 0, 0xf_ffff);
  ip.payloadLength = payloadLength;
  ip.nextHeader = nextHeader;
  ip.hopLimit = fields.hopLimit ?? 64;
  bytes.set(parseIpv6(fields.source), offset + 8);
  bytes.set(parseIpv6(fields.destination), offset + 24);
}

function writeTransport(
  bytes: Uint8Array,
  offset: number,
  { udp, tcp, icmp, icmpv6 }: FrameFields,
  headerLength: number,
  length: number,
): void {
  if (udp) {
    const header = new Udp(bytes, offset);
    header.sourcePort = udp.sourcePort;
    header.destinationPort = udp.destinationPort;
    header.length = length;
  } else if (tcp) {
    const header = new Tcp(bytes, offset);
    header.sourcePort = tcp.sourcePort;
    header.destinationPort = tcp.destinationPort;
    header.sequence = tcp.sequence ?? 0;
    header.acknowledgement = tcp.acknowledgement ?? 0;
    header.headerLength = headerLength;
    header.flags = (tcp.flags ?? ['ack']).reduce((flags, name) => flags | TcpFlag[name], 0);
    header.window = tcp.window ?? 0xffff;
    if (tcp.options) bytes.set(tcp.options, offset + Tcp.BYTES);
  } else {
    const message = icmp ?? icmpv6;
    if (!message) return;
    const header = new Icmp(bytes, offset);
    header.type = message.type;
    header.code = message.code ?? 0;
    header.identifier = message.identifier ?? 0;
    header.sequence = message.sequence ?? 0;
  }
}
