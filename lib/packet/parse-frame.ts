import { EtherType } from './ethernet';
import { walkExtensionHeaders } from './ip';

export type Layer = 'ethernet' | 'vlan' | 'arp' | 'ipv4' | 'ipv6' | 'tcp' | 'udp' | 'icmp' | 'icmpv6';

/** Where the layers of a frame start. -1 stands for a layer that is not there. */
export interface FrameLayout {
  /** EtherType behind all tags. */
  etherType: number;
  /** VLAN identifiers, outermost first. */
  vlans: number[];
  /** Of the ARP, IPv4 or IPv6 header, or of whatever the EtherType says. */
  l3Offset: number;
  /** IP protocol of the transport; -1 when there is none. */
  protocol: number;
  /** Of the transport header. -1 in a fragment that is not the first. */
  l4Offset: number;
  /** Of what the transport header carries. */
  payloadOffset: number;
  /** Where the IP packet ends; padding may follow it. The end of the frame when it is no IP. */
  end: number;
  /** It is a fragment of an IP packet. */
  fragment: boolean;
  /** The first layer that is cut short or contradicts itself; what is behind it was not looked at. */
  truncated: Layer | undefined;
}

function reset(layout: FrameLayout, end: number): void {
  layout.etherType = -1;
  layout.vlans.length = 0;
  layout.l3Offset = -1;
  layout.protocol = -1;
  layout.l4Offset = -1;
  layout.payloadOffset = -1;
  layout.end = end;
  layout.fragment = false;
  layout.truncated = undefined;
}

const u16 = (bytes: Uint8Array, at: number): number => (bytes[at]! << 8) | bytes[at + 1]!;

/**
 * Finds the layers of an Ethernet frame. Never throws: a frame may hold anything. Pass the last result as `reuse` in a loop.
 */
export function parseFrame(bytes: Uint8Array, reuse?: FrameLayout): FrameLayout {
  const layout = reuse ?? ({ vlans: [] as number[] } as FrameLayout);
  reset(layout, bytes.length);
  if (bytes.length < 14) {
    layout.truncated = 'ethernet';
    return layout;
  }
  let offset = 14;
  let etherType = u16(bytes, 12);
  while (etherType === EtherType.vlan || etherType === EtherType.qinq) {
    if (offset + 4 > bytes.length) {
      layout.truncated = 'vlan';
      return layout;
    }
    layout.vlans.push(u16(bytes, offset) & 0xfff);
    etherType = u16(bytes, offset + 2);
    offset += 4;
  }
  layout.etherType = etherType;
  layout.l3Offset = offset;
  if (etherType === EtherType.ipv4) parseIpv4Layer(bytes, offset, layout);
  else if (etherType === EtherType.ipv6) parseIpv6Layer(bytes, offset, layout);
  else if (etherType === EtherType.arp && offset + 28 > bytes.length) layout.truncated = 'arp';
  return layout;
}

function parseIpv4Layer(bytes: Uint8Array, offset: number, layout: FrameLayout): void {
  const headerLength = (bytes[offset]! & 0xf) * 4;
  const totalLength = offset + 4 <= bytes.length ? u16(bytes, offset + 2) : 0;
  if (
    offset + 20 > bytes.length ||
    bytes[offset]! >> 4 !== 4 ||
    headerLength < 20 ||
    totalLength < headerLength ||
    offset + totalLength > bytes.length
  ) {
    layout.truncated = 'ipv4';
    return;
  }
  layout.end = offset + totalLength;
  layout.protocol = bytes[offset + 9]!;
  const fragment = u16(bytes, offset + 6);
  layout.fragment = (fragment & 0x3fff) !== 0;
  if ((fragment & 0x1fff) === 0) parseTransport(bytes, offset + headerLength, layout);
}

function parseIpv6Layer(bytes: Uint8Array, offset: number, layout: FrameLayout): void {
  const end = offset + 40 <= bytes.length ? offset + 40 + u16(bytes, offset + 4) : Infinity;
  if (end > bytes.length || bytes[offset]! >> 4 !== 6) {
    layout.truncated = 'ipv6';
    return;
  }
  layout.end = end;
  const walk = walkExtensionHeaders(bytes, offset + 40, bytes[offset + 6]!, end);
  layout.protocol = walk.protocol;
  layout.fragment = walk.fragment;
  if (walk.truncated) layout.truncated = 'ipv6';
  else if (!walk.laterFragment) parseTransport(bytes, walk.offset, layout);
}

function parseTransport(bytes: Uint8Array, offset: number, layout: FrameLayout): void {
  const room = layout.end - offset;
  let name: Layer;
  let headerLength: number;
  switch (layout.protocol) {
    case 6:
      name = 'tcp';
      headerLength = room >= 20 ? (bytes[offset + 12]! >> 4) * 4 : 0;
      if (headerLength < 20) headerLength = Infinity;
      break;
    case 17:
      name = 'udp';
      headerLength = 8;
      break;
    case 1:
      name = 'icmp';
      headerLength = 8;
      break;
    case 58:
      name = 'icmpv6';
      headerLength = 8;
      break;
    default:
      layout.l4Offset = offset;
      layout.payloadOffset = offset;
      return;
  }
  if (headerLength > room) {
    layout.truncated = name;
    return;
  }
  layout.l4Offset = offset;
  layout.payloadOffset = offset + headerLength;
}
