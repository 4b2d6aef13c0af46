import { formatIpv4, formatIpv6, parseIpv4, parseIpv6 } from './address';
import { internetChecksum } from './checksum';
import { HeaderView } from './header-view';

/** `protocol` of an IPv4 header, `nextHeader` of an IPv6 one (IANA, Protocol Numbers). */
export const IpProtocol = {
  hopByHop: 0,
  icmp: 1,
  tcp: 6,
  udp: 17,
  routing: 43,
  fragment: 44,
  esp: 50,
  authentication: 51,
  icmpv6: 58,
  none: 59,
  destinationOptions: 60,
} as const;

/** An IPv4 header (RFC 791): 20 bytes and its options. */
export class Ipv4 extends HeaderView {
  static readonly BYTES = 20;

  get version(): number {
    return this.u8(0) >> 4;
  }
  set version(value: number) {
    this.setBits(0, 4, 4, 'version', value);
  }
  /** Bytes of the header, options included: 20 to 60. */
  get headerLength(): number {
    return (this.u8(0) & 0xf) * 4;
  }
  set headerLength(value: number) {
    if (value % 4 !== 0) throw new RangeError(`headerLength must be a multiple of 4, not ${value}`);
    this.setBits(0, 0, 4, 'headerLength / 4', value / 4);
  }
  /** Differentiated services code point. */
  get dscp(): number {
    return this.u8(1) >> 2;
  }
  set dscp(value: number) {
    this.setBits(1, 2, 6, 'dscp', value);
  }
  /** Explicit congestion notification, 0 to 3 (RFC 3168). */
  get ecn(): number {
    return this.u8(1) & 3;
  }
  set ecn(value: number) {
    this.setBits(1, 0, 2, 'ecn', value);
  }
  /** Bytes of header and payload. */
  get totalLength(): number {
    return this.u16(2);
  }
  set totalLength(value: number) {
    this.setU16(2, 'totalLength', value);
  }
  get identification(): number {
    return this.u16(4);
  }
  set identification(value: number) {
    this.setU16(4, 'identification', value);
  }
  get dontFragment(): boolean {
    return (this.u8(6) & 0x40) !== 0;
  }
  set dontFragment(value: boolean) {
    this.setBits(6, 6, 1, 'dontFragment', value ? 1 : 0);
  }
  get moreFragments(): boolean {
    return (this.u8(6) & 0x20) !== 0;
  }
  set moreFragments(value: boolean) {
    this.setBits(6, 5, 1, 'moreFragments', value ? 1 : 0);
  }
  /** Where this fragment belongs, in bytes. */
  get fragmentOffset(): number {
    return (this.u16(6) & 0x1fff) * 8;
  }
  set fragmentOffset(value: number) {
    if (!Number.isInteger(value / 8)) throw new RangeError(`fragmentOffset must be a multiple of 8, not ${value}`);
    const flags = this.u16(6) & 0xe000;
    this.setU16(6, 'fragmentOffset', value, 0x1fff * 8);
    this.setU16(6, 'fragmentOffset', flags | (value / 8));
  }
  get ttl(): number {
    return this.u8(8);
  }
  set ttl(value: number) {
    this.setU8(8, 'ttl', value);
  }
  /** {@link IpProtocol} */
  get protocol(): number {
    return this.u8(9);
  }
  set protocol(value: number) {
    this.setU8(9, 'protocol', value);
  }
  get checksum(): number {
    return this.u16(10);
  }
  set checksum(value: number) {
    this.setU16(10, 'checksum', value);
  }
  get source(): string {
    return formatIpv4(this.bytes, this.offset + 12);
  }
  set source(ip: string) {
    this.bytes.set(parseIpv4(ip), this.offset + 12);
  }
  get destination(): string {
    return formatIpv4(this.bytes, this.offset + 16);
  }
  set destination(ip: string) {
    this.bytes.set(parseIpv4(ip), this.offset + 16);
  }
  /** {@link source} as a 32-bit integer. */
  get sourceKey(): number {
    return this.u32(12);
  }
  /** {@link destination} as a 32-bit integer. */
  get destinationKey(): number {
    return this.u32(16);
  }

