// Links against the real kernel, with `ip -d -j` as the witness.
import { NetError } from '../../lib/errors';
import { openLab, useLab, type Lab } from '../helpers/netns';

interface IpLink {
  readonly [key: string]: unknown;
  readonly ifname: string;
  readonly flags: readonly string[];
  readonly linkinfo?: {
    readonly info_kind?: string;
    readonly info_data?: Readonly<Record<string, unknown>>;
    readonly info_slave_data?: Readonly<Record<string, unknown>>;
  };
}

describe('links', () => {
  const lab = useLab();

  /** What `ip -d -j -s link show NAME` says. */
  function witness(name: string, where: Lab = lab): IpLink {
    return where.ip('-d', '-s', 'link', 'show', name)[0] as IpLink;
  }

  async function failure(promise: Promise<unknown>): Promise<NetError> {
    const reason: unknown = await promise.then(
      () => undefined,
      (error: unknown) => error,
    );
    expect(reason).toBeInstanceOf(NetError);
    return reason as NetError;
  }

  let serial = 0;
  /** A name of its own for every test. */
  function fresh(prefix: string): string {
    serial += 1;
    return `${prefix}${serial}`;
  }

  describe('a bridge', () => {
    it('is made with its options and returned as the kernel made it', async () => {
      const name = fresh('br');
      const link = await lab.host.links.add({
        kind: 'bridge',
        name,
        mac: '02:00:00:00:01:00',
        mtu: 1400,
        txQueueLength: 77,
        group: 5,
        up: true,
        stp: true,
        priority: 4096,
        forwardDelayMs: 5000,
        helloTimeMs: 1000,
        maxAgeMs: 10_000,
        ageingTimeMs: 60_000,
        groupForwardMask: 0x10,
        multicastSnooping: false,
        multicastQuerier: true,
        multicastIgmpVersion: 3,
        multicastHashMax: 512,
        multicastQueryIntervalMs: 60_000,
        nfCallIptables: true,
        noLinkLocalLearning: true,
      });
      expect(link).toMatchObject({
        name,
        kind: 'bridge',
        type: 'ether',
        mac: '02:00:00:00:01:00',
        mtu: 1400,
        up: true,
      });
      expect(link).toMatchObject({ txQueueLength: 77, group: 5, masterIndex: undefined, altNames: [] });
      expect(link.bridge).toMatchObject({
        stp: true,
        priority: 4096,
        forwardDelayMs: 5000,
        groupForwardMask: 0x10,
        multicastSnooping: false,
        noLinkLocalLearning: true,
      });
      const seen = witness(name);
      expect(seen).toMatchObject({ ifindex: link.index, mtu: 1400, address: '02:00:00:00:01:00', txqlen: 77 });
      expect(seen.group).toBe('5');
      expect(seen.flags).toContain('UP');
      expect(seen.linkinfo).toMatchObject({
        info_kind: 'bridge',
        info_data: {
          stp_state: 1,
          priority: 4096,
          forward_delay: 500,
          hello_time: 100,
          max_age: 1000,
          ageing_time: 6000,
          group_fwd_mask: '0x10',
          mcast_snooping: 0,
          mcast_querier: 1,
          mcast_igmp_version: 3,
          mcast_hash_max: 512,
          mcast_query_intvl: 6000,
          nf_call_iptables: 1,
          no_linklocal_learn: 1,
        },
      });
    });

    it('is changed option by option, the others staying as they are', async () => {
      const name = fresh('br');
      await lab.host.links.add({ kind: 'bridge', name, priority: 100, ageingTimeMs: 50_000 });
      await lab.host.links.set(name, { bridge: { stp: true, nfCallArptables: true } });
      await lab.host.links.set(name, { bridge: { priority: 200, multicastRouter: 'disabled' } });
      const { bridge } = await lab.host.links.get(name);
      expect(bridge).toMatchObject({ stp: true, priority: 200, ageingTimeMs: 50_000, multicastRouter: 'disabled' });
      expect(witness(name).linkinfo?.info_data).toMatchObject({
        stp_state: 1,
        priority: 200,
        ageing_time: 5000,
        nf_call_arptables: 1,
        mcast_router: 0,
      });
    });

    it('takes ports, with settings of their own, and lets them go', async () => {
      const [bridge, port] = [fresh('br'), fresh('p')];
      await lab.host.links.add({ kind: 'bridge', name: bridge });
      const link = await lab.host.links.add({ kind: 'veth', name: port, master: bridge, peer: { name: fresh('p') } });
      expect(link.master).toBe(bridge);
      expect(link.bridgePort).toMatchObject({ priority: 32, learning: true, hairpin: false, number: 1 });
      await lab.host.links.set(port, {
        bridgePort: {
          cost: 7,
          priority: 3,
          hairpin: true,
          isolated: true,
          learning: false,
          flood: false,
          fastLeave: true,
          bpduGuard: true,
          rootBlock: true,
          multicastRouter: 'enabled',
          neighborSuppress: true,
          proxyArp: true,
        },
      });
      expect(witness(port).linkinfo?.info_slave_data).toMatchObject({
        cost: 7,
        priority: 3,
        hairpin: true,
        isolated: true,
        learning: false,
        flood: false,
        fastleave: true,
        guard: true,
        root_block: true,
        multicast_router: 2,
        neigh_suppress: true,
        proxy_arp: true,
      });
      expect((await lab.host.links.get(port)).bridgePort).toMatchObject({ cost: 7, isolated: true, flood: false });
      expect((await lab.host.links.list({ master: bridge })).map((each) => each.name)).toEqual([port]);
      await lab.host.links.set(port, { master: null });
      expect(witness(port).master).toBeUndefined();
      expect(await lab.host.links.list({ master: bridge })).toEqual([]);
    });

    it('gets a port and the settings of the port in one call', async () => {
      const [bridge, port] = [fresh('br'), fresh('p')];
      await lab.host.links.add({ kind: 'bridge', name: bridge });
      await lab.host.links.add({ kind: 'veth', name: port, peer: { name: fresh('p') } });
      await lab.host.links.set(port, { master: bridge, up: true, bridgePort: { cost: 11, hairpin: true } });
      expect(witness(port)).toMatchObject({
        master: bridge,
        linkinfo: { info_slave_data: { cost: 11, hairpin: true } },
      });
    });
  });

  describe('a veth pair', () => {
    it('has two ends that know each other', async () => {
      const [a, b] = [fresh('v'), fresh('v')];
      const link = await lab.host.links.add({
        kind: 'veth',
        name: a,
        mac: '02:00:00:00:02:01',
        up: true,
        peer: { name: b, mac: '02:00:00:00:02:02', mtu: 1300, txQueueLength: 50, up: true },
      });
      expect(link).toMatchObject({ name: a, kind: 'veth', lower: b, up: true, veth: { peer: b } });
      const peer = await lab.host.links.get(b);
      expect(peer).toMatchObject({ mac: '02:00:00:00:02:02', mtu: 1300, txQueueLength: 50, up: true, lower: a });
      expect(link.veth?.peerIndex).toBe(peer.index);
      expect(witness(a)).toMatchObject({ link: b, address: '02:00:00:00:02:01' });
      expect(witness(b)).toMatchObject({ link: a, mtu: 1300 });
      await lab.host.links.remove(a);
      expect(await lab.host.links.find(b)).toBeUndefined();
    });

    it('reaches into another namespace', async () => {
      await using other = await openLab();
      const [a, b] = [fresh('v'), fresh('v')];
      const link = await lab.host.links.add({
        kind: 'veth',
        name: a,
        peer: { name: b, mac: '02:00:00:00:03:02', up: true, netns: other.host },
      });
      expect(link.linkNetnsId).toBeGreaterThanOrEqual(0);
      expect(link.lower).toBeUndefined();
      expect(link.veth).toEqual({ peerIndex: link.lowerIndex, peerNetnsId: link.linkNetnsId });
      const peer = await other.host.links.get(b);
      expect(peer).toMatchObject({ name: b, mac: '02:00:00:00:03:02', up: true });
      expect(peer.index).toBe(link.veth?.peerIndex);
      expect(witness(b, other).flags).toContain('UP');
      await lab.host.links.remove(a);
      expect(await other.host.links.find(b)).toBeUndefined();
    });

    it('is born in another namespace and returned from there', async () => {
      await using other = await openLab();
      const [a, b] = [fresh('v'), fresh('v')];
      const link = await lab.host.links.add({
        kind: 'veth',
        name: a,
        mtu: 1200,
        netns: { fd: other.host.fd },
        peer: { name: b, up: true },
      });
      expect(link).toMatchObject({ name: a, mtu: 1200, kind: 'veth' });
      expect(await lab.host.links.find(a)).toBeUndefined();
      expect((await other.host.links.get(a)).index).toBe(link.index);
      expect(await lab.host.links.get(b)).toMatchObject({ up: true });
      await lab.host.links.remove(b);
    });
  });

  describe('other kinds', () => {
    it('an ifb', async () => {
      const name = fresh('ifb');
      expect(await lab.host.links.add({ kind: 'ifb', name, up: true })).toMatchObject({ name, kind: 'ifb', up: true });
      expect(witness(name).linkinfo?.info_kind).toBe('ifb');
    });

    it('a VXLAN to one host', async () => {
      const [name, lower] = [fresh('vx'), fresh('br')];
      await lab.host.links.add({ kind: 'bridge', name: lower });
      const link = await lab.host.links.add({
        kind: 'vxlan',
        name,
        id: 4242,
        lower,
        local: '10.0.0.1',
        remote: '10.0.0.2',
        portRange: { low: 1000, high: 2000 },
        learning: false,
        ttl: 9,
        tos: 'inherit',
        ageingSec: 60,
        maxAddresses: 100,
        l2miss: true,
        udpChecksum: true,
      });
      const { index } = await lab.host.links.get(lower);
      expect(link.vxlan).toMatchObject({
        id: 4242,
        local: '10.0.0.1',
        remote: '10.0.0.2',
        port: 4789,
        portRange: { low: 1000, high: 2000 },
        learning: false,
        ttl: 9,
        tos: 'inherit',
        ageingSec: 60,
        maxAddresses: 100,
        l2miss: true,
        udpChecksum: true,
        lowerIndex: index,
      });
      expect(witness(name).linkinfo).toMatchObject({
        info_kind: 'vxlan',
        info_data: {
          id: 4242,
          link: lower,
          local: '10.0.0.1',
          remote: '10.0.0.2',
          port: 4789,
          port_range: { low: 1000, high: 2000 },
          learning: false,
          ttl: 9,
          ageing: 60,
          limit: 100,
          l2miss: true,
          udp_csum: true,
        },
      });
    });

    it('a VXLAN over IPv6 to a group', async () => {
      const [name, lower] = [fresh('vx'), fresh('br')];
      await lab.host.links.add({ kind: 'bridge', name: lower });
      const link = await lab.host.links.add({
        kind: 'vxlan',
        name,
        id: 1,
        lower,
        multicastGroup: 'ff05::100',
        port: 8472,
        ttl: 'inherit',
        label: 0x12345,
        df: 'unset',
      });
      expect(link.vxlan).toMatchObject({ multicastGroup: 'ff05::100', port: 8472, ttl: 'inherit', label: 0x12345 });
      expect(link.vxlan?.remote).toBeUndefined();
      expect(witness(name).linkinfo?.info_data).toMatchObject({ group6: 'ff05::100', port: 8472 });
    });

    it('a macvlan and a macvtap on a veth', async () => {
      const lower = fresh('v');
      await lab.host.links.add({ kind: 'veth', name: lower, peer: { name: fresh('v') } });
      for (const kind of ['macvlan', 'macvtap'] as const) {
        const name = fresh('mv');
        const link = await lab.host.links.add({ kind, name, lower, mode: 'bridge', broadcastQueueLength: 500 });
        expect(link).toMatchObject({ kind, lower, macvlan: { mode: 'bridge', broadcastQueueLength: 500 } });
        expect(witness(name)).toMatchObject({
          link: lower,
          linkinfo: { info_kind: kind, info_data: { mode: 'bridge' } },
        });
        await lab.host.links.set(name, { [kind]: { mode: 'private' } });
        expect(witness(name).linkinfo?.info_data).toMatchObject({ mode: 'private' });
      }
    });

    it('a macvlan that goes by source address', async () => {
      const [name, lower] = [fresh('mv'), fresh('v')];
      await lab.host.links.add({ kind: 'veth', name: lower, peer: { name: fresh('v') } });
      await lab.host.links.add({ kind: 'macvlan', name, lower, mode: 'source', sourceMacs: ['02:00:00:00:04:01'] });
      expect((await lab.host.links.get(name)).macvlan).toMatchObject({
        mode: 'source',
        sourceMacs: ['02:00:00:00:04:01'],
      });
      await lab.host.links.set(name, { macvlan: { sourceMacs: ['02:00:00:00:04:02', '02:00:00:00:04:03'] } });
      const { macvlan } = await lab.host.links.get(name);
      expect([...(macvlan?.sourceMacs ?? [])].sort()).toEqual(['02:00:00:00:04:02', '02:00:00:00:04:03']);
    });

    it('a TAP that somebody else made is read with its own attributes', async () => {
      const name = fresh('tap');
      lab.run('ip', 'tuntap', 'add', name, 'mode', 'tap', 'user', '123', 'group', '456', 'multi_queue', 'vnet_hdr');
      expect((await lab.host.links.get(name)).tun).toMatchObject({
        type: 'tap',
        owner: 123,
        group: 456,
        multiQueue: true,
        vnetHeader: true,
        packetInfo: false,
        persist: true,
      });
      expect((await lab.host.links.list({ kind: 'tun' })).map((link) => link.name)).toEqual([name]);
      lab.run('ip', 'link', 'del', name);
    });
  });

  describe('names', () => {
    it('may be several, and each of them finds the link', async () => {
      const [name, alt, long] = [fresh('br'), fresh('alt'), `a-rather-long-alternative-name-${fresh('')}`];
      const link = await lab.host.links.add({
        kind: 'bridge',
        name,
        altNames: [alt, long],
        alias: 'größer als 15 bytes',
      });
      expect(link).toMatchObject({ name, altNames: [alt, long], alias: 'größer als 15 bytes' });
      for (const each of [name, alt, long, link.index]) expect((await lab.host.links.get(each)).index).toBe(link.index);
      expect(witness(name)).toMatchObject({ altnames: [alt, long], ifalias: 'größer als 15 bytes' });

      // An alternative name stands for the link wherever a name may.
      await lab.host.links.set(long, { mtu: 1400 });
      await lab.host.links.set(alt, { alias: '', removeAltNames: [alt], addAltNames: [`${alt}x`] });
      const changed = await lab.host.links.get(name);
      expect(changed).toMatchObject({ name, mtu: 1400, alias: undefined });
      expect([...changed.altNames].sort()).toEqual([long, `${alt}x`].sort());
      await lab.host.links.remove(long);
      expect(await lab.host.links.find(name)).toBeUndefined();
    });

    it('come from a template, numbered by the kernel', async () => {
      const first = await lab.host.links.add({ kind: 'ifb', name: 'tmpl%d' });
      const second = await lab.host.links.add({ kind: 'ifb', name: 'tmpl%d' });
      expect([first.name, second.name]).toEqual(['tmpl0', 'tmpl1']);
    });

    it('change, by name and by index', async () => {
      const [a, b, c] = [fresh('r'), fresh('r'), fresh('r')];
      const { index } = await lab.host.links.add({ kind: 'bridge', name: a });
      await lab.host.links.set(a, { name: b, mtu: 1450 });
      expect(await lab.host.links.get(index)).toMatchObject({ name: b, mtu: 1450 });
      await lab.host.links.set(index, { name: c });
      expect(witness(c).ifindex).toBe(index);
      expect(await lab.host.links.find(a)).toBeUndefined();
    });

    it('leave nothing behind when one of them is taken', async () => {
      const [name, taken] = [fresh('br'), fresh('br')];
      await lab.host.links.add({ kind: 'bridge', name: taken });
      const error = await failure(lab.host.links.add({ kind: 'bridge', name, altNames: [taken] }));
      expect(error).toMatchObject({ code: 'EEXIST', syscall: 'RTM_NEWLINKPROP', interface: name });
      expect(await lab.host.links.find(name)).toBeUndefined();
    });
  });

  describe('changes', () => {
    it('of everything at once', async () => {
      const [name, bridge] = [fresh('i'), fresh('br')];
      await lab.host.links.add({ kind: 'bridge', name: bridge });
      await lab.host.links.add({ kind: 'veth', name, peer: { name: fresh('v') } });
      await lab.host.links.set(name, {
        mac: '02:00:00:00:05:01',
        mtu: 1234,
        txQueueLength: 9,
        group: 3,
        alias: 'web-1',
        master: bridge,
        up: true,
        promiscuous: true,
        allMulticast: true,
        arp: false,
      });
      expect(witness(name)).toMatchObject({
        address: '02:00:00:00:05:01',
        mtu: 1234,
        txqlen: 9,
        group: '3',
        ifalias: 'web-1',
        master: bridge,
      });
      expect(witness(name).flags).toEqual(expect.arrayContaining(['UP', 'PROMISC', 'ALLMULTI', 'NOARP']));
      const link = await lab.host.links.get(name);
      expect(link.flags).toEqual(expect.arrayContaining(['up', 'promisc', 'allmulti', 'noarp']));
      expect(link.promiscuity).toBeGreaterThanOrEqual(1);
      await lab.host.links.set(name, { up: false, promiscuous: false, allMulticast: false, arp: true, group: 0 });
      expect((await lab.host.links.get(name)).flags).toEqual(['broadcast', 'multicast']);
      expect(witness(name).group).toBe('default');
    });

    it('of the namespace', async () => {
      await using other = await openLab();
      const [name, peer] = [fresh('v'), fresh('v')];
      const link = await lab.host.links.add({ kind: 'veth', name, peer: { name: peer } });
      if (other.host.netns === undefined) throw new Error('no namespace');
      await lab.host.links.set(name, { netns: other.host.netns });
      expect(await lab.host.links.find(name)).toBeUndefined();
      expect(await other.host.links.get(name)).toMatchObject({ name, mac: link.mac });
      expect(witness(name, other).address).toBe(link.mac);
      // Namespaces are taken down in the background: what reaches into one goes first.
      await lab.host.links.remove(peer);
    });

    it('of a group leave the other members alone when the name is unknown', async () => {
      const name = fresh('br');
      await lab.host.links.add({ kind: 'bridge', name, group: 0 });
      const error = await failure(lab.host.links.set('no-such-link', { group: 0, up: true }));
      expect(error.code).toBe('ENODEV');
      expect((await lab.host.links.get(name)).up).toBe(false);
    });
  });

  describe('a list', () => {
    it('agrees with ip link, name by name', async () => {
      const [bridge, port] = [fresh('br'), fresh('v')];
      await lab.host.links.add({ kind: 'bridge', name: bridge, up: true });
      await lab.host.links.add({ kind: 'veth', name: port, master: bridge, peer: { name: fresh('v') } });
      const links = await lab.host.links.list();
      const theirs = lab.ip('-d', '-s', 'link') as IpLink[];
      expect(links.map((link) => link.name)).toEqual(theirs.map((link) => link.ifname));
      theirs.forEach((seen, i) => {
        const link = links[i];
        expect(link).toMatchObject({
          index: seen.ifindex,
          mtu: seen.mtu,
          mac: seen.address,
          broadcast: seen.broadcast,
          master: seen.master,
          lower: seen.link,
          kind: seen.linkinfo?.info_kind,
          minMtu: seen.min_mtu,
          maxMtu: seen.max_mtu,
          txQueues: seen.num_tx_queues,
          rxQueues: seen.num_rx_queues,
          promiscuity: seen.promiscuity,
          queueDiscipline: seen.qdisc,
          altNames: seen.altnames ?? [],
        });
        // ip says NO-CARRIER and M-DOWN of its own accord, and keeps quiet about RUNNING.
        const flags = seen.flags.filter((flag) => !['NO-CARRIER', 'M-DOWN'].includes(flag));
        expect(link?.flags.filter((flag) => flag !== 'running').sort()).toEqual(
          flags.map((flag) => flag.toLowerCase().replace('_', '-')).sort(),
        );
        const { rx, tx } = seen.stats64 as Record<'rx' | 'tx', Record<string, number>>;
        expect(link?.statistics?.rxPackets).toBeGreaterThanOrEqual(0);
        expect(Object.keys(rx)).toContain('packets');
        expect(Object.keys(tx)).toContain('bytes');
      });
      expect(links[0]).toMatchObject({ name: 'lo', type: 'loopback', kind: undefined, index: 1 });
    });

    it('counts what was sent', async () => {
      const [a, b] = [fresh('v'), fresh('v')];
      await lab.host.links.add({ kind: 'veth', name: a, up: true, peer: { name: b, up: true } });
      await lab.host.addresses.add({ interface: a, address: '192.0.2.1/24' });
      // Nobody answers: the link carries the ARP requests.
      lab.run('bash', '-c', 'echo hello > /dev/udp/192.0.2.2/9');
      const [mine, theirs] = [await lab.host.links.get(a), await lab.host.links.get(b)];
      expect(mine.statistics?.txPackets).toBeGreaterThan(0);
      expect(theirs.statistics?.rxBytes).toBeGreaterThanOrEqual(mine.statistics?.txBytes ?? Infinity);
      const seen = witness(a).stats64 as { tx: { packets: number } };
      expect(seen.tx.packets).toBeGreaterThanOrEqual(mine.statistics?.txPackets ?? Infinity);
    });

    it('is filtered by kind, by master, and of statistics', async () => {
      const bridge = fresh('br');
      await lab.host.links.add({ kind: 'bridge', name: bridge });
      const port = await lab.host.links.add({
        kind: 'veth',
        name: fresh('v'),
        master: bridge,
        peer: { name: fresh('v') },
      });
      const bridges = await lab.host.links.list({ kind: 'bridge', statistics: false });
      expect(bridges.map((link) => link.name)).toContain(bridge);
      expect(bridges.every((link) => link.kind === 'bridge' && link.statistics === undefined)).toBe(true);
      const ports = await lab.host.links.list({ kind: 'veth', master: bridge });
      expect(ports).toHaveLength(1);
      expect(ports[0]).toMatchObject({ index: port.index, master: bridge });
      expect(ports[0]?.lower).toBe(port.lower);
      expect(await lab.host.links.list({ kind: 'no-such-kind' })).toEqual([]);
      expect(await lab.host.links.list({ kind: 'ifb', master: bridge })).toEqual([]);
      expect((await failure(lab.host.links.list({ master: 'nope' }))).code).toBe('ENODEV');
    });

    it('has all that the kernel said at hand, out of sight', async () => {
      const link = await lab.host.links.get('lo');
      expect(link.attributes).toMatchObject({ ifname: 'lo', operstate: expect.any(Number) as number });
      expect(link.attributes.afSpec?.length).toBeGreaterThan(0);
      expect(JSON.parse(JSON.stringify(link))).not.toHaveProperty('attributes');
      expect(JSON.parse(JSON.stringify(link))).toMatchObject({ name: 'lo', index: 1 });
    });
  });

  describe('errors', () => {
    it('name a link that is not there', async () => {
      for (const promise of [
        lab.host.links.get('nope'),
        lab.host.links.get('a-name-that-can-only-be-alternative'),
        lab.host.links.get(4711),
        lab.host.links.set('nope', { up: true }),
        lab.host.links.remove('nope'),
        lab.host.links.add({ kind: 'macvlan', name: fresh('mv'), lower: 'nope' }),
      ]) {
        const error = await failure(promise);
        expect(error).toMatchObject({ code: 'ENODEV', netns: lab.name });
      }
      expect((await failure(lab.host.links.get('nope'))).message).toBe(
        `cannot find link 'nope': No such device (ENODEV, RTM_GETLINK) in network namespace '${lab.name}'; ` +
          "no interface is called 'nope', neither by name nor by alternative name",
      );
      expect(await lab.host.links.find('nope')).toBeUndefined();
      expect(await lab.host.links.find(4711)).toBeUndefined();
    });

    it('carry the text of the kernel and the attribute it names', async () => {
      const name = fresh('vx');
      const error = await failure(lab.host.links.add({ kind: 'vxlan', name, id: 1, portRange: { low: 10, high: 5 } }));
      expect(error).toMatchObject({
        code: 'EINVAL',
        syscall: 'RTM_NEWLINK',
        interface: name,
        extack: { message: 'Invalid source port range', attribute: 'linkInfo.data.portRange' },
      });
      expect(error.message).toContain('Invalid source port range [attribute linkInfo.data.portRange]');
    });

    it('say what the kernel lacks', async () => {
      const error = await failure(lab.host.links.set('lo', { bridge: { stp: true } }));
      expect(error.code).toBe('EOPNOTSUPP');
      expect(error.message).toContain("the link may not be of kind 'bridge'");
      const port = fresh('i');
      await lab.host.links.add({ kind: 'ifb', name: port });
      const enslaved = await failure(lab.host.links.set(port, { master: 'lo' }));
      expect(enslaved).toMatchObject({ code: 'EOPNOTSUPP', interface: port });
      expect(enslaved.message).toContain("'lo' may not be of a kind that takes ports");
    });

    it('tell that a name is taken', async () => {
      const name = fresh('br');
      await lab.host.links.add({ kind: 'bridge', name });
      const error = await failure(lab.host.links.add({ kind: 'bridge', name }));
      expect(error).toMatchObject({ code: 'EEXIST', interface: name });
      expect(error.message).toMatch(/^cannot add bridge 'br\d+': File exists \(EEXIST, RTM_NEWLINK\)/);
    });

    it('do not come of one odd link among the others', async () => {
      const odd = fresh('odd');
      await lab.host.links.add({ kind: 'ifb', name: odd, altNames: [fresh('odd-alt-name-')], alias: '\u{1f980}\n"' });
      expect((await lab.host.links.list()).find((link) => link.name === odd)?.alias).toBe('\u{1f980}\n"');
      expect(await lab.host.links.get('lo')).toMatchObject({ index: 1 });
    });
  });
});
