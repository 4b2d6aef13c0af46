import { checkField, HeaderView } from './header-view';

/** Common EtherTypes (IANA, IEEE 802 Numbers). */
export const EtherType = {
  ipv4: 0x0800,
  arp: 0x0806,
  /** 802.1Q customer tag. */
  vlan: 0x8100,
  ipv6: 0x86dd,
  /** 802.1ad service tag. */
  qinq: 0x88a8,
  lldp: 0x88cc,
  /** For experiments (802 local experimental EtherType 1). */
  experimental: 0x88b5,
} as const;

/** An Ethernet II header: 14 bytes. */
export class Ethernet extends HeaderView {
  static readonly BYTES = 14;

  get destination(): string {
    return this.mac(0);
  }
  set destination(mac: string) {
    this.setMac(0, mac);
  }
  get source(): string {
    return this.mac(6);
  }
  set source(mac: string) {
    this.setMac(6, mac);
  }
  /** {@link destination} as a 48-bit integer. */
  get destinationKey(): number {
    return this.macKey(0);
  }
  /** {@link source} as a 48-bit integer. */
  get sourceKey(): number {
    return this.macKey(6);
  }
  /** Whether the destination is a group: multicast or broadcast. */
  get isMulticast(): boolean {
    return (this.u8(0) & 1) === 1;
  }
  /** {@link EtherType}; up to 1500 it is the length of an 802.3 frame. */
  get etherType(): number {
    return this.u16(12);
  }
  set etherType(value: number) {
    this.setU16(12, 'etherType', value);
  }
}

/** An 802.1Q or 802.1ad tag without its own EtherType, which stands before it: 4 bytes, then the payload. */
export class VlanTag extends HeaderView {
  static readonly BYTES = 4;

  /** VLAN identifier, 0 to 4095; 0 means priority only. */
  get id(): number {
    return this.u16(0) & 0xfff;
  }
  set id(value: number) {
    this.setU16(0, 'vlan id', (this.u16(0) & 0xf000) | checkField('vlan id', value, 0xfff));
  }
  /** Priority code point, 0 to 7. */
  get priority(): number {
    return this.u8(0) >> 5;
  }
  set priority(value: number) {
    this.setBits(0, 5, 3, 'vlan priority', value);
  }
  /** Drop eligible indicator. */
  get dropEligible(): boolean {
    return (this.u8(0) & 0x10) !== 0;
  }
  set dropEligible(value: boolean) {
    this.setBits(0, 4, 1, 'dropEligible', value ? 1 : 0);
  }
  /** EtherType of what follows the tag. */
  get etherType(): number {
    return this.u16(2);
  }
  set etherType(value: number) {
    this.setU16(2, 'etherType', value);
  }
}
