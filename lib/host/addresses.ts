import { addressFamily, constants as k, type AddressMessage, type RtnlConnection } from '../rtnl';
import {
  addAddress,
  INFINITY_LIFE_TIME,
  removeAddress,
  scopes,
  type AddressRef,
  type AddressScope,
  type AddressSpec,
} from './address-operations';
import { indexOfInterface, nameRows } from './names';
import { runOne, type HostContext } from './operations';
import { Snapshot, type Mutable } from './snapshot';
import { checkFamily, checkKeys, checkObject, type Family } from './validate';
import { flags } from './words';

export type { AddressRef, AddressScope, AddressSpec, SettableAddressFlag } from './address-operations';
export type { Family } from './validate';

const common = {
  'no-dad': k.IFA_F_NODAD,
  optimistic: k.IFA_F_OPTIMISTIC,
  'dad-failed': k.IFA_F_DADFAILED,
  'home-address': k.IFA_F_HOMEADDRESS,
  deprecated: k.IFA_F_DEPRECATED,
  tentative: k.IFA_F_TENTATIVE,
  permanent: k.IFA_F_PERMANENT,
  'manage-temp-address': k.IFA_F_MANAGETEMPADDR,
  'no-prefix-route': k.IFA_F_NOPREFIXROUTE,
  'multicast-auto-join': k.IFA_F_MCAUTOJOIN,
  'stable-privacy': k.IFA_F_STABLE_PRIVACY,
} as const;
// One bit, two meanings: a further address of the same prefix, and a privacy address (RFC 8981).
const flags4 = flags({ secondary: k.IFA_F_SECONDARY, ...common });
const flags6 = flags({ temporary: k.IFA_F_TEMPORARY, ...common });

export type AddressFlag = (typeof flags4.words)[number] | (typeof flags6.words)[number];

/** An IP address of an interface. */
export interface Address {
  /** `undefined` when the interface went while it was being looked up. */
  readonly interface: string | undefined;
  readonly interfaceIndex: number;
  readonly family: Family;
  /** With its prefix length: `10.0.0.1/24`. */
  readonly address: string;
  readonly ip: string;
  readonly prefixLength: number;
  /** The other end of a point-to-point link. */
  readonly peer: string | undefined;
  readonly broadcast: string | undefined;
  readonly scope: AddressScope | number;
  readonly label: string | undefined;
  readonly flags: readonly AddressFlag[];
  /** Seconds that were left when it was read; `Infinity` for ever. */
  readonly validLifetimeSec: number;
  readonly preferredLifetimeSec: number;
  readonly metric: number | undefined;
  readonly protocol: number | undefined;
  /** Everything the kernel said, by attribute. */
  readonly attributes: AddressMessage['attributes'];
}

/** Which addresses to list. */
export interface AddressFilter {
  readonly interface?: string | number;
  readonly family?: Family;
}

const filterNames = new Set(['interface', 'family']);

function lifetime(seconds: number | undefined): number {
  return seconds === undefined || seconds === INFINITY_LIFE_TIME ? Infinity : seconds;
}

// eslint-disable-next-line @typescript-eslint/no-unsafe-declaration-merging -- the constructor sets all that is required
interface AddressRow extends Mutable<Omit<Address, 'attributes'>> {}

// eslint-disable-next-line @typescript-eslint/no-unsafe-declaration-merging -- see above
class AddressRow extends Snapshot<AddressMessage['attributes']> {
  constructor({ header, attributes: a }: AddressMessage, ip: string) {
    super(a);
    const bits = a.flags ?? header.flags;
    const isIpv4 = header.family === k.AF_INET;
    this.interface = undefined;
    this.interfaceIndex = header.index;
    this.family = isIpv4 ? 'ipv4' : 'ipv6';
    this.address = `${ip}/${header.prefixLength}`;
    this.ip = ip;
    this.prefixLength = header.prefixLength;
    this.peer = a.address === ip ? undefined : a.address;
    this.broadcast = a.broadcast;
    this.scope = scopes.word(header.scope);
    this.label = a.label;
    this.flags = isIpv4 ? flags4.list(bits) : flags6.list(bits);
    this.validLifetimeSec = lifetime(a.cacheInfo?.valid);
    this.preferredLifetimeSec = lifetime(a.cacheInfo?.preferred);
    this.metric = a.rtPriority;
    this.protocol = a.proto;
  }
}

function readAddress(message: AddressMessage): Address | undefined {
  const { header, attributes } = message;
  // IPv6 says IFA_LOCAL only where there is a peer.
  const ip = attributes.local ?? attributes.address;
  if (ip === undefined || (header.family !== k.AF_INET && header.family !== k.AF_INET6)) return undefined;
  return new AddressRow(message, ip);
}

/** IP addresses of the interfaces of one namespace. */
export class Addresses {
  readonly #connection: RtnlConnection;
  readonly #context: HostContext;

  constructor(connection: RtnlConnection, context: HostContext) {
    this.#connection = connection;
    this.#context = context;
  }

  /**
   * Gives an interface an address.
   * @throws TypeError, RangeError; NetError EEXIST when it has it already, ENODEV, EPERM, ...
   * @example
   * await host.addresses.add({ interface: 'br0', address: '10.0.0.1/24' });
   */
  async add(spec: AddressSpec): Promise<void> {
    await runOne(this.#connection, this.#context, addAddress(spec, 'add'));
  }

  /** Gives an interface an address, or changes the lifetimes, flags, ... of the one it has. */
  async replace(spec: AddressSpec): Promise<void> {
    await runOne(this.#connection, this.#context, addAddress(spec, 'replace'));
  }

  /** Takes an address away. @throws NetError EADDRNOTAVAIL when the interface has no such address. */
  async remove(address: AddressRef): Promise<void> {
    await runOne(this.#connection, this.#context, removeAddress(address));
  }

  /** Lists addresses. @throws DumpInterruptedError, NetError ENODEV when there is no such interface. */
  async list(filter: AddressFilter = {}): Promise<Address[]> {
    checkKeys('addresses.list()', checkObject('filter', filter), filterNames);
    const family = filter.family === undefined ? undefined : checkFamily('family', filter.family);
    const number = family === undefined ? k.AF_UNSPEC : family === 'ipv4' ? k.AF_INET : k.AF_INET6;
    const action = 'list addresses';
    const index =
      filter.interface === undefined
        ? undefined
        : await indexOfInterface(this.#connection, this.#context, action, filter.interface);
    const rows = await this.#connection.dump(
      {
        family: addressFamily,
        type: k.RTM_GETADDR,
        header: { family: number, ...(index !== undefined && { index }) },
        attributes: {},
        action,
        netns: this.#context.netns,
      },
      (message) => (index !== undefined && message.header.index !== index ? undefined : readAddress(message)),
    );
    return nameRows(this.#connection, rows, 'interfaceIndex', 'interface');
  }
}
