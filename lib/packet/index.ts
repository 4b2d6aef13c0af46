export * from './address';
export { Arp, ArpOperation } from './arp';
export * from './build-frame';
export {
  fillTransportChecksum,
  internetChecksum,
  internetSum,
  pseudoHeaderSum,
  updateChecksum,
  verifyTransportChecksum,
  type TransportSpan,
} from './checksum';
export { Ethernet, EtherType, VlanTag } from './ethernet';
export { HeaderView } from './header-view';
export { IpProtocol, Ipv4, Ipv6, walkExtensionHeaders, type ExtensionWalk } from './ip';
export { parseFrame, type FrameLayout, type Layer } from './parse-frame';
export { Icmp, IcmpType, Icmpv6Type, Tcp, TcpFlag, Udp } from './transport';
export { GsoType, VnetFlag, VnetHeader } from './vnet-header';
