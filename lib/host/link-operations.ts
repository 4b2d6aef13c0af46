// What users ask of links, checked and turned into rtnetlink requests.
import { constants as k, linkFamily, type LinkAttributes, type RequestBuffer } from '../rtnl';
import { bridgeOptionNames, bridgePortOptionNames, encodeBridge, encodeBridgePort } from './bridge-options';
import { readLink, type UnnamedLink } from './link';
import { encodeMacvlan, encodeVxlan, kindConfig, macvlanOptionNames, vxlanOptionNames } from './link-kinds';
import type { LinkChanges, LinkSpec } from './link-spec';
import { byName } from './names';
import { netnsAttributes } from './netns-ref';
import type { IndexOf, Operation } from './operations';
import * as check from './validate';

const EEXIST = -17;
const EOPNOTSUPP = -95;
/** RFC 7348; the kernel's default is older than the RFC. */
const VXLAN_PORT = 4789;

const ADD_PROPERTY = k.NLM_F_CREATE | k.NLM_F_EXCL | k.NLM_F_APPEND;
/** Of ifi_flags and ifi_change. */
const UP = { flags: k.IFF_UP, change: k.IFF_UP } as const;

type Bag = Readonly<Record<string, unknown>>;

const commonNames = [
  'kind',
  'name',
  'altNames',
  'alias',
  'mac',
  'mtu',
  'txQueueLength',
  'group',
  'master',
  'up',
  'netns',
  'index',
  'txQueues',
  'rxQueues',
];
const peerNames = new Set(commonNames.filter((name) => !['kind', 'altNames', 'alias', 'master'].includes(name)));
const kindNames: Readonly<Record<string, ReadonlySet<string>>> = {
  bridge: new Set([...commonNames, ...bridgeOptionNames]),
  veth: new Set([...commonNames, 'peer']),
  ifb: new Set(commonNames),
  vxlan: new Set([...commonNames, 'lower', ...vxlanOptionNames]),
  macvlan: new Set([...commonNames, 'lower', ...macvlanOptionNames]),
  macvtap: new Set([...commonNames, 'lower', ...macvlanOptionNames]),
};
const changeNames = new Set([
  'name',
  'addAltNames',
  'removeAltNames',
  'alias',
  'mac',
  'mtu',
  'txQueueLength',
  'group',
  'master',
  'up',
  'promiscuous',
  'allMulticast',
  'arp',
  'netns',
  'bridge',
  'bridgePort',
  'vxlan',
  'macvlan',
  'macvtap',
]);
const bridgeSet = new Set(bridgeOptionNames);
const bridgePortSet = new Set(bridgePortOptionNames);
const vxlanSet = new Set(vxlanOptionNames);
const macvlanSet = new Set(macvlanOptionNames);