  /** Computes the header checksum and stores it. */
  fillChecksum(): void {
    this.checksum = 0;
    this.checksum = internetChecksum(this.bytes, this.offset, this.headerLength);
  }

  /** Whether the header checksum is right. */
  get checksumIsValid(): boolean {
    return internetChecksum(this.bytes, this.offset, this.headerLength) === 0;
  }
}

/** An IPv6 header (RFC 8200): 40 bytes; see {@link walkExtensionHeaders} for what may follow. */
export class Ipv6 extends HeaderView {
  static readonly BYTES = 40;

  get version(): number {
    return this.u8(0) >> 4;
  }
  set version(value: number) {
    this.setBits(0, 4, 4, 'version', value);
  }
  get trafficClass(): number {
    return (this.u16(0) >> 4) & 0xff;
  }
  set trafficClass(value: number) {
    this.setBits(0, 0, 4, 'trafficClass / 16', value >> 4);
    this.setBits(1, 4, 4, 'trafficClass % 16', value & 0xf);
  }
  get flowLabel(): number {
    return ((this.u8(1) & 0xf) << 16) | this.u16(2);
  }
  set flowLabel(value: number) {
    this.setBits(1, 0, 4, 'flowLabel / 65536', value >>> 16);
    this.setU16(2, 'flowLabel % 65536', value & 0xffff);
  }
  /** Bytes after these 40. */
  get payloadLength(): number {
    return this.u16(4);
  }
  set payloadLength(value: number) {
    this.setU16(4, 'payloadLength', value);
  }
  /** {@link IpProtocol} of what follows. */
  get nextHeader(): number {
    return this.u8(6);
  }
  set nextHeader(value: number) {
    this.setU8(6, 'nextHeader', value);
  }
  get hopLimit(): number {
    return this.u8(7);
  }
  set hopLimit(value: number) {
    this.setU8(7, 'hopLimit', value);
  }
  get source(): string {
    return formatIpv6(this.bytes, this.offset + 8);
  }
  set source(ip: string) {
    this.bytes.set(parseIpv6(ip), this.offset + 8);
  }
  get destination(): string {
    return formatIpv6(this.bytes, this.offset + 24);
  }
  set destination(ip: string) {
    this.bytes.set(parseIpv6(ip), this.offset + 24);
  }
}

/** Where the chain of IPv6 extension headers ends. */
export interface ExtensionWalk {
  /** {@link IpProtocol} of the header at `offset`: the transport, or the one at which the walk could not go on. */
  readonly protocol: number;
  readonly offset: number;
  /** A fragment header was passed. */
  readonly fragment: boolean;
  /** It was one of a fragment that is not the first: no transport header follows. */
  readonly laterFragment: boolean;
  /** The chain goes past the end of the frame. */
  readonly truncated: boolean;
}

/**
 * Walks the extension headers after an IPv6 header (RFC 8200, section 4), from `offset`, where a header of type `protocol`
 * stands. ESP ends the walk: what follows is encrypted.
 */
export function walkExtensionHeaders(
  bytes: Uint8Array,
  offset: number,
  protocol: number,
  end = bytes.length,
): ExtensionWalk {
  let fragment = false;
  for (;;) {
    let length: number;
    switch (protocol) {
      case IpProtocol.hopByHop:
      case IpProtocol.routing:
      case IpProtocol.destinationOptions:
        length = offset + 2 <= end ? (bytes[offset + 1]! + 1) * 8 : Infinity;
        break;
      case IpProtocol.authentication:
        length = offset + 2 <= end ? (bytes[offset + 1]! + 2) * 4 : Infinity;
        break;
      case IpProtocol.fragment:
        length = 8;
        break;
      default:
        return { protocol, offset, fragment, laterFragment: false, truncated: false };
    }
    if (offset + length > end) return { protocol, offset, fragment, laterFragment: false, truncated: true };
    const next = bytes[offset]!;
    if (protocol === IpProtocol.fragment) {
      fragment = true;
      const position = ((bytes[offset + 2]! << 8) | bytes[offset + 3]!) & 0xfff8;
      if (position !== 0)
        return { protocol: next, offset: offset + 8, fragment, laterFragment: true, truncated: false };
    }
    protocol = next;
    offset += length;
  }
}
