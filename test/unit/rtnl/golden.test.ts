// Bytes that iproute2 6.1 sent, and that Linux 6.18 answered, recorded once on x86-64.
import { readFileSync } from 'node:fs';
import path from 'node:path';

import { addAddress } from '../../../lib/host/address-operations';
import { readLink, type Link } from '../../../lib/host/link';
import { addLink } from '../../../lib/host/link-add';
import { removeLink, setLink } from '../../../lib/host/link-operations';
import { addNeighbor } from '../../../lib/host/neighbor-operations';
import type { Operation } from '../../../lib/host/operations';
import { addRoute } from '../../../lib/host/route-operations';
import {
  addressFamily,
  constants as k,
  linkFamily,
  neighborFamily,
  plain,
  Reader,
  RequestBuffer,
  routeFamily,
  type MessageFamily,
} from '../../../lib/rtnl';

interface Golden {
  readonly requests: Readonly<Record<string, string>>;
  readonly replies: Readonly<Record<string, string>>;
}
const golden = JSON.parse(readFileSync(path.join(__dirname, 'golden.json'), 'utf8')) as Golden;

const HEADER = 16;

interface Decoded {
  readonly type: number;
  readonly flags: number;
  readonly header: object;
  readonly attributes: object;
}

function familyOf(type: number): MessageFamily<object, object> {
  const families = { 0: linkFamily, 1: addressFamily, 2: routeFamily, 3: neighborFamily, 23: linkFamily };
  return families[((type - 16) >> 2) as 0];
}

function decode(wire: Uint8Array): Decoded[] {
  const reader = new Reader(wire);
  const out: Decoded[] = [];
  for (let at = 0; at < wire.length;) {
    const length = reader.view.getUint32(at, true);
    const type = reader.view.getUint16(at + 4, true);
    const message = familyOf(type).decode(reader, at + HEADER, length - HEADER);
    if (message === undefined) throw new Error('message too short');
    const flags = reader.view.getUint16(at + 6, true);
    out.push({ type, flags, header: message.header, attributes: plain(message.attributes) });
    at += (length + 3) & ~3;
  }
  return out;
}

function sent(line: string): Decoded {
  return decode(Buffer.from(golden.requests[line] as string, 'hex'))[0] as Decoded;
}

/** Interface indices as they were when the bytes were recorded. */
const indices: Readonly<Record<string, number>> = { br0: 2, v1: 3, v0: 4 };

function ours(operation: Operation<unknown>): Decoded[] {
  const buffer = new RequestBuffer();
  operation.encode(buffer, (ref) => (typeof ref === 'number' ? ref : (indices[ref] as number)), false);
  return decode(buffer.bytes);
}

