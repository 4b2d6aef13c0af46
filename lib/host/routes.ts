import { NetError } from '../errors';
import { constants as k, routeFamily, type NexthopMessage, type RouteMessage, type RtnlConnection } from '../rtnl';
import { scopes, type AddressScope } from './address-operations';
import { indexOfInterface, namesOf } from './names';
import { runOne, type HostContext } from './operations';
import {
  addRoute,
  metricOptions,
  nexthopFlags,
  removeRoute,
  routePreferences,
  routeProtocols,
  routeTables,
  routeTypes,
  type NexthopFlag,
  type RouteMetrics,
  type RouteProtocol,
  type RouteRef,
  type RouteSpec,
  type RouteTable,
  type RouteType,
} from './route-operations';
import { Snapshot, type Mutable } from './snapshot';
import { checkFamily, checkKeys, checkObject, type Family } from './validate';

export type {
  Nexthop,
  NexthopFlag,
  RouteMetrics,
  RouteProtocol,
  RouteRef,
  RouteSpec,
  RouteTable,
  RouteType,
} from './route-operations';

const ENOENT = -2;
const EAFNOSUPPORT = -97;
const EOPNOTSUPP = -95;
/** USER_HZ. */
const TICKS_PER_SECOND = 100;

/** One of several ways a route goes, as read. */
export interface RouteNexthop {
  readonly gateway: string | undefined;
  readonly interface: string | undefined;
  readonly interfaceIndex: number | undefined;
  readonly weight: number;
  readonly flags: readonly NexthopFlag[];
}

/** A route as read. */
export interface Route {
  readonly family: Family;
  /** `10.0.0.0/8` or `default`. */
  readonly destination: string;
  readonly gateway: string | undefined;
  /** `undefined` where there is none, or it went while it was being looked up. */
  readonly interface: string | undefined;
  readonly interfaceIndex: number | undefined;
  /** Preferred source address. */
  readonly source: string | undefined;
  readonly metric: number | undefined;
  readonly table: RouteTable;
  readonly type: RouteType | number;
  readonly scope: AddressScope | number;
  readonly protocol: RouteProtocol | number;
  readonly tos: number;
  readonly flags: readonly NexthopFlag[];
  readonly nexthops: readonly RouteNexthop[];
  readonly nexthopId: number | undefined;
  readonly metrics: RouteMetrics | undefined;
  /** IPv6: seconds that were left when it was read. */
  readonly expiresSec: number | undefined;
  readonly preference: 'low' | 'medium' | 'high' | undefined;
  /** Everything the kernel said, by attribute. */
  readonly attributes: RouteMessage['attributes'];
}

/** Which routes to list. */
export interface RouteFilter {
  /** Both by default. */
  readonly family?: Family;
  /** `main` by default. */
  readonly table?: RouteTable | 'all';
  /** Name, alternative name or index of the interface they lead out of. */
  readonly interface?: string | number;
  readonly type?: RouteType;
  readonly protocol?: RouteProtocol | number;
}

const filterNames = new Set(['family', 'table', 'interface', 'type', 'protocol']);
const none: readonly never[] = Object.freeze([]);

function readNexthop(hop: NexthopMessage): Mutable<RouteNexthop> {
  return {
    gateway: hop.attributes.gateway ?? hop.attributes.via,
    interface: undefined,
    interfaceIndex: hop.index === 0 ? undefined : hop.index,
    weight: hop.hops + 1,
    flags: nexthopFlags.list(hop.flags),
  };
}

// eslint-disable-next-line @typescript-eslint/no-unsafe-declaration-merging -- the constructor sets all that is required
interface RouteRow extends Mutable<Omit<Route, 'attributes' | 'nexthops'>> {}

// eslint-disable-next-line @typescript-eslint/no-unsafe-declaration-merging -- see above
class RouteRow extends Snapshot<RouteMessage['attributes']> {
  readonly nexthops: readonly Mutable<RouteNexthop>[];

  constructor({ header, attributes: a }: RouteMessage) {
    super(a);
    const isIpv4 = header.family === k.AF_INET;
    this.family = isIpv4 ? 'ipv4' : 'ipv6';
    this.destination =
      header.dstLength === 0 ? 'default' : `${a.dst ?? (isIpv4 ? '0.0.0.0' : '::')}/${header.dstLength}`;
    this.gateway = a.gateway ?? a.via;
    this.interface = undefined;
    this.interfaceIndex = a.oif;
    this.source = a.prefsrc;
    this.metric = a.priority;
    this.table = routeTables.word(a.table ?? header.table);
    this.type = routeTypes.word(header.type);
    this.scope = scopes.word(header.scope);
    this.protocol = routeProtocols.word(header.protocol);
    this.tos = header.tos;
    this.flags = nexthopFlags.list(header.flags);
    this.nexthops = a.multipath?.map(readNexthop) ?? none;
    this.nexthopId = a.nhId;
    this.metrics = a.metrics && metricOptions.decode(a.metrics);
    const expires = a.cacheInfo?.expires ?? 0;
    this.expiresSec = isIpv4 || expires === 0 ? undefined : expires / TICKS_PER_SECOND;
    this.preference = a.pref === undefined ? undefined : (routePreferences.word(a.pref) as 'low' | 'medium' | 'high');
  }
}