/** Attributes that new links, peers and changes have in common. */
function commonAttributes(prefix: string, options: Bag): LinkAttributes {
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

function linkHeader(prefix: string, options: Bag): { index?: number; flags?: number; change?: number } {
  const { index, up } = options;
  return {
    ...(index !== undefined && { index: check.checkInteger(`${prefix}index`, index, 1, 0x7fff_ffff) }),
    ...(up !== undefined && { flags: check.checkBoolean(`${prefix}up`, up) ? k.IFF_UP : 0, change: k.IFF_UP }),
  };
}

interface Peer {
  readonly linkInfo: NonNullable<LinkAttributes['linkInfo']>;
  readonly name: string;
  readonly up: boolean;
  /** Whether it is born in the namespace of the request. */
  readonly here: boolean;
}

function parsePeer(spec: Bag): Peer {
  const peer = check.checkObject('peer', spec.peer);
  check.checkKeys('peer', peer, peerNames);
  const name = check.checkInterfaceName('peer.name', peer.name);
  // A veth cannot be up before it has its other end (ENOTCONN): a request of its own does it afterwards.
  const { up = false, ...rest } = peer;
  if (
    check.checkBoolean('peer.up', up) &&
    (name.includes('%') || (peer.netns !== undefined && spec.netns !== undefined))
  ) {
    throw new TypeError('peer.up needs a name without %d, and one end of the pair in this namespace');
  }
  const attributes = { ...commonAttributes('peer.', rest), ifname: name };
  return {
    linkInfo: { kind: 'veth', data: { peer: { header: linkHeader('peer.', rest), attributes } } },
    name,
    up: up === true,
    here: peer.netns === undefined,
  };
}

function altNameList(option: string, value: unknown): string[] {
  return check.checkArray(option, value).map((name, i) => check.checkAltName(`${option}[${i}]`, name));
}

function checkKind(spec: Bag): string {
  const { kind } = spec;
  if (kind === 'tun' || kind === 'tap') {
    const open = kind === 'tun' ? 'host.openTun()' : 'host.openTap()';
    throw new TypeError(`kind '${kind}' is not made through rtnetlink: use ${open}, which gives the descriptor too`);
  }
  if (typeof kind !== 'string' || !Object.hasOwn(kindNames, kind)) {
    const known = Object.keys(kindNames).map((each) => `'${each}'`);
    throw new TypeError(`kind must be one of ${known.join(', ')}, not ${JSON.stringify(kind)}`);
  }
  return kind;
}

/** A link to be added, and whether its echo tells all about it. */
export interface AddOperation extends Operation<UnnamedLink> {
  readonly name: string;
  /** What the kernel does after it has echoed the link, so that it must be read again. */
  readonly echoIsEarly: boolean;
}

/** @throws TypeError, RangeError */
export function addLink(value: LinkSpec): AddOperation {
  const spec: Bag = check.checkObject('link', value);
  const kind = checkKind(spec);
  check.checkKeys(`kind '${kind}'`, spec, kindNames[kind] as ReadonlySet<string>);
  const name = check.checkInterfaceName('name', spec.name);
  const template = name.includes('%');
  const alias = spec.alias === undefined ? undefined : check.checkAlias('alias', spec.alias);
  const altNames = spec.altNames === undefined ? [] : altNameList('altNames', spec.altNames);
  const master = spec.master === undefined ? undefined : check.checkInterfaceRef('master', spec.master);
  const later = alias !== undefined || altNames.length > 0;
  if (spec.netns !== undefined && (later || master !== undefined)) {
    throw new TypeError('alias, altNames and master cannot go with netns: set them through a host of that namespace');
  }
  if (template && (later || spec.netns !== undefined)) {
    throw new TypeError(`name '${name}': alias, altNames and netns need a name without %d`);
  }

  const attributes = commonAttributes('', spec);
  const header = linkHeader('', spec);
  const needsLower = kind === 'macvlan' || kind === 'macvtap';
  const lower = spec.lower === undefined && !needsLower ? undefined : check.checkInterfaceRef('lower', spec.lower);
  let linkInfo: NonNullable<LinkAttributes['linkInfo']> = { kind };
  if (kind === 'bridge') linkInfo = { kind, data: encodeBridge('', spec) };
  const peer = kind === 'veth' ? parsePeer(spec) : undefined;
  if (peer !== undefined) linkInfo = peer.linkInfo;
  if (kind === 'vxlan') linkInfo = { kind, data: { port: VXLAN_PORT, ...encodeVxlan('', spec) } };
  if (needsLower) linkInfo = { kind, data: encodeMacvlan('', spec) };
  const makes = spec.netns !== undefined || template ? [] : [name];
  if (peer?.here && !peer.name.includes('%') && makes.length > 0) makes.push(peer.name);
  const peerElsewhere = peer !== undefined && peer.up && !peer.here;

  return {
    name,
    echoIsEarly: later || master !== undefined || peer?.up === true,
    action: `add ${kind} '${name}'`,
    interface: name,
    hints: {
      [EOPNOTSUPP]:
        `the running kernel lacks ${kindConfig[kind]}, or its module is not loaded` +
        (spec.vlanFiltering === true ? '; VLAN filtering needs CONFIG_BRIDGE_VLAN_FILTERING besides' : ''),
      [EEXIST]: 'an interface of that name, alternative name or index is there already',
    },
    needs: [master, lower].filter((ref) => ref !== undefined),
    // A link born elsewhere is not one of ours, and the name of a template is not known yet.
    makes,
    encode(buffer: RequestBuffer, indexOf: IndexOf, echo: boolean) {
      const all: LinkAttributes = { ...attributes, ifname: name, linkInfo };
      if (master !== undefined) all.master = indexOf(master);
      if (lower !== undefined) {
        if (needsLower) all.link = indexOf(lower);
        else all.linkInfo = { kind: 'vxlan', data: { ...linkInfo.data, link: indexOf(lower) } };
      }
      // From another namespace the echo would go to whichever socket there has our port id.
      const wantsEcho = (echo || peerElsewhere) && spec.netns === undefined ? k.NLM_F_ECHO : 0;
      const flags = k.NLM_F_CREATE | k.NLM_F_EXCL | wantsEcho;
      buffer.add(linkFamily, k.RTM_NEWLINK, flags, header, all);
      if (peer?.up && peer.here) buffer.add(linkFamily, k.RTM_NEWLINK, 0, UP, { ifname: peer.name });
      if (alias !== undefined) buffer.add(linkFamily, k.RTM_SETLINK, 0, {}, { ifname: name, ifalias: alias });
      if (altNames.length > 0) {
        const propList = { altIfnames: altNames };
        buffer.add(linkFamily, k.RTM_NEWLINKPROP, ADD_PROPERTY, {}, { ifname: name, propList });
      }
    },
    result: (reply, first) => {
      const message = reply.find(first, k.RTM_NEWLINK, linkFamily);
      return message && readLink(message);
    },
    created: (reply, first) => {
      const message = reply.find(first, k.RTM_NEWLINK, linkFamily);
      // IFLA_LINK of a veth is its peer.
      return message ? [message.header.index, message.attributes.link] : [];
    },
    proceed: (buffer, reply, first) => {
      const message = peerElsewhere ? reply.find(first, k.RTM_NEWLINK, linkFamily) : undefined;
      const { link, linkNetnsid } = message?.attributes ?? {};
      if (link === undefined || linkNetnsid === undefined) return;
      buffer.add(linkFamily, k.RTM_NEWLINK, 0, { ...UP, index: link }, { targetNetnsid: linkNetnsid });
    },
    undo: (buffer) => {
      buffer.add(linkFamily, k.RTM_DELLINK, 0, {}, { ifname: name });
    },
  };
}

/** The kind whose settings are to change, with its data. */
function kindChanges(changes: Bag): LinkAttributes['linkInfo'] {
  const { bridge, vxlan, macvlan, macvtap } = changes;
  const given = [bridge, vxlan, macvlan, macvtap].filter((each) => each !== undefined);
  if (given.length > 1)
    throw new TypeError('a link is of one kind: bridge, vxlan, macvlan and macvtap exclude each other');
  const options = (option: string, value: unknown, known: ReadonlySet<string>): Bag => {
    const bag = check.checkObject(option, value);
    check.checkKeys(option, bag, known);
    return bag;
  };
  if (bridge !== undefined) {
    return { kind: 'bridge', data: encodeBridge('bridge.', options('bridge', bridge, bridgeSet)) };
  }
  if (vxlan !== undefined) {
    return { kind: 'vxlan', data: encodeVxlan('vxlan.', options('vxlan', vxlan, vxlanSet)) };
  }
  if (macvlan !== undefined) {
    return { kind: 'macvlan', data: encodeMacvlan('macvlan.', options('macvlan', macvlan, macvlanSet)) };
  }
  if (macvtap !== undefined) {
    return { kind: 'macvtap', data: encodeMacvlan('macvtap.', options('macvtap', macvtap, macvlanSet)) };
  }
  return undefined;
}

function flagChanges(changes: Bag): { flags: number; change: number } {
  let flags = 0;
  let change = 0;
  const set = (option: string, bit: number, sense: boolean): void => {
    const value = changes[option];
    if (value === undefined) return;
    change |= bit;
    if (check.checkBoolean(option, value) === sense) flags |= bit;
  };
  set('up', k.IFF_UP, true);
  set('promiscuous', k.IFF_PROMISC, true);
  set('allMulticast', k.IFF_ALLMULTI, true);
  set('arp', k.IFF_NOARP, false);
  return { flags, change };
}

/** @throws TypeError, RangeError */
export function setLink(link: string | number, value: LinkChanges): Operation<undefined> {
  const ref = check.checkInterfaceRef('link', link);
  const changes: Bag = check.checkObject('changes', value);
  check.checkKeys('links.set()', changes, changeNames);
  const attributes = commonAttributes('', changes);
  const header = flagChanges(changes);
  const newName = changes.name === undefined ? undefined : check.checkInterfaceName('name', changes.name);
  const master =
    changes.master === undefined || changes.master === null
      ? undefined
      : check.checkInterfaceRef('master', changes.master);
  if (master !== undefined && changes.netns !== undefined) {
    throw new TypeError('master cannot go with netns: set it through a host of that namespace');
  }
  if (changes.master === null) attributes.master = 0;
  if (changes.alias !== undefined) attributes.ifalias = check.checkAlias('alias', changes.alias);
  const linkInfo = kindChanges(changes);
  if (linkInfo !== undefined) attributes.linkInfo = linkInfo;
  const added = changes.addAltNames === undefined ? [] : altNameList('addAltNames', changes.addAltNames);
  const removed = changes.removeAltNames === undefined ? [] : altNameList('removeAltNames', changes.removeAltNames);
  const portOptions =
    changes.bridgePort === undefined ? undefined : check.checkObject('bridgePort', changes.bridgePort);
  if (portOptions) check.checkKeys('bridgePort', portOptions, bridgePortSet);
  const slaveData = portOptions && encodeBridgePort('bridgePort.', portOptions);

  // A name beside an index is a new name. And before Linux 5.18 a group beside an unknown name meant all of the group.
  const byIndex = newName !== undefined || attributes.group !== undefined;
  const changesLink = byIndex || master !== undefined || header.change !== 0 || Object.keys(attributes).length > 0;

  return {
    action: `change link '${ref}'`,
    interface: String(ref),
    needs: [...(byIndex ? [ref] : []), ...(master === undefined ? [] : [master])],
    makes: newName === undefined || newName.includes('%') || changes.netns !== undefined ? [] : [newName],
    unmakes: unmadeNames(ref, newName !== undefined || changes.netns !== undefined, removed),
    encode(buffer: RequestBuffer, indexOf: IndexOf) {
      const index = byIndex ? indexOf(ref) : typeof ref === 'number' ? ref : 0;
      const target: LinkAttributes = index === 0 ? byName(ref as string) : {};
      const add = (type: number, flags: number, rest: LinkAttributes): void => {
        buffer.add(linkFamily, type, flags, { index }, { ...target, ...rest });
      };
      if (removed.length > 0) add(k.RTM_DELLINKPROP, 0, { propList: { altIfnames: removed } });
      if (added.length > 0) {
        add(k.RTM_NEWLINKPROP, ADD_PROPERTY, { propList: { altIfnames: added } });
      }
      // A port's settings come last: they are those of the master it has by then. A move comes after them.
      const port: LinkAttributes | undefined = slaveData && { linkInfo: { slaveKind: 'bridge', slaveData } };
      if (port && changes.netns !== undefined) add(k.RTM_NEWLINK, 0, port);
      // A look-up makes the kernel take note of the carrier (linkwatch_sync_dev). A bridge port that comes up with a
      // stale one is enabled and soon disabled again, which with many ports costs more than all the rest.
      if (changes.up === true) add(k.RTM_GETLINK, 0, { extMask: k.RTEXT_FILTER_SKIP_STATS });
      if (changesLink) {
        const all: LinkAttributes = { ...target, ...attributes };
        if (newName !== undefined) all.ifname = newName;
        if (master !== undefined) all.master = indexOf(master);
        buffer.add(linkFamily, k.RTM_NEWLINK, 0, { index, ...header }, all);
      }
      if (port && changes.netns === undefined) add(k.RTM_NEWLINK, 0, port);
    },
  };
}

function unmadeNames(ref: string | number, leaves: boolean, removed: readonly string[]): readonly string[] | 'all' {
  if (!leaves) return removed;
  return typeof ref === 'number' ? 'all' : [ref, ...removed];
}

/** @throws TypeError, RangeError */
export function removeLink(link: string | number): Operation<undefined> {
  const ref = check.checkInterfaceRef('link', link);
  return {
    action: `remove link '${ref}'`,
    interface: String(ref),
    needs: [],
    unmakes: typeof ref === 'number' ? 'all' : [ref],
    removes: ref,
    encode(buffer: RequestBuffer) {
      if (typeof ref === 'number') buffer.add(linkFamily, k.RTM_DELLINK, 0, { index: ref }, {});
      else buffer.add(linkFamily, k.RTM_DELLINK, 0, {}, byName(ref));
    },
  };
}