describe('requests', () => {
  const cases: readonly (readonly [line: string, operation: Operation<unknown>])[] = [
    [
      'link add br0 type bridge stp_state 1 priority 100 forward_delay 400 ageing_time 30000 vlan_default_pvid 0 group_fwd_mask 8',
      addLink({
        kind: 'bridge',
        name: 'br0',
        stp: true,
        priority: 100,
        forwardDelayMs: 4000,
        ageingTimeMs: 300_000,
        vlanDefaultPvid: 0,
        groupForwardMask: 8,
      }),
    ],
    [
      'link add v0 address 02:00:00:00:00:01 mtu 1400 txqueuelen 500 type veth peer name v1 address 02:00:00:00:00:02',
      addLink({
        kind: 'veth',
        name: 'v0',
        mac: '02:00:00:00:00:01',
        mtu: 1400,
        txQueueLength: 500,
        peer: { name: 'v1', mac: '02:00:00:00:00:02' },
      }),
    ],
    [
      'link add vx0 type vxlan id 42 remote 10.0.0.9 local 10.0.0.1 dstport 4789 ttl 16 nolearning',
      addLink({
        kind: 'vxlan',
        name: 'vx0',
        id: 42,
        remote: '10.0.0.9',
        local: '10.0.0.1',
        ttl: 16,
        learning: false,
      }),
    ],
    [
      'link add mv0 link v1 type macvlan mode bridge',
      addLink({ kind: 'macvlan', name: 'mv0', lower: 'v1', mode: 'bridge' }),
    ],
    ['link set v0 master br0', setLink(4, { master: 'br0' })],
    [
      'link property add dev v0 altname a-long-alternative-name',
      setLink(4, { addAltNames: ['a-long-alternative-name'] }),
    ],
    ['link del mv0', removeLink(6)],
    [
      'addr add 10.0.0.1/24 brd + dev br0',
      addAddress({ interface: 'br0', address: '10.0.0.1/24', broadcast: 'auto' }, 'add'),
    ],
    [
      'addr add 10.9.0.1 peer 10.9.0.2/32 dev v1 valid_lft 100 preferred_lft 50',
      addAddress(
        {
          interface: 'v1',
          address: '10.9.0.1/32',
          peer: '10.9.0.2/32',
          validLifetimeSec: 100,
          preferredLifetimeSec: 50,
        },
        'add',
      ),
    ],
    [
      'route add 10.20.0.0/16 via 10.0.0.254 metric 50 mtu 1400 advmss 1360',
      addRoute(
        {
          destination: '10.20.0.0/16',
          gateway: '10.0.0.254',
          metric: 50,
          metrics: { mtu: 1400, advertisedMss: 1360 },
          protocol: 'boot',
        },
        'add',
      ),
    ],
    [
      'route add 10.30.0.0/16 nexthop via 10.0.0.2 weight 3 nexthop via 10.0.0.3 dev br0 onlink',
      addRoute(
        {
          destination: '10.30.0.0/16',
          nexthops: [
            { gateway: '10.0.0.2', weight: 3 },
            { gateway: '10.0.0.3', interface: 'br0', onlink: true },
          ],
          protocol: 'boot',
        },
        'add',
      ),
    ],
    [
      'route add 10.40.0.0/16 via inet6 fd00::2 dev br0',
      addRoute({ destination: '10.40.0.0/16', gateway: 'fd00::2', interface: 'br0', protocol: 'boot' }, 'add'),
    ],
    [
      'route add fd01::/48 via fd00::2 pref high',
      addRoute({ destination: 'fd01::/48', gateway: 'fd00::2', preference: 'high', protocol: 'boot' }, 'add'),
    ],
    [
      'neigh add 10.0.0.254 lladdr 02:00:00:00:00:fe dev br0 nud permanent',
      addNeighbor({ interface: 'br0', address: '10.0.0.254', mac: '02:00:00:00:00:fe' }, 'add'),
    ],
    ['neigh add proxy 10.0.0.77 dev br0', addNeighbor({ interface: 'br0', address: '10.0.0.77', proxy: true }, 'add')],
  ];

  it.each(cases)('ip %s', (line, operation) => {
    expect(ours(operation)).toEqual([sent(line)]);
  });

  it('ip addr add fd00::1/64 dev br0 nodad, whose flag we say in IFA_FLAGS', () => {
    const [{ header, attributes }] = ours(
      addAddress({ interface: 'br0', address: 'fd00::1/64', flags: ['no-dad'] }, 'add'),
    ) as [Decoded];
    const theirs = sent('addr add fd00::1/64 dev br0 nodad');
    expect({ ...header, flags: (attributes as { flags: number }).flags }).toEqual(theirs.header);
    expect(attributes).toEqual({ ...theirs.attributes, flags: k.IFA_F_NODAD });
  });

  it('ip link set v0 type bridge_slave, whose kind of port we name', () => {
    const [mine] = ours(setLink(4, { bridgePort: { cost: 7, hairpin: true } })) as [Decoded];
    const theirs = sent('link set v0 type bridge_slave cost 7 hairpin on');
    expect(mine.header).toEqual(theirs.header);
    expect(mine.attributes).toEqual({
      linkInfo: { slaveKind: 'bridge', slaveData: { cost: 7, mode: 1 } },
    });
    // iproute2 says the kind of the port as its own kind: the settings are then in attributes no table knows.
    const { linkInfo } = theirs.attributes as { linkInfo: { kind: string; raw: { type: number; data: Uint8Array }[] } };
    expect(linkInfo.kind).toBe('bridge_slave');
    expect(Buffer.from(linkInfo.raw[0]?.data ?? []).toString('hex')).toBe('08000300070000000500040001000000');
  });
});

