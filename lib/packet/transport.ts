import { HeaderView } from './header-view';

/** A UDP header (RFC 768): 8 bytes. */
export class Udp extends HeaderView {
  static readonly BYTES = 8;

  get sourcePort(): number {
    return this.u16(0);
  }
  set sourcePort(value: number) {
    this.setU16(0, 'sourcePort', value);
  }
  get destinationPort(): number {
    return this.u16(2);
  }
  set destinationPort(value: number) {
    this.setU16(2, 'destinationPort', value);
  }
  /** Bytes of header and payload. */
  get length(): number {
    return this.u16(4);
  }
  set length(value: number) {
    this.setU16(4, 'length', value);
  }
  get checksum(): number {
    return this.u16(6);
  }
  set checksum(value: number) {
    this.setU16(6, 'checksum', value);
  }
}

/** Bits of {@link Tcp.flags} (RFC 9293, 3.1). */
export const TcpFlag = {
  fin: 0x01,
  syn: 0x02,
  rst: 0x04,
  psh: 0x08,
  ack: 0x10,
  urg: 0x20,
  ece: 0x40,
  cwr: 0x80,
} as const;

/** A TCP header (RFC 9293): 20 bytes and its options. */
export class Tcp extends HeaderView {
  static readonly BYTES = 20;

  get sourcePort(): number {
    return this.u16(0);
  }
  set sourcePort(value: number) {
    this.setU16(0, 'sourcePort', value);
  }
  get destinationPort(): number {
    return this.u16(2);
  }
  set destinationPort(value: number) {
    this.setU16(2, 'destinationPort', value);
  }
  get sequence(): number {
    return this.u32(4);
  }
  set sequence(value: number) {
    this.setU32(4, 'sequence', value);
  }
  get acknowledgement(): number {
    return this.u32(8);
  }
  set acknowledgement(value: number) {
    this.setU32(8, 'acknowledgement', value);
  }
  /** Bytes of the header, options included: 20 to 60. */
  get headerLength(): number {
    return (this.u8(12) >> 4) * 4;
  }
  set headerLength(value: number) {
    if (value % 4 !== 0) throw new RangeError(`headerLength must be a multiple of 4, not ${value}`);
    this.setBits(12, 4, 4, 'headerLength / 4', value / 4);
  }
  /** {@link TcpFlag}s. */
  get flags(): number {
    return this.u8(13);
  }
  set flags(value: number) {
    this.setU8(13, 'flags', value);
  }
  get window(): number {
    return this.u16(14);
  }
  set window(value: number) {
    this.setU16(14, 'window', value);
  }
  get checksum(): number {
    return this.u16(16);
  }
  set checksum(value: number) {
    this.setU16(16, 'checksum', value);
  }
  get urgentPointer(): number {
    return this.u16(18);
  }
  set urgentPointer(value: number) {
    this.setU16(18, 'urgentPointer', value);
  }
}

/** `type` of an ICMP message (RFC 792). */
export const IcmpType = { echoReply: 0, unreachable: 3, echoRequest: 8, timeExceeded: 11 } as const;

/** `type` of an ICMPv6 message (RFC 4443, RFC 4861). */
export const Icmpv6Type = {
  unreachable: 1,
  packetTooBig: 2,
  timeExceeded: 3,
  echoRequest: 128,
  echoReply: 129,
  routerSolicitation: 133,
  routerAdvertisement: 134,
  neighborSolicitation: 135,
  neighborAdvertisement: 136,
} as const;

/** The first 8 bytes of an ICMP or ICMPv6 message. */
export class Icmp extends HeaderView {
  static readonly BYTES = 8;

  /** {@link IcmpType} or {@link Icmpv6Type} */
  get type(): number {
    return this.u8(0);
  }
  set type(value: number) {
    this.setU8(0, 'type', value);
  }
  get code(): number {
    return this.u8(1);
  }
  set code(value: number) {
    this.setU8(1, 'code', value);
  }
  get checksum(): number {
    return this.u16(2);
  }
  set checksum(value: number) {
    this.setU16(2, 'checksum', value);
  }
  /** Of an echo. */
  get identifier(): number {
    return this.u16(4);
  }
  set identifier(value: number) {
    this.setU16(4, 'identifier', value);
  }
  /** Of an echo. */
  get sequence(): number {
    return this.u16(6);
  }
  set sequence(value: number) {
    this.setU16(6, 'sequence', value);
  }
}
