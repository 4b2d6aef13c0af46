/** `flags` of a virtio header. */
export const VnetFlag = {
  /** The checksum field holds the pseudo-header sum only; it is to be finished from `csumStart` on. */
  needsCsum: 1,
  /** The checksum was verified already. */
  dataValid: 2,
} as const;

/** `gsoType` of a virtio header. */
export const GsoType = {
  none: 0,
  tcpv4: 1,
  udp: 3,
  tcpv6: 4,
  /** UDP segmentation (USO): each segment becomes a datagram. */
  udpL4: 5,
  /** Set beside tcpv4 or tcpv6: the TCP segments carry ECN's CWR. */
  ecn: 0x80,
} as const;

/**
 * The 12-byte virtio header before a frame (`struct virtio_net_hdr_v1`; virtio 1.2, section 5.1.6), little-endian, read and
 * written in place. One view can be moved from header to header with {@link at}.
 */
export class VnetHeader {
  #bytes: Uint8Array;
  #offset: number;

  constructor(bytes: Uint8Array, offset = 0) {
    this.#bytes = bytes;
    this.#offset = offset;
  }

  /** Points the view at another header. */
  at(bytes: Uint8Array, offset: number): this {
    this.#bytes = bytes;
    this.#offset = offset;
    return this;
  }

  get flags(): number {
    return this.#bytes[this.#offset]!;
  }
  set flags(value: number) {
    this.#bytes[this.#offset] = value;
  }

  get gsoType(): number {
    return this.#bytes[this.#offset + 1]!;
  }
  set gsoType(value: number) {
    this.#bytes[this.#offset + 1] = value;
  }

  /** Bytes of headers. A hint that is often wrong: parse the frame instead. */
  get hdrLen(): number {
    return this.#u16(2);
  }
  set hdrLen(value: number) {
    this.#setU16(2, value);
  }

  /** Bytes of payload per segment. */
  get gsoSize(): number {
    return this.#u16(4);
  }
  set gsoSize(value: number) {
    this.#setU16(4, value);
  }

  /** Where the checksum starts to be summed, from the start of the frame. */
  get csumStart(): number {
    return this.#u16(6);
  }
  set csumStart(value: number) {
    this.#setU16(6, value);
  }

  /** Where it is stored, from `csumStart`. */
  get csumOffset(): number {
    return this.#u16(8);
  }
  set csumOffset(value: number) {
    this.#setU16(8, value);
  }

  get numBuffers(): number {
    return this.#u16(10);
  }
  set numBuffers(value: number) {
    this.#setU16(10, value);
  }

  /** All zero: a plain frame. */
  clear(): void {
    this.#bytes.fill(0, this.#offset, this.#offset + 12);
  }

  #u16(at: number): number {
    return this.#bytes[this.#offset + at]! | (this.#bytes[this.#offset + at + 1]! << 8);
  }

  #setU16(at: number, value: number): void {
    this.#bytes[this.#offset + at] = value;
    this.#bytes[this.#offset + at + 1] = value >>> 8;
  }
}
