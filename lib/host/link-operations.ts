// Changes of links and their removal, checked and turned into rtnetlink requests.
import { constants as k, linkFamily, type LinkAttributes, type RequestBuffer } from '../rtnl';
import { bridgeOptionNames, bridgePortOptionNames, encodeBridge, encodeBridgePort } from './bridge-options';
import { ADD_PROPERTY, altNameList, commonAttributes, type Bag } from './link-attributes';
import { encodeMacvlan, encodeVxlan, macvlanOptionNames, vxlanOptionNames } from './link-kinds';
import type { LinkChanges } from './link-spec';
import { byName } from './names';
import type { IndexOf, Operation } from './operations';
import * as check from './validate';

const EOPNOTSUPP = -95;

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

  const unsupported = [
    ...(master === undefined ? [] : [`'${master}' may not be of a kind that takes ports, or not take this one`]),
    ...(linkInfo === undefined ? [] : [`the link may not be of kind '${linkInfo.kind}'`]),
    ...((changes.bridge as Bag | undefined)?.vlanFiltering === undefined
      ? []
      : ['VLAN filtering needs CONFIG_BRIDGE_VLAN_FILTERING']),
  ];
  return {
    action: `change link '${ref}'`,
    interface: String(ref),
    ...(unsupported.length > 0 && { hints: { [EOPNOTSUPP]: unsupported.join('; ') } }),
    needs: [...(byIndex ? [ref] : []), ...(master === undefined ? [] : [master])],
    makes: newName === undefined || newName.includes('%') || changes.netns !== undefined ? [] : [newName],
    unmakes: unmadeNames(ref, newName !== undefined || changes.netns !== undefined, removed),
    encode(buffer: RequestBuffer, indexOf: IndexOf) {
      const index = byIndex ? indexOf(ref) : typeof ref === 'number' ? ref : 0;
      const target: LinkAttributes = index === 0 ? byName(ref as string) : {};
      const add = (type: number, flags: number, rest: LinkAttributes): void => {
        buffer.add(linkFamily, type, flags, { index }, { ...target, ...rest });
      };
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
      // The link may be known here by one of the names that go.
      if (removed.length > 0) add(k.RTM_DELLINKPROP, 0, { propList: { altIfnames: removed } });
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
