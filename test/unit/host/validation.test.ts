// What is refused before the kernel sees it, and how.
import { addAddress, removeAddress } from '../../../lib/host/address-operations';
import { addLink } from '../../../lib/host/link-add';
import { removeLink, setLink } from '../../../lib/host/link-operations';
import type { LinkChanges, LinkSpec } from '../../../lib/host/link-spec';
import { addNeighbor } from '../../../lib/host/neighbor-operations';
import { addRoute, removeRoute, type RouteRef } from '../../../lib/host/route-operations';

type Kind = typeof TypeError | typeof RangeError;
/** Options as a JavaScript caller might write them. */
type Loose = Readonly<Record<string, unknown>>;

const add = (spec: Loose) => () => addLink(spec as unknown as LinkSpec);
const bridge = (more: Loose) => add({ kind: 'bridge', name: 'br0', ...more });
const set = (changes: Loose) => () => setLink('br0', changes);
const address = (more: Loose) => () => addAddress({ interface: 'br0', address: '10.0.0.1/24', ...more }, 'add');
const route = (more: Loose) => () => addRoute({ destination: '10.0.0.0/8', gateway: '10.9.9.9', ...more }, 'add');
const neighbor = (more: Loose) => () =>
  addNeighbor({ interface: 'br0', address: '10.0.0.1', mac: '02:00:00:00:00:01', ...more }, 'add');

type Case = readonly [what: string, run: () => unknown, kind: Kind, message: RegExp];

function refuses(cases: readonly Case[]): void {
  it.each(cases)('%s', (_what, run, kind, message) => {
    expect(run).toThrow(kind);
    expect(run).toThrow(message);
  });
}

describe('names of interfaces', () => {
  refuses([
    [
      'a name of 16 bytes',
      bridge({ name: 'a234567890123456' }),
      RangeError,
      /name "a234567890123456" must be 1 to 15 bytes long, not 16/,
    ],
    ['a name of 8 characters and 16 bytes', bridge({ name: 'öööööööö' }), RangeError, /not 16/],
    ['no name', bridge({ name: '' }), RangeError, /1 to 15 bytes/],
    ['a missing name', bridge({ name: undefined }), TypeError, /name must be a string/],
    ['a slash', bridge({ name: 'a/b' }), TypeError, /no '\/'/],
    ['a colon', bridge({ name: 'eth0:1' }), TypeError, /no ':'/],
    ['a space', bridge({ name: 'a b' }), TypeError, /no white space/],
    ['a newline', bridge({ name: 'a\n' }), TypeError, /no white space/],
    ['a NUL', bridge({ name: 'a\0' }), TypeError, /is not an interface name/],
    ['the byte 0xa0, white space to the kernel', bridge({ name: 'voilà' }), TypeError, /0xa0/],
    ['a dot', bridge({ name: '.' }), TypeError, /not '\.' or '\.\.'/],
    ['two dots', bridge({ name: '..' }), TypeError, /not '\.' or '\.\.'/],
    ['two places for a number', bridge({ name: 'a%d%d' }), TypeError, /'%d'/],
    ['another format', bridge({ name: 'a%s' }), TypeError, /'%d'/],
    [
      'an alternative name of 128 bytes',
      bridge({ altNames: ['x'.repeat(128)] }),
      RangeError,
      /altNames\[0\].*127 bytes/,
    ],
    ['alternative names that are none', bridge({ altNames: 'x' }), TypeError, /altNames must be an array/],
    ['an index of 0', () => removeLink(0), RangeError, /link must be an integer from 1/],
    [
      'something else than a name or an index',
      () => setLink(null as unknown as string, {}),
      TypeError,
      /name or the index/,
    ],
  ]);

  it('are otherwise free', () => {
    for (const name of ['a', 'a23456789012345', 'öööö', 'br-lan.5', '%d', 'tap%d', '-', '#'])
      expect(bridge({ name })).not.toThrow();
  });
});

