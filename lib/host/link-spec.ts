import type { BridgeOptions, BridgePortOptions } from './bridge-options';
import type { MacvlanOptions, VxlanOptions } from './link-kinds';
import type { NetnsRef } from './netns-ref';

/** What every new link may be given. */
export interface NewLink {
  /** At most 15 bytes; one `%d` stands for the next free number. */
  readonly name: string;
  /** Further names of at most 127 bytes, good wherever a name is. */
  readonly altNames?: readonly string[];
  /** A description of at most 255 bytes. */
  readonly alias?: string;
  /** Unicast MAC address. Random by default. */
  readonly mac?: string;
  /** 68 to 65535. */
  readonly mtu?: number;
  /** Packets that may wait to be sent. */
  readonly txQueueLength?: number;
  /** Number of the group it belongs to. */
  readonly group?: number;
  /** Bridge (or bond, ...) to become a port of: name or index. */
  readonly master?: string | number;
  /** Set it up at once. Down by default. */
  readonly up?: boolean;
  /** Namespace to be born in. */
  readonly netns?: NetnsRef;
  /** Interface index to take. The next free one by default. */
  readonly index?: number;
  readonly txQueues?: number;
  readonly rxQueues?: number;
}

export interface BridgeSpec extends NewLink, BridgeOptions {
  readonly kind: 'bridge';
}

/** The other end of a veth pair. */
export interface VethPeer {
  readonly name: string;
  readonly mac?: string;
  readonly mtu?: number;
  readonly txQueueLength?: number;
  readonly group?: number;
  readonly up?: boolean;
  /** Namespace to be born in. That of the request by default. */
  readonly netns?: NetnsRef;
  readonly index?: number;
  readonly txQueues?: number;
  readonly rxQueues?: number;
}

export interface VethSpec extends NewLink {
  readonly kind: 'veth';
  readonly peer: VethPeer;
}

export interface IfbSpec extends NewLink {
  readonly kind: 'ifb';
}

export interface VxlanSpec extends NewLink, VxlanOptions {
  readonly kind: 'vxlan';
  /** Interface for the outer packets: name or index. */
  readonly lower?: string | number;
}

export interface MacvlanSpec extends NewLink, MacvlanOptions {
  readonly kind: 'macvlan' | 'macvtap';
  /** Interface below it: name or index. */
  readonly lower: string | number;
}

/** A link to be made, by kind. TUN and TAP devices come from `host.openTun()` and `host.openTap()`. */
export type LinkSpec = BridgeSpec | VethSpec | IfbSpec | VxlanSpec | MacvlanSpec;

/** What can be changed on a link; what is left out stays as it is. */
export interface LinkChanges {
  /** A new name. */
  readonly name?: string;
  readonly addAltNames?: readonly string[];
  readonly removeAltNames?: readonly string[];
  /** A description of at most 255 bytes; '' for none. */
  readonly alias?: string;
  readonly mac?: string;
  readonly mtu?: number;
  readonly txQueueLength?: number;
  readonly group?: number;
  /** Become a port of this one, name or index; `null` for none. */
  readonly master?: string | number | null;
  readonly up?: boolean;
  readonly promiscuous?: boolean;
  readonly allMulticast?: boolean;
  /** Use ARP. */
  readonly arp?: boolean;
  /** Move to this namespace. The index may change on the way. */
  readonly netns?: NetnsRef;
  /** Settings of a bridge. */
  readonly bridge?: BridgeOptions;
  /** Settings as a port of a bridge; with `master` in the same call, those on the new bridge. */
  readonly bridgePort?: BridgePortOptions;
  readonly vxlan?: VxlanOptions;
  readonly macvlan?: MacvlanOptions;
  readonly macvtap?: MacvlanOptions;
}
