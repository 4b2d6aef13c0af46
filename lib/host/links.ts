import { NetError } from '../errors';
import {
  constants as k,
  linkFamily,
  nsidFamily,
  type LinkAttributes,
  type LinkMessage,
  type RtnlConnection,
} from '../rtnl';
import { nameLink, readLink, type Link, type UnnamedLink } from './link';
import { addLink } from './link-add';
import { removeLink, setLink } from './link-operations';
import type { LinkChanges, LinkSpec } from './link-spec';
import { byName, namesOf, resolveNames } from './names';
import { netnsAttributes, type NetnsRef } from './netns-ref';
import { runOne, type HostContext } from './operations';
import { checkBoolean, checkInterfaceRef, checkKeys, checkObject, checkString } from './validate';

export { DumpInterruptedError } from '../rtnl';
export type { BridgeDetails, BridgeOptions, BridgePortDetails, BridgePortOptions } from './bridge-options';
export type { Link, LinkFlag, LinkStatistics, OperState } from './link';
export type { MacvlanDetails, MacvlanOptions, TunDetails, VethDetails, VxlanDetails, VxlanOptions } from './link-kinds';
export type {
  BridgeSpec,
  IfbSpec,
  LinkChanges,
  LinkSpec,
  MacvlanSpec,
  NewLink,
  VethPeer,
  VethSpec,
  VxlanSpec,
} from './link-spec';
export type { NetnsRef } from './netns-ref';

const ENODEV = -19;

/** Which links to list. */
export interface LinkFilter {
  /** `bridge`, `veth`, `tun`, ... */
  readonly kind?: string;
  /** Ports of this one: name or index. */
  readonly master?: string | number;
  /** Read counters too. Default true. */
  readonly statistics?: boolean;
}

const filterNames = new Set(['kind', 'master', 'statistics']);

/** Network interfaces of one namespace. */
export class Links {
  readonly #connection: RtnlConnection;
  readonly #context: HostContext;

  constructor(connection: RtnlConnection, context: HostContext) {
    this.#connection = connection;
    this.#context = context;
  }

  /**
   * Makes a link and returns it as the kernel made it. If a part of it fails (an alternative name is taken), none is left.
   * @throws TypeError, RangeError for what is no valid link; NetError EEXIST, EPERM, EOPNOTSUPP, ...
   * @example
   * await host.links.add({ kind: 'bridge', name: 'br0', stp: true, up: true });
   * await host.links.add({ kind: 'veth', name: 'v0', master: 'br0', peer: { name: 'eth0', netns: guest } });
   */
  async add(spec: LinkSpec): Promise<Link> {
    const operation = addLink(spec);
    const made = await runOne(this.#connection, this.#context, operation);
    if (spec.netns !== undefined) return this.#getElsewhere(spec.netns, operation.name);
    // A kernel that does not echo, or echoes before all is done, is asked again.
    if (made === undefined || operation.echoIsEarly) return this.get(made?.index ?? operation.name);
    await this.#name([made]);
    return made;
  }

  /**
   * Reads one link by its name, an alternative name or its index.
   * @throws NetError ENODEV when there is none.
   */
  async get(link: string | number): Promise<Link> {
    const ref = checkInterfaceRef('link', link);
    const message = await this.#read(ref, {});
    // Only a kernel that breaks its word acknowledges a look-up without an answer.
    if (message === undefined) throw this.#missing(ref);
    const read = readLink(message);
    await this.#name([read]);
    return read;
  }

  /** Reads one link, or says `undefined` when there is none of that name or index. */
  async find(link: string | number): Promise<Link | undefined> {
    try {
      return await this.get(link);
    } catch (error) {
      if (error instanceof NetError && error.errno === ENODEV) return undefined;
      throw error;
    }
  }

  /**
   * Lists links, all or those that a filter names; the kernel does the filtering.
   * @throws DumpInterruptedError when links come and go faster than they can be listed.
   */
  async list(filter: LinkFilter = {}): Promise<Link[]> {
    checkKeys('links.list()', checkObject('filter', filter), filterNames);
    const { kind } = filter;
    const statistics =
      filter.statistics === undefined || checkBoolean('statistics', filter.statistics)
        ? 'with-statistics'
        : 'without-statistics';
    const attributes: LinkAttributes = { extMask: k.RTEXT_FILTER_SKIP_STATS };
    if (kind !== undefined) attributes.linkInfo = { kind: checkString('kind', kind) };
    const master = filter.master === undefined ? undefined : await this.#masterIndex(filter.master);
    if (master !== undefined) attributes.master = master;
    const links = await this.#connection.dump(
      {
        family: linkFamily,
        type: k.RTM_GETLINK,
        header: {},
        attributes,
        action: 'list links',
        netns: this.#context.netns,
      },
      (message) => {
        const { linkInfo, master: ofLink } = message.attributes;
        // A kernel that does not know the kind filters nothing.
        if (kind !== undefined && linkInfo?.kind !== kind) return undefined;
        if (master !== undefined && ofLink !== master) return undefined;
        return readLink(message, statistics);
      },
    );
    await this.#name(links);
    return links;
  }