describe('links', () => {
  refuses([
    [
      'no kind',
      add({ name: 'x' }),
      TypeError,
      /kind must be one of 'bridge', 'veth', 'ifb', 'vxlan', 'macvlan', 'macvtap', not undefined/,
    ],
    ['a kind of the prototype', add({ kind: 'toString', name: 'x' }), TypeError, /kind must be one of/],
    ['a TAP', add({ kind: 'tap', name: 'x' }), TypeError, /host\.openTap\(\)/],
    ['a TUN', add({ kind: 'tun', name: 'x' }), TypeError, /host\.openTun\(\)/],
    [
      'a misspelt option',
      bridge({ vlanFilterng: true }),
      TypeError,
      /kind 'bridge' has no option "vlanFilterng"; it knows ageingTimeMs,.*vlanFiltering/,
    ],
    ['an option of another kind', bridge({ peer: {} }), TypeError, /no option "peer"/],
    [
      'a MAC address that is none',
      bridge({ mac: '02:00:00:00:00' }),
      TypeError,
      /mac "02:00:00:00:00" is not a MAC address/,
    ],
    ['a multicast MAC address', bridge({ mac: '01:00:5e:00:00:01' }), RangeError, /multicast address/],
    ['a MAC address of zeros', bridge({ mac: '00:00:00:00:00:00' }), RangeError, /mac must not be all zeros/],
    ['an MTU below 68', bridge({ mtu: 67 }), RangeError, /mtu must be an integer from 68 to 65535, not 67/],
    ['an MTU above 65535', bridge({ mtu: 65536 }), RangeError, /mtu/],
    ['half an MTU', bridge({ mtu: 1500.5 }), RangeError, /mtu/],
    ['an MTU in words', bridge({ mtu: '1500' }), TypeError, /mtu must be a number/],
    ['an alias of 256 bytes', bridge({ alias: 'x'.repeat(256) }), RangeError, /alias must be at most 255 bytes/],
    ['an alias with a NUL', bridge({ alias: 'a\0b' }), TypeError, /alias must not contain a NUL/],
    ['up in words', bridge({ up: 'yes' }), TypeError, /up must be true or false/],
    ['a negative group', bridge({ group: -1 }), RangeError, /group/],
    ['a master that is no name', bridge({ master: {} }), TypeError, /master must be the name or the index/],
    ['a closed namespace', bridge({ netns: { fd: -1 } }), RangeError, /netns has no open descriptor/],
    ['a namespace by name', bridge({ netns: 'lab' }), TypeError, /netns must be a process id or hold the descriptor/],
    ['a master in another namespace', bridge({ netns: 1, master: 'x' }), TypeError, /cannot go with netns/],
    ['an alternative name for a name not known yet', bridge({ name: 'b%d', altNames: ['x'] }), TypeError, /without %d/],
    ['a veth without a peer', add({ kind: 'veth', name: 'v0' }), TypeError, /peer must be an object/],
    ['a peer without a name', add({ kind: 'veth', name: 'v0', peer: {} }), TypeError, /peer\.name must be a string/],
    ['a peer with a bad MTU', add({ kind: 'veth', name: 'v0', peer: { name: 'v1', mtu: 1 } }), RangeError, /peer\.mtu/],
    [
      'a peer with an alias',
      add({ kind: 'veth', name: 'v0', peer: { name: 'v1', alias: 'x' } }),
      TypeError,
      /peer has no option "alias"/,
    ],
    ['a macvlan on nothing', add({ kind: 'macvlan', name: 'm0' }), TypeError, /lower must be/],
    [
      'a macvlan in no mode',
      add({ kind: 'macvlan', name: 'm0', lower: 'x', mode: 'brigde' }),
      TypeError,
      /mode must be one of 'private', 'vepa', 'bridge'/,
    ],
    [
      'a VXLAN identifier of 25 bits',
      add({ kind: 'vxlan', name: 'x', id: 2 ** 24 }),
      RangeError,
      /id must be an integer from 0 to 16777215/,
    ],
    ['a VXLAN port of 0', add({ kind: 'vxlan', name: 'x', id: 1, port: 0 }), RangeError, /port/],
    [
      'a unicast group',
      add({ kind: 'vxlan', name: 'x', id: 1, multicastGroup: '10.0.0.1' }),
      RangeError,
      /must be a multicast address/,
    ],
    [
      'a multicast remote',
      add({ kind: 'vxlan', name: 'x', id: 1, remote: 'ff02::1' }),
      RangeError,
      /must be a unicast address/,
    ],
    [
      'both',
      add({ kind: 'vxlan', name: 'x', id: 1, remote: '10.0.0.1', multicastGroup: '239.0.0.1' }),
      TypeError,
      /exclude each other/,
    ],
    ['a TTL of 256', add({ kind: 'vxlan', name: 'x', id: 1, ttl: 256 }), RangeError, /ttl/],
    ['a bridge priority of 17 bits', bridge({ priority: 65536 }), RangeError, /priority/],
    [
      'a time between the ticks of the kernel',
      bridge({ forwardDelayMs: 1505 }),
      RangeError,
      /forwardDelayMs must be a multiple of 10 ms/,
    ],
    [
      'a VLAN protocol by number',
      bridge({ vlanProtocol: 0x8100 }),
      TypeError,
      /vlanProtocol must be one of '802\.1Q', '802\.1ad'/,
    ],
  ]);

  it('may leave options undefined', () => {
    expect(bridge({ mtu: undefined, up: undefined, stp: undefined, master: undefined })).not.toThrow();
  });
});

