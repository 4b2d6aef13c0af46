import { attrs, family, type Infer } from './attributes';
import { ip, s32, string, struct, u32, u8 } from './codec';
import * as k from './constants/address';

/** `struct ifaddrmsg`. */
export const ifaddrmsg = struct({ family: u8, prefixLength: u8, flags: u8, scope: u8, index: u32 });

/** `struct ifa_cacheinfo`: lifetimes in seconds (0xffffffff is for ever), stamps in hundredths since boot. */
export const addressCacheInfo = struct({ preferred: u32, valid: u32, created: u32, updated: u32 });

export const addressAttributes = attrs({
  address: [k.IFA_ADDRESS, ip],
  local: [k.IFA_LOCAL, ip],
  label: [k.IFA_LABEL, string],
  broadcast: [k.IFA_BROADCAST, ip],
  anycast: [k.IFA_ANYCAST, ip],
  cacheInfo: [k.IFA_CACHEINFO, addressCacheInfo],
  multicast: [k.IFA_MULTICAST, ip],
  flags: [k.IFA_FLAGS, u32],
  rtPriority: [k.IFA_RT_PRIORITY, u32],
  targetNetnsid: [k.IFA_TARGET_NETNSID, s32],
  proto: [k.IFA_PROTO, u8],
});

/** RTM_NEWADDR, RTM_DELADDR, RTM_GETADDR. */
export const addressFamily = family(ifaddrmsg, addressAttributes);
export type AddressMessage = Infer<typeof addressFamily>;