  /**
   * Changes a link: name, addresses, flags, master, namespace, settings of its kind or of its port.
   * @throws TypeError, RangeError; NetError ENODEV when there is no such link, EBUSY, EPERM, ...
   */
  async set(link: string | number, changes: LinkChanges): Promise<void> {
    await runOne(this.#connection, this.#context, setLink(link, changes));
  }

  /** Removes a link; a veth takes its other end with it. @throws NetError ENODEV when there is none. */
  async remove(link: string | number): Promise<void> {
    await runOne(this.#connection, this.#context, removeLink(link));
  }

  async #read(ref: string | number, more: LinkAttributes): Promise<LinkMessage | undefined> {
    const byIndex = typeof ref === 'number';
    return this.#connection.request(
      {
        family: linkFamily,
        type: k.RTM_GETLINK,
        header: byIndex ? { index: ref } : {},
        attributes: { ...more, ...(byIndex ? {} : byName(ref)), extMask: k.RTEXT_FILTER_SKIP_STATS },
        action: `find link '${ref}'`,
        interface: String(ref),
        netns: this.#context.netns,
        hints: { [ENODEV]: missingHint(ref) },
      },
      k.RTM_NEWLINK,
    );
  }

  #missing(ref: string | number): NetError {
    return new NetError({
      action: `find link '${ref}'`,
      errno: ENODEV,
      syscall: 'RTM_GETLINK',
      interface: String(ref),
      netns: this.#context.netns,
      hint: missingHint(ref),
    });
  }

  async #masterIndex(value: string | number): Promise<number> {
    const ref = checkInterfaceRef('master', value);
    if (typeof ref === 'number') return ref;
    const index = (await resolveNames(this.#connection, [ref])).get(ref);
    if (index === undefined) throw this.#missing(ref);
    return index;
  }

  /** Looks up the names behind the indices; a link that went meanwhile leaves its name undefined. */
  async #name(links: readonly UnnamedLink[]): Promise<void> {
    const known = new Map(links.map((link) => [link.index, link.name]));
    const unknown = new Set<number>();
    for (const { masterIndex, lowerIndex, linkNetnsId } of links) {
      if (masterIndex !== undefined && !known.has(masterIndex)) unknown.add(masterIndex);
      if (lowerIndex !== undefined && linkNetnsId === undefined && !known.has(lowerIndex)) unknown.add(lowerIndex);
    }
    const more = await namesOf(this.#connection, unknown);
    for (const link of links) nameLink(link, (index) => known.get(index) ?? more.get(index));
  }

  /** Reads a link of another namespace through its number here, which it is given if it has none. */
  async #getElsewhere(netns: NetnsRef, name: string): Promise<Link> {
    const where = netnsAttributes('netns', netns);
    const target = 'netNsFd' in where ? { fd: where.netNsFd } : { pid: where.netNsPid };
    const action = `find link '${name}' in its namespace`;
    const ask = async (): Promise<number> => {
      const answer = await this.#connection.request(
        { family: nsidFamily, type: k.RTM_GETNSID, header: {}, attributes: target, action },
        k.RTM_NEWNSID,
      );
      return answer?.attributes.nsid ?? k.NETNSA_NSID_NOT_ASSIGNED;
    };
    let nsid = await ask();
    if (nsid === k.NETNSA_NSID_NOT_ASSIGNED) {
      const attributes = { ...target, nsid: k.NETNSA_NSID_NOT_ASSIGNED };
      await this.#connection.request({ family: nsidFamily, type: k.RTM_NEWNSID, header: {}, attributes, action });
      nsid = await ask();
    }
    const message = await this.#read(name, { targetNetnsid: nsid });
    if (message === undefined) throw this.#missing(name);
    // Its indices speak of that namespace: what they are called there is for a host of that namespace to say.
    return readLink(message);
  }
}

function missingHint(ref: string | number): string {
  return typeof ref === 'number'
    ? `no interface has the index ${ref}`
    : `no interface is called '${ref}', neither by name nor by alternative name`;
}