describe('changes of links', () => {
  refuses([
    ['a misspelt change', set({ mut: 1500 }), TypeError, /links\.set\(\) has no option "mut"/],
    ['two kinds', set({ bridge: {}, vxlan: {} }), TypeError, /exclude each other/],
    ['a misspelt bridge option', set({ bridge: { stpp: true } }), TypeError, /bridge has no option "stpp"/],
    [
      'a port cost of 0',
      set({ bridgePort: { cost: 0 } }),
      RangeError,
      /bridgePort\.cost must be an integer from 1 to 65535/,
    ],
    ['a port priority of 64', set({ bridgePort: { priority: 64 } }), RangeError, /bridgePort\.priority/],
    [
      'an unknown port state',
      set({ bridgePort: { state: 'open' } }),
      TypeError,
      /bridgePort\.state must be one of 'disabled'/,
    ],
    ['a new name that is none', set({ name: 'a b' }), TypeError, /name "a b"/],
    ['a move together with a master', set({ netns: 1, master: 'br1' }), TypeError, /master cannot go with netns/],
    ['a number for changes', () => setLink('br0', 5 as unknown as LinkChanges), TypeError, /changes must be an object/],
  ]);
});

describe('addresses', () => {
  refuses([
    ['no prefix length', address({ address: '10.0.0.1' }), TypeError, /needs a prefix length, such as 10\.0\.0\.1\/24/],
    ['a prefix length of 33', address({ address: '10.0.0.1/33' }), RangeError, /from 0 to 32/],
    ['an IPv6 prefix length of 129', address({ address: 'fd00::1/129' }), RangeError, /from 0 to 128/],
    ['a prefix length in words', address({ address: '10.0.0.1/x' }), RangeError, /prefix length/],
    ['an address that is none', address({ address: '10.0.0.256/24' }), TypeError, /not an IPv4 or IPv6 address/],
    [
      'an IPv6 broadcast',
      address({ address: 'fd00::1/64', broadcast: 'auto' }),
      TypeError,
      /broadcast is for IPv4 only/,
    ],
    ['a label of 16 bytes', address({ label: 'x'.repeat(16) }), RangeError, /label/],
    ['a peer of another family', address({ peer: 'fd00::2' }), TypeError, /must be ipv4 like address/],
    ['an unknown flag', address({ flags: ['nodad'] }), TypeError, /flags has no flag "nodad"; it knows 'no-dad'/],
    ['an unknown scope', address({ scope: 'world' }), TypeError, /scope must be one of 'global'/],
    ['a lifetime of 0', address({ validLifetimeSec: 0 }), RangeError, /validLifetimeSec must be at least 1/],
    [
      'a preferred lifetime beyond the valid one',
      address({ validLifetimeSec: 5, preferredLifetimeSec: 6 }),
      RangeError,
      /must not exceed/,
    ],
    [
      'a removal without a prefix length',
      () => removeAddress({ interface: 'x', address: '10.0.0.1' }),
      TypeError,
      /prefix length/,
    ],
  ]);
});

