/** Numbers of pcapng (draft-ietf-opsawg-pcapng) and of classic pcap files. */

export const BlockType = {
  sectionHeader: 0x0a0d0d0a,
  interfaceDescription: 1,
  /** Obsolete, still found. */
  packet: 2,
  simplePacket: 3,
  interfaceStatistics: 5,
  enhancedPacket: 6,
} as const;

export const BYTE_ORDER_MAGIC = 0x1a2b3c4d;

export const Option = {
  endOfOptions: 0,
  comment: 1,
  shbUserAppl: 4,
  ifName: 2,
  ifTsresol: 9,
  ifTsoffset: 14,
  epbFlags: 2,
  isbIfrecv: 4,
} as const;

/** `LINKTYPE_*`. */
export const LinkType = { ethernet: 1, raw: 101 } as const;

/** Blocks larger than this are taken for damage: no link has frames of such a size. */
export const MAX_BLOCK_BYTES = 16 << 20;

/** Interfaces of one section; the obsolete packet block counts no further either. */
export const MAX_INTERFACES = 1 << 16;

/** A capture file is malformed, or ends in the middle. All whole packets before the place have been delivered. */
export class CaptureError extends Error {
  constructor(
    message: string,
    /** Where in the file, in bytes. */
    readonly offset: number,
  ) {
    super(`${message} at byte ${offset} of the capture`);
    this.name = 'CaptureError';
  }
}
