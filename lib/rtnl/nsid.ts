import { attrs, family, type Infer } from './attributes';
import { s32, struct, u32, u8 } from './codec';
import * as k from './constants/nsid';

/** `struct rtgenmsg`, padded: attributes begin on a multiple of four. */
export const rtgenmsg = struct({ family: u8 });

export const nsidAttributes = attrs({
  nsid: [k.NETNSA_NSID, s32],
  pid: [k.NETNSA_PID, u32],
  fd: [k.NETNSA_FD, u32],
  targetNsid: [k.NETNSA_TARGET_NSID, s32],
  currentNsid: [k.NETNSA_CURRENT_NSID, s32],
});

/** RTM_NEWNSID, RTM_DELNSID, RTM_GETNSID: the numbers by which one namespace knows others. */
export const nsidFamily = family(rtgenmsg, nsidAttributes);
export type NsidMessage = Infer<typeof nsidFamily>;