describe('routes', () => {
  refuses([
    [
      'a default that may be of either family',
      () => addRoute({ destination: 'default', interface: 'x' }, 'add'),
      TypeError,
      /family is needed/,
    ],
    ['a family that contradicts', route({ family: 'ipv6' }), TypeError, /is not of family ipv6/],
    [
      'an IPv6 route by an IPv4 gateway',
      route({ destination: 'fd00::/8', gateway: '10.0.0.1' }),
      TypeError,
      /cannot go by way of an IPv4 gateway/,
    ],
    ['nowhere to go', route({ gateway: undefined }), TypeError, /needs a gateway, an interface, nexthops/],
    ['nexthops beside a gateway', route({ nexthops: [{ gateway: '10.0.0.1' }] }), TypeError, /in place of gateway/],
    [
      'an empty nexthop',
      route({ gateway: undefined, nexthops: [{}] }),
      TypeError,
      /nexthops\[0\] needs a gateway or an interface/,
    ],
    [
      'a weight of 257',
      route({ gateway: undefined, nexthops: [{ gateway: '10.0.0.1', weight: 257 }] }),
      RangeError,
      /nexthops\[0\]\.weight/,
    ],
    ['an unknown metric', route({ metrics: { mut: 1 } }), TypeError, /metrics has no option "mut"/],
    ['an unknown type', route({ type: 'teleport' }), TypeError, /type must be one of 'unicast'/],
    ['an expiry of IPv4', route({ expiresSec: 5 }), TypeError, /expiresSec is for IPv6 only/],
    ['a source of another family', route({ source: 'fd00::1' }), TypeError, /source .* must be ipv4/],
    [
      'nexthops of a removal',
      () => removeRoute({ destination: 'fd00::/8', nexthops: [] } as RouteRef),
      TypeError,
      /no option "nexthops"/,
    ],
  ]);

  it('take the family of a default from whatever tells it', () => {
    expect(() => addRoute({ destination: 'default', gateway: 'fd00::1' }, 'add')).not.toThrow();
    expect(() => addRoute({ destination: 'default', family: 'ipv6', interface: 'x' }, 'add')).not.toThrow();
    expect(() => addRoute({ destination: 'default', nexthops: [{ gateway: '10.0.0.1' }] }, 'add')).not.toThrow();
    expect(() => addRoute({ destination: 'default', family: 'ipv4', type: 'blackhole' }, 'add')).not.toThrow();
  });
});

describe('neighbors', () => {
  refuses([
    ['no MAC address', neighbor({ mac: undefined }), TypeError, /mac is needed for state 'permanent'/],
    ['an address with a prefix length', neighbor({ address: '10.0.0.1/24' }), TypeError, /not an IPv4 or IPv6 address/],
    ['a proxy with a MAC address', neighbor({ proxy: true }), TypeError, /mac cannot go with proxy/],
    ['an unknown state', neighbor({ state: 'bored' }), TypeError, /state must be one of 'none'/],
    ['an unknown flag', neighbor({ flags: ['bold'] }), TypeError, /flags has no flag "bold"/],
    ['no interface', neighbor({ interface: undefined }), TypeError, /interface must be the name or the index/],
  ]);
});
