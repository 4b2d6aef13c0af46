import {
  addressAttributes,
  bridgeAttributes,
  bridgePortAttributes,
  constants as k,
  linkAttributes,
  linkInfoAttributes,
  macvlanAttributes,
  neighborAttributes,
  nsidAttributes,
  routeAttributes,
  routeMetrics,
  tunAttributes,
  vethAttributes,
  vxlanAttributes,
  type AttributeTable,
} from '../../../lib/rtnl';

type Table = AttributeTable<object>;

/** IFLA_ is also how the names of nested attributes begin. */
const nestedPrefixes = /^IFLA_(INFO|BR|BRPORT|VXLAN|MACVLAN|TUN|VLAN|PROTO_DOWN_REASON)_/;

/** What is left raw on purpose: VFs and ports belong to requests about one physical function. */
const leftRaw = new Set(['IFLA_VFINFO_LIST', 'IFLA_VF_PORTS', 'IFLA_PORT_SELF', 'NETNSA_NSID_NOT_ASSIGNED']);
/** No longer sent or taken by any kernel. */
const obsolete = new Set(['RTA_PROTOINFO', 'RTA_SESSION', 'RTA_MP_ALGO']);

const families: readonly (readonly [name: string, table: Table, mine: (name: string) => boolean])[] = [
  ['links', linkAttributes, (name) => name.startsWith('IFLA_') && !nestedPrefixes.test(name)],
  ['link information', linkInfoAttributes, (name) => name.startsWith('IFLA_INFO_')],
  ['bridges', bridgeAttributes, (name) => name.startsWith('IFLA_BR_')],
  ['bridge ports', bridgePortAttributes, (name) => name.startsWith('IFLA_BRPORT_')],
  ['veth', vethAttributes, (name) => name.startsWith('VETH_INFO_')],
  ['VXLAN', vxlanAttributes, (name) => name.startsWith('IFLA_VXLAN_')],
  ['macvlan', macvlanAttributes, (name) => name.startsWith('IFLA_MACVLAN_')],
  ['TUN', tunAttributes, (name) => name.startsWith('IFLA_TUN_')],
  ['addresses', addressAttributes, (name) => /^IFA_(?!F_)/.test(name)],
  ['routes', routeAttributes, (name) => name.startsWith('RTA_')],
  ['route metrics', routeMetrics, (name) => name.startsWith('RTAX_')],
  ['neighbors', neighborAttributes, (name) => name.startsWith('NDA_')],
  ['namespace ids', nsidAttributes, (name) => name.startsWith('NETNSA_')],
];

describe.each(families)('the table of %s', (_, table, mine) => {
  const constants = Object.entries(k).filter(([name]) => mine(name) && !leftRaw.has(name) && !obsolete.has(name)) as [
    string,
    number,
  ][];

  it('knows every attribute of the kernel', () => {
    const missing = constants.filter(([, number]) => table.entry(number) === undefined).map(([name]) => name);
    // IFLA_PROTO_DOWN_REASON itself begins like the names inside it.
    expect(missing).toEqual([]);
    expect(table.entries.length).toBeGreaterThan(0);
  });

  it('knows none that the kernel does not have', () => {
    const numbers = new Set(constants.map(([, number]) => number));
    const extra = table.entries.filter(({ type }) => !numbers.has(type)).map(({ name }) => name);
    expect(extra).toEqual([]);
  });
});

describe('attributes whose name says what they are called here', () => {
  it('have the same name in the kernel, in its own spelling', () => {
    const camel = (name: string): string =>
      name.toLowerCase().replace(/_(\w)/g, (_all, letter: string) => letter.toUpperCase());
    const other: string[] = [];
    for (const [name, number] of Object.entries(k)) {
      const match = /^IFLA_BR_(\w+)$/.exec(name);
      const entry = match ? bridgeAttributes.entry(number) : undefined;
      if (match && entry && entry.name !== camel(match[1] as string)) other.push(`${name} ${entry.name}`);
    }
    // Abbreviations that are spelt out.
    expect(other).toEqual([
      'IFLA_BR_MCAST_LAST_MEMBER_CNT mcastLastMemberCount',
      'IFLA_BR_MCAST_STARTUP_QUERY_CNT mcastStartupQueryCount',
      'IFLA_BR_MCAST_LAST_MEMBER_INTVL mcastLastMemberInterval',
      'IFLA_BR_MCAST_MEMBERSHIP_INTVL mcastMembershipInterval',
      'IFLA_BR_MCAST_QUERIER_INTVL mcastQuerierInterval',
      'IFLA_BR_MCAST_QUERY_INTVL mcastQueryInterval',
      'IFLA_BR_MCAST_QUERY_RESPONSE_INTVL mcastQueryResponseInterval',
      'IFLA_BR_MCAST_STARTUP_QUERY_INTVL mcastStartupQueryInterval',
    ]);
  });
});
