/** One's complement sum of big-endian 16-bit words, an odd last byte padded with zero; folded to 16 bits (RFC 1071). */
export function internetSum(bytes: Uint8Array, offset: number, length: number, initial = 0): number {
  let sum = initial;
  const end = offset + length;
  const even = end - (length & 1);
  // 64 KiB are 32,768 words of 16 bits: the sum stays below 2^32.
  for (let i = offset; i < even; i += 2) sum += (bytes[i]! << 8) | bytes[i + 1]!;
  if (even < end) sum += bytes[even]! << 8;
  while (sum > 0xffff) sum = (sum & 0xffff) + Math.floor(sum / 0x1_0000);
  return sum;
}

/** The internet checksum (RFC 1071): 0 over data that holds a right one. `initial` is a sum to go on from. */
export function internetChecksum(bytes: Uint8Array, offset = 0, length = bytes.length - offset, initial = 0): number {
  return ~internetSum(bytes, offset, length, initial) & 0xffff;
}

/** The checksum after a 16-bit word it covers changed (RFC 1624, equation 3). */
export function updateChecksum(checksum: number, oldWord: number, newWord: number): number {
  let sum = (~checksum & 0xffff) + (~oldWord & 0xffff) + newWord;
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
  return ~sum & 0xffff;
}

/**
 * Sum of the pseudo-header of TCP, UDP and ICMPv6 (RFC 9293, 3.1; RFC 8200, 8.1), not complemented: what a frame with the
 * `needsCsum` flag holds in its checksum field. `ipOffset` is where the IP header stands; its version tells the family.
 */
export function pseudoHeaderSum(bytes: Uint8Array, ipOffset: number, protocol: number, length: number): number {
  const isIpv4 = bytes[ipOffset]! >> 4 === 4;
  const initial = protocol + (length & 0xffff) + (length >>> 16);
  return isIpv4 ? internetSum(bytes, ipOffset + 12, 8, initial) : internetSum(bytes, ipOffset + 8, 32, initial);
}

const TCP = 6;
const UDP = 17;
const ICMP = 1;
const ICMPV6 = 58;
const fieldOffset = new Map([
  [TCP, 16],
  [UDP, 6],
  [ICMP, 2],
  [ICMPV6, 2],
]);

/** Where transport data stands in a frame. */
export interface TransportSpan {
  /** Of the IP header. */
  readonly ipOffset: number;
  /** Of the transport header. */
  readonly offset: number;
  /** Bytes of transport header and payload. */
  readonly length: number;
  /** {@link IpProtocol}: TCP, UDP, ICMP or ICMPv6. */
  readonly protocol: number;
}

function field(span: TransportSpan): number {
  const offset = fieldOffset.get(span.protocol);
  if (offset === undefined) throw new RangeError(`protocol ${span.protocol} has no checksum known here`);
  return span.offset + offset;
}

function sumAll(bytes: Uint8Array, { ipOffset, offset, length, protocol }: TransportSpan): number {
  // ICMP for IPv4 has no pseudo-header.
  const pseudo = protocol === ICMP ? 0 : pseudoHeaderSum(bytes, ipOffset, protocol, length);
  return internetChecksum(bytes, offset, length, pseudo);
}

/** Computes the checksum of a TCP segment, UDP datagram, ICMP or ICMPv6 message and stores it. */
export function fillTransportChecksum(bytes: Uint8Array, span: TransportSpan): void {
  const at = field(span);
  bytes[at] = 0;
  bytes[at + 1] = 0;
  let checksum = sumAll(bytes, span);
  // A UDP checksum of 0 means "none" (RFC 768).
  if (checksum === 0 && span.protocol === UDP) checksum = 0xffff;
  bytes[at] = checksum >>> 8;
  bytes[at + 1] = checksum;
}

/** Whether the checksum is right. A UDP datagram over IPv4 without one counts as right. */
export function verifyTransportChecksum(bytes: Uint8Array, span: TransportSpan): boolean {
  const at = field(span);
  const stored = (bytes[at]! << 8) | bytes[at + 1]!;
  if (span.protocol === UDP && stored === 0) return bytes[span.ipOffset]! >> 4 === 4;
  return sumAll(bytes, span) === 0;
}