describe('replies', () => {
  function link(name: string): Link {
    const wire = Buffer.from(golden.replies[name] as string, 'hex');
    const message = linkFamily.decode(new Reader(wire), HEADER, wire.length - HEADER);
    if (message === undefined) throw new Error('message too short');
    return readLink(message);
  }

  it('a veth that is a port of a bridge', () => {
    expect(link('link v0')).toMatchObject({
      index: 4,
      name: 'v0',
      kind: 'veth',
      type: 'ether',
      mac: '02:00:00:00:00:01',
      broadcast: 'ff:ff:ff:ff:ff:ff',
      mtu: 1400,
      minMtu: 68,
      maxMtu: 65535,
      up: true,
      lowerUp: true,
      flags: ['up', 'broadcast', 'running', 'multicast', 'lower-up'],
      operState: 'up',
      masterIndex: 2,
      lowerIndex: 3,
      altNames: ['a-long-alternative-name'],
      txQueueLength: 500,
      txQueues: 2,
      rxQueues: 2,
      queueDiscipline: 'noqueue',
      promiscuity: 1,
      bridgePort: { cost: 7, hairpin: true, priority: 32, number: 1, designatedBridge: { priority: 100 } },
      veth: { peerIndex: 3 },
    });
  });

  it('a bridge', () => {
    const bridge = link('link br0');
    expect(bridge.kind).toBe('bridge');
    expect(bridge.bridge).toMatchObject({
      stp: true,
      priority: 100,
      forwardDelayMs: 4000,
      ageingTimeMs: 300_000,
      groupForwardMask: 8,
      groupAddress: '01:80:c2:00:00:00',
      multicastQueryIntervalMs: 125_000,
      bridgeId: { priority: 100, address: '02:00:00:00:00:01' },
    });
  });

  it('are encoded back to the byte', () => {
    for (const name of ['link v0', 'link br0']) {
      const wire = Buffer.from(golden.replies[name] as string, 'hex');
      const reader = new Reader(wire);
      const [message] = decode(wire) as [Decoded];
      const buffer = new RequestBuffer();
      buffer.add(linkFamily, k.RTM_NEWLINK, 0, message.header, message.attributes);
      const again = linkFamily.decode(new Reader(buffer.bytes), HEADER, buffer.bytes.length - HEADER);
      expect(plain(again?.attributes ?? {})).toEqual(message.attributes);
      // In table order rather than in the kernel's, but every byte is there.
      expect(buffer.bytes.length).toBe(reader.view.getUint32(0, true));
    }
  });

  it('a table of routes', () => {
    const routes = decode(Buffer.from(golden.replies.routes as string, 'hex'));
    expect(routes.map((route) => (route.attributes as { dst?: string }).dst)).toEqual([
      '10.0.0.0',
      '10.9.0.2',
      '10.20.0.0',
      '10.30.0.0',
      '10.40.0.0',
    ]);
    expect(routes[2]?.attributes).toMatchObject({
      gateway: '10.0.0.254',
      priority: 50,
      metrics: { mtu: 1400, advmss: 1360 },
    });
    expect(routes[3]?.attributes).toMatchObject({
      multipath: [
        { hops: 2, index: 2, attributes: { gateway: '10.0.0.2' } },
        { hops: 0, index: 2, attributes: { gateway: '10.0.0.3' } },
      ],
    });
    expect(routes[4]?.attributes).toMatchObject({ via: 'fd00::2' });
  });
});
