import { constants as k, neighborFamily, type NeighborMessage, type RtnlConnection } from '../rtnl';
import { indexOfInterface, nameRows } from './names';
import {
  addNeighbor,
  neighborExtendedFlags,
  neighborFlags,
  neighborStates,
  removeNeighbor,
  type NeighborFlag,
  type NeighborRef,
  type NeighborSpec,
  type NeighborState,
} from './neighbor-operations';
import { runOne, type HostContext } from './operations';
import { Snapshot, type Mutable } from './snapshot';
import { checkBoolean, checkFamily, checkKeys, checkObject, type Family } from './validate';

export type { NeighborFlag, NeighborRef, NeighborSpec, NeighborState } from './neighbor-operations';

/** USER_HZ. */
const TICKS_PER_SECOND = 100;

/** An entry of the ARP or neighbour discovery cache. */
export interface Neighbor {
  /** `undefined` when the interface went while it was being looked up. */
  readonly interface: string | undefined;
  readonly interfaceIndex: number;
  readonly family: Family;
  readonly address: string;
  /** `undefined` while it is not resolved. */
  readonly mac: string | undefined;
  readonly state: NeighborState;
  readonly flags: readonly NeighborFlag[];
  readonly proxy: boolean;
  /** Probes sent and not answered. */
  readonly probes: number | undefined;
  /** Seconds since it was last known to be right. */
  readonly confirmedSec: number | undefined;
  readonly usedSec: number | undefined;
  readonly updatedSec: number | undefined;
  readonly protocol: number | undefined;
  /** Everything the kernel said, by attribute. */
  readonly attributes: NeighborMessage['attributes'];
}

/** Which neighbours to list. */
export interface NeighborFilter {
  readonly interface?: string | number;
  readonly family?: Family;
  /** List the addresses this host answers for instead. */
  readonly proxy?: boolean;
}

const filterNames = new Set(['interface', 'family', 'proxy']);

function seconds(ticks: number | undefined): number | undefined {
  return ticks === undefined ? undefined : ticks / TICKS_PER_SECOND;
}

// eslint-disable-next-line @typescript-eslint/no-unsafe-declaration-merging -- the constructor sets all that is required
interface NeighborRow extends Mutable<Omit<Neighbor, 'attributes'>> {}

// eslint-disable-next-line @typescript-eslint/no-unsafe-declaration-merging -- see above
class NeighborRow extends Snapshot<NeighborMessage['attributes']> {
  constructor({ header, attributes: a }: NeighborMessage, dst: string) {
    super(a);
    const plain = neighborFlags.list(header.flags);
    this.interface = undefined;
    this.interfaceIndex = header.index;
    this.family = header.family === k.AF_INET ? 'ipv4' : 'ipv6';
    this.address = dst;
    this.mac = a.lladdr;
    this.state = neighborStates.word(header.state) as NeighborState;
    this.flags = a.flagsExt === undefined ? plain : [...plain, ...neighborExtendedFlags.list(a.flagsExt)];
    this.proxy = (header.flags & k.NTF_PROXY) !== 0;
    this.probes = a.probes;
    this.confirmedSec = seconds(a.cacheInfo?.confirmed);
    this.usedSec = seconds(a.cacheInfo?.used);
    this.updatedSec = seconds(a.cacheInfo?.updated);
    this.protocol = a.protocol;
  }
}

function readNeighbor(message: NeighborMessage): Neighbor | undefined {
  const { header, attributes } = message;
  if (header.family !== k.AF_INET && header.family !== k.AF_INET6) return undefined;
  return attributes.dst === undefined ? undefined : new NeighborRow(message, attributes.dst);
}

/** Neighbours (ARP and neighbour discovery entries) of one namespace. */
export class Neighbors {
  readonly #connection: RtnlConnection;
  readonly #context: HostContext;

  constructor(connection: RtnlConnection, context: HostContext) {
    this.#connection = connection;
    this.#context = context;
  }

  /**
   * Adds a neighbour.
   * @throws TypeError, RangeError; NetError EEXIST when there is one of that address, ENODEV, EPERM, ...
   */
  async add(spec: NeighborSpec): Promise<void> {
    await runOne(this.#connection, this.#context, addNeighbor(spec, 'add'));
  }

  /** Adds a neighbour or changes the one there is. */
  async replace(spec: NeighborSpec): Promise<void> {
    await runOne(this.#connection, this.#context, addNeighbor(spec, 'replace'));
  }

  /** Removes a neighbour. @throws NetError ENOENT when there is none of that address. */
  async remove(neighbor: NeighborRef): Promise<void> {
    await runOne(this.#connection, this.#context, removeNeighbor(neighbor));
  }

  /** Lists neighbours. @throws DumpInterruptedError, NetError ENODEV when there is no such interface. */
  async list(filter: NeighborFilter = {}): Promise<Neighbor[]> {
    checkKeys('neighbors.list()', checkObject('filter', filter), filterNames);
    const family = filter.family === undefined ? undefined : checkFamily('family', filter.family);
    const number = family === undefined ? k.AF_UNSPEC : family === 'ipv4' ? k.AF_INET : k.AF_INET6;
    const proxy = filter.proxy !== undefined && checkBoolean('proxy', filter.proxy);
    const action = 'list neighbors';
    const index =
      filter.interface === undefined
        ? undefined
        : await indexOfInterface(this.#connection, this.#context, action, filter.interface);
    const rows = await this.#connection.dump(
      {
        family: neighborFamily,
        type: k.RTM_GETNEIGH,
        header: { family: number, flags: proxy ? k.NTF_PROXY : 0 },
        attributes: index === undefined ? {} : { ifindex: index },
        action,
        netns: this.#context.netns,
      },
      (message) => {
        if (index !== undefined && message.header.index !== index) return undefined;
        return ((message.header.flags & k.NTF_PROXY) !== 0) === proxy ? readNeighbor(message) : undefined;
      },
    );
    return nameRows(this.#connection, rows, 'interfaceIndex', 'interface');
  }
}
