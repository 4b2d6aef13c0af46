import { formatIpv4, parseIpv4 } from './address';
import { HeaderView } from './header-view';

/** `operation` of an ARP packet (RFC 826). */
export const ArpOperation = { request: 1, reply: 2 } as const;

/** ARP for IPv4 over Ethernet (RFC 826): 28 bytes. */
export class Arp extends HeaderView {
  static readonly BYTES = 28;

  /** Writes the fixed part: hardware type 1, protocol 0x0800, lengths 6 and 4. */
  initialize(): this {
    this.bytes.set([0, 1, 8, 0, 6, 4], this.offset);
    return this;
  }

  /** Whether the fixed part is that of IPv4 over Ethernet. */
  get isEthernetIpv4(): boolean {
    return this.u16(0) === 1 && this.u16(2) === 0x0800 && this.u16(4) === 0x0604;
  }
  /** {@link ArpOperation} */
  get operation(): number {
    return this.u16(6);
  }
  set operation(value: number) {
    this.setU16(6, 'operation', value);
  }
  get senderMac(): string {
    return this.mac(8);
  }
  set senderMac(mac: string) {
    this.setMac(8, mac);
  }
  get senderIp(): string {
    return formatIpv4(this.bytes, this.offset + 14);
  }
  set senderIp(ip: string) {
    this.bytes.set(parseIpv4(ip), this.offset + 14);
  }
  get targetMac(): string {
    return this.mac(18);
  }
  set targetMac(mac: string) {
    this.setMac(18, mac);
  }
  get targetIp(): string {
    return formatIpv4(this.bytes, this.offset + 24);
  }
  set targetIp(ip: string) {
    this.bytes.set(parseIpv4(ip), this.offset + 24);
  }
}
