/** `TUN_F_*` of linux/if_tun.h; the last two are newer than many installed headers. */
export const TUN_F = {
  CSUM: 0x01,
  TSO4: 0x02,
  TSO6: 0x04,
  TSO_ECN: 0x08,
  UFO: 0x10,
  USO4: 0x20,
  USO6: 0x40,
} as const;

/**
 * What the kernel may leave to the reader of a TAP: unfinished checksums, TCP segments of up to 64 KiB over IPv4 and IPv6
 * (with ECN), and UDP datagrams to be cut up (USO, both families together). The virtio header of each frame says which.
 */
export type Offload = 'csum' | 'tso4' | 'tso6' | 'tsoEcn' | 'uso';

const bits: Readonly<Record<Offload, number>> = {
  csum: TUN_F.CSUM,
  tso4: TUN_F.TSO4,
  tso6: TUN_F.TSO6,
  tsoEcn: TUN_F.TSO_ECN,
  uso: TUN_F.USO4 | TUN_F.USO6,
};

/** Masks to try for `'all'`, best first: kernels refuse unknown bits, so probing goes downwards (`tun_set_offload`). */
export const OFFLOAD_LADDER: readonly number[] = [
  bits.csum | bits.tso4 | bits.tso6 | bits.tsoEcn | bits.uso,
  bits.csum | bits.tso4 | bits.tso6 | bits.uso,
  bits.csum | bits.tso4 | bits.tso6 | bits.tsoEcn,
  bits.csum | bits.tso4 | bits.tso6,
  bits.csum,
  0,
];

/** The TUNSETOFFLOAD mask of a list. @throws TypeError for an unknown name or a combination the kernel would refuse. */
export function offloadMask(list: readonly Offload[]): number {
  let mask = 0;
  for (const name of list) {
    if (!Object.hasOwn(bits, name)) {
      throw new TypeError(`unknown offload '${String(name)}': one of ${Object.keys(bits).join(', ')}`);
    }
    mask |= bits[name];
  }
  if (mask !== 0 && (mask & TUN_F.CSUM) === 0)
    throw new TypeError("offloads need 'csum': segments have their checksums made anew");
  if (list.includes('tsoEcn') && !list.includes('tso4') && !list.includes('tso6')) {
    throw new TypeError("offload 'tsoEcn' needs 'tso4' or 'tso6'");
  }
  return mask;
}

/** The names in a TUNSETOFFLOAD mask. */
export function offloadNames(mask: number): Offload[] {
  return (Object.keys(bits) as Offload[]).filter((name) => (mask & bits[name]) === bits[name]);
}