/** The routing tables of one namespace. */
export class Routes {
  readonly #connection: RtnlConnection;
  readonly #context: HostContext;

  constructor(connection: RtnlConnection, context: HostContext) {
    this.#connection = connection;
    this.#context = context;
  }

  /**
   * Adds a route.
   * @throws TypeError, RangeError; NetError EEXIST, ENETUNREACH when the gateway cannot be reached, ENODEV, EPERM, ...
   * @example
   * await host.routes.add({ destination: 'default', gateway: '10.0.0.254' });
   */
  async add(spec: RouteSpec): Promise<void> {
    await runOne(this.#connection, this.#context, addRoute(spec, 'add'));
  }

  /** Adds a route, or puts it in the place of the one with the same destination, table and metric. */
  async replace(spec: RouteSpec): Promise<void> {
    await runOne(this.#connection, this.#context, addRoute(spec, 'replace'));
  }

  /** Removes the first route that matches. @throws NetError ESRCH when none does. */
  async remove(route: RouteRef): Promise<void> {
    await runOne(this.#connection, this.#context, removeRoute(route));
  }

  /** Lists routes of the main table, or as the filter says; IPv4 first. @throws DumpInterruptedError, NetError */
  async list(filter: RouteFilter = {}): Promise<Route[]> {
    checkKeys('routes.list()', checkObject('filter', filter), filterNames);
    const families: readonly Family[] =
      filter.family === undefined ? ['ipv4', 'ipv6'] : [checkFamily('family', filter.family)];
    const table = filter.table === 'all' ? undefined : routeTables.value('table', filter.table ?? 'main');
    const type = filter.type === undefined ? undefined : routeTypes.value('type', filter.type);
    const protocol = filter.protocol === undefined ? undefined : routeProtocols.value('protocol', filter.protocol);
    const index =
      filter.interface === undefined
        ? undefined
        : await indexOfInterface(this.#connection, this.#context, 'list routes', filter.interface);
    const header = { ...(type !== undefined && { type }), ...(protocol !== undefined && { protocol }) };
    const attributes = { ...(table !== undefined && { table }), ...(index !== undefined && { oif: index }) };
    const rows: RouteRow[] = [];
    for (const family of families) {
      try {
        for (const row of await this.#dump(family, header, attributes)) rows.push(row);
      } catch (error) {
        const errno = error instanceof NetError ? error.errno : 0;
        // The kernel makes a table with its first route. A family that it was built without has no routes.
        const empty = errno === ENOENT || (filter.family === undefined && [EAFNOSUPPORT, EOPNOTSUPP].includes(errno));
        if (!empty) throw error;
      }
    }
    await this.#name(rows);
    return rows;
  }

  async #dump(
    family: Family,
    header: Partial<RouteMessage['header']>,
    attributes: RouteMessage['attributes'],
  ): Promise<RouteRow[]> {
    const { type, protocol } = header;
    const { table, oif } = attributes;
    return this.#connection.dump(
      {
        family: routeFamily,
        type: k.RTM_GETROUTE,
        header: { ...header, family: family === 'ipv4' ? k.AF_INET : k.AF_INET6 },
        attributes,
        action: 'list routes',
        netns: this.#context.netns,
      },
      (message) => {
        const { header: h, attributes: a } = message;
        // A kernel without strict checking filters nothing. Nor are cached routes asked for.
        if ((h.flags & k.RTM_F_CLONED) !== 0) return undefined;
        if (table !== undefined && (a.table ?? h.table) !== table) return undefined;
        if (type !== undefined && h.type !== type) return undefined;
        if (protocol !== undefined && h.protocol !== protocol) return undefined;
        const leads = oif === undefined || a.oif === oif || a.multipath?.some((hop) => hop.index === oif);
        return leads ? new RouteRow(message) : undefined;
      },
    );
  }

  async #name(rows: readonly RouteRow[]): Promise<void> {
    const indices = new Set<number>();
    for (const row of rows) {
      if (row.interfaceIndex !== undefined) indices.add(row.interfaceIndex);
      for (const hop of row.nexthops) if (hop.interfaceIndex !== undefined) indices.add(hop.interfaceIndex);
    }
    const names = await namesOf(this.#connection, indices);
    for (const row of rows) {
      if (row.interfaceIndex !== undefined) row.interface = names.get(row.interfaceIndex);
      for (const hop of row.nexthops) {
        if (hop.interfaceIndex !== undefined) hop.interface = names.get(hop.interfaceIndex);
      }
    }
  }
}
