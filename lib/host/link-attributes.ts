// What requests to make links and requests to change them have in common.
import { constants as k, type LinkAttributes } from '../rtnl';
import { netnsAttributes } from './netns-ref';
import * as check from './validate';

/** Flags of RTM_NEWLINKPROP that add. */
export const ADD_PROPERTY = k.NLM_F_CREATE | k.NLM_F_EXCL | k.NLM_F_APPEND;
/** Of ifi_flags and ifi_change. */
export const UP = { flags: k.IFF_UP, change: k.IFF_UP } as const;

/** Options as they came from the user. */
export type Bag = Readonly<Record<string, unknown>>;

export interface LinkHeader {
  readonly index?: number;
  readonly flags?: number;
  readonly change?: number;
}

/** Attributes that new links, peers and changes have in common. */
export function commonAttributes(prefix: string, options: Bag): LinkAttributes {
  const { mac, mtu, txQueueLength, group, netns, txQueues, rxQueues } = options;
  const a: LinkAttributes = {};
  if (mac !== undefined) a.address = check.checkUnicastMac(`${prefix}mac`, mac);
  if (mtu !== undefined) a.mtu = check.checkMtu(`${prefix}mtu`, mtu);
  if (txQueueLength !== undefined) {
    a.txqlen = check.checkInteger(`${prefix}txQueueLength`, txQueueLength, 0, 0x7fff_ffff);
  }
  if (group !== undefined) a.group = check.checkInteger(`${prefix}group`, group, 0, 0x7fff_ffff);
  if (txQueues !== undefined) a.numTxQueues = check.checkInteger(`${prefix}txQueues`, txQueues, 1, 4096);
  if (rxQueues !== undefined) a.numRxQueues = check.checkInteger(`${prefix}rxQueues`, rxQueues, 1, 4096);
  return netns === undefined ? a : { ...a, ...netnsAttributes(`${prefix}netns`, netns) };
}

/** The parts of `struct ifinfomsg` that users have a say in. */
export function linkHeader(prefix: string, options: Bag): LinkHeader {
  const { index, up } = options;
  return {
    ...(index !== undefined && { index: check.checkInteger(`${prefix}index`, index, 1, 0x7fff_ffff) }),
    ...(up !== undefined && { flags: check.checkBoolean(`${prefix}up`, up) ? k.IFF_UP : 0, change: k.IFF_UP }),
  };
}

export function altNameList(option: string, value: unknown): string[] {
  return check.checkArray(option, value).map((name, i) => check.checkAltName(`${option}[${i}]`, name));
}
