import { attrs, family, type Infer } from './attributes';
import { be16, bytes, ip, mac, s32, struct, u16, u32, u8 } from './codec';
import * as k from './constants/neighbor';

/** `struct ndmsg`. */
export const ndmsg = struct({ family: u8, _pad1: u8, _pad2: u16, index: s32, state: u16, flags: u8, type: u8 });

/** `struct nda_cacheinfo`: ages in USER_HZ (1/100 s). */
export const neighborCacheInfo = struct({ confirmed: u32, used: u32, updated: u32, refcnt: u32 });

export const neighborAttributes = attrs({
  dst: [k.NDA_DST, ip],
  lladdr: [k.NDA_LLADDR, mac],
  cacheInfo: [k.NDA_CACHEINFO, neighborCacheInfo],
  probes: [k.NDA_PROBES, u32],
  vlan: [k.NDA_VLAN, u16],
  port: [k.NDA_PORT, be16],
  vni: [k.NDA_VNI, u32],
  ifindex: [k.NDA_IFINDEX, u32],
  master: [k.NDA_MASTER, u32],
  linkNetnsid: [k.NDA_LINK_NETNSID, s32],
  srcVni: [k.NDA_SRC_VNI, u32],
  protocol: [k.NDA_PROTOCOL, u8],
  nhId: [k.NDA_NH_ID, u32],
  fdbExtAttrs: [k.NDA_FDB_EXT_ATTRS, bytes],
  flagsExt: [k.NDA_FLAGS_EXT, u32],
  stateMask: [k.NDA_NDM_STATE_MASK, u16],
  flagsMask: [k.NDA_NDM_FLAGS_MASK, u8],
});

/** RTM_NEWNEIGH, RTM_DELNEIGH, RTM_GETNEIGH: neighbours and, with `AF_BRIDGE`, forwarding entries. */
export const neighborFamily = family(ndmsg, neighborAttributes);
export type NeighborMessage = Infer<typeof neighborFamily>;
