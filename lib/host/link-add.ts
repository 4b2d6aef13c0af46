// Links to be made, checked and turned into rtnetlink requests.
import { constants as k, linkFamily, type LinkAttributes, type RequestBuffer } from '../rtnl';
import { bridgeOptionNames, encodeBridge } from './bridge-options';
import { readLink, type UnnamedLink } from './link';
import {
  ADD_PROPERTY,
  altNameList,
  commonAttributes,
  linkHeader,
  UP,
  type Bag,
  type LinkHeader,
} from './link-attributes';
import { encodeMacvlan, encodeVxlan, kindConfig, macvlanOptionNames, vxlanOptionNames } from './link-kinds';
import type { LinkSpec } from './link-spec';
import type { IndexOf, Operation } from './operations';
import * as check from './validate';

const EEXIST = -17;
const EOPNOTSUPP = -95;
/** RFC 7348; the kernel's default is older than the RFC. */
const VXLAN_PORT = 4789;

const NEW = k.NLM_F_CREATE | k.NLM_F_EXCL;

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
interface Peer {
  readonly name: string;
  readonly header: { readonly index?: number };
  readonly attributes: LinkAttributes;
  readonly up: boolean;
  /** Whether it is born in the namespace of the request. */
  readonly here: boolean;
}

function parsePeer(spec: Bag): Peer {
  const peer = check.checkObject('peer', spec.peer);
  check.checkKeys('peer', peer, peerNames);
  const name = check.checkInterfaceName('peer.name', peer.name);
  const { up = false, ...rest } = peer;
  const here = peer.netns === undefined;
  if (check.checkBoolean('peer.up', up)) {
    if (!here && spec.netns !== undefined) throw new TypeError('peer.up needs one end of the pair in this namespace');
    const template = here ? name : check.checkInterfaceName('name', spec.name);
    if (template.includes('%')) throw new TypeError(`peer.up needs a name without %d, not '${template}'`);
  }
  return {
    name,
    header: linkHeader('peer.', rest),
    attributes: { ...commonAttributes('peer.', rest), ifname: name },
    up: up === true,
    here,
  };
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

/**
 * Makes a pair with its far end up. That end is in another namespace, out of reach of a request that would set it up
 * afterwards; but the end that the request itself is about may be up from the start, so the request is about that one.
 */
function addFromFarEnd(
  buffer: RequestBuffer,
  peer: Peer,
  { index, ...flags }: LinkHeader,
  { master, linkInfo: _, ...near }: LinkAttributes,
): void {
  const linkInfo = { kind: 'veth', data: { peer: { header: index === undefined ? {} : { index }, attributes: near } } };
  buffer.add(linkFamily, k.RTM_NEWLINK, NEW, { ...peer.header, ...UP }, { ...peer.attributes, linkInfo });
  if (master === undefined && flags.change === undefined) return;
  const rest = { ifname: near.ifname, ...(master !== undefined && { master }) };
  buffer.add(linkFamily, k.RTM_NEWLINK, 0, flags, rest);
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
  if (peer !== undefined) {
    linkInfo = { kind, data: { peer: { header: peer.header, attributes: peer.attributes } } };
  }
  if (kind === 'vxlan') linkInfo = { kind, data: { port: VXLAN_PORT, ...encodeVxlan('', spec) } };
  if (needsLower) linkInfo = { kind, data: encodeMacvlan('', spec) };
  const makes = spec.netns !== undefined || template ? [] : [name];
  if (peer?.here && !peer.name.includes('%') && makes.length > 0) makes.push(peer.name);

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
      if (peer?.up && !peer.here) {
        addFromFarEnd(buffer, peer, header, all);
      } else {
        // From another namespace the echo would go to whichever socket there has our port id.
        const wantsEcho = echo && spec.netns === undefined ? k.NLM_F_ECHO : 0;
        buffer.add(linkFamily, k.RTM_NEWLINK, NEW | wantsEcho, header, all);
        // A veth cannot be up before it has its other end (ENOTCONN): a request of its own does it.
        if (peer?.up) buffer.add(linkFamily, k.RTM_NEWLINK, 0, UP, { ifname: peer.name });
      }
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
    undo: (buffer) => {
      buffer.add(linkFamily, k.RTM_DELLINK, 0, {}, { ifname: name });
    },
  };
}
