// Routes against the real kernel, with `ip -d -j route` as the witness.
import { openLab, useLab } from '../helpers/netns';

interface IpRoute {
  readonly [key: string]: unknown;
  readonly dst: string;
}

describe('routes', () => {
  const lab = useLab();
  const witness = (...args: string[]): IpRoute[] => lab.ip('-d', ...args) as IpRoute[];
  const theirs = (dst: string): IpRoute | undefined =>
    [...witness('route'), ...witness('-6', 'route')].find((each) => each.dst === dst);

  beforeAll(async () => {
    await lab.host.links.add({ kind: 'veth', name: 'v0', up: true, peer: { name: 'v1', up: true } });
    await lab.host.addresses.add({ interface: 'v0', address: '10.1.0.1/24' });
    await lab.host.addresses.add({ interface: 'v1', address: '10.2.0.1/24' });
    await lab.host.addresses.add({ interface: 'v0', address: 'fd00:1::1/64', flags: ['no-dad'] });
  });

  it('go by a gateway', async () => {
    await lab.host.routes.add({
      destination: '10.20.0.0/16',
      gateway: '10.1.0.254',
      metric: 5,
      source: '10.1.0.1',
      tos: 8,
    });
    expect(theirs('10.20.0.0/16')).toMatchObject({
      gateway: '10.1.0.254',
      dev: 'v0',
      metric: 5,
      prefsrc: '10.1.0.1',
      protocol: 'static',
      scope: 'global',
      type: 'unicast',
    });
    const row = (await lab.host.routes.list()).find((each) => each.destination === '10.20.0.0/16');
    expect(row).toMatchObject({
      family: 'ipv4',
      gateway: '10.1.0.254',
      interface: 'v0',
      metric: 5,
      source: '10.1.0.1',
      tos: 8,
      table: 'main',
      type: 'unicast',
      scope: 'global',
      protocol: 'static',
      nexthops: [],
    });
    await lab.host.routes.remove({ destination: '10.20.0.0/16', tos: 8, metric: 5 });
    expect(theirs('10.20.0.0/16')).toBeUndefined();
  });

  it('go by default, IPv4 and IPv6', async () => {
    await lab.host.routes.add({ destination: 'default', gateway: '10.1.0.254' });
    await lab.host.routes.add({ destination: 'default', gateway: 'fd00:1::2', preference: 'high' });
    expect(witness('route', 'show', 'default')).toMatchObject([{ gateway: '10.1.0.254', dev: 'v0' }]);
    expect(witness('-6', 'route', 'show', 'default')).toMatchObject([{ gateway: 'fd00:1::2', pref: 'high' }]);
    const defaults = (await lab.host.routes.list()).filter((row) => row.destination === 'default');
    expect(defaults.map((row) => [row.family, row.gateway, row.preference])).toEqual([
      ['ipv4', '10.1.0.254', undefined],
      ['ipv6', 'fd00:1::2', 'high'],
    ]);
    await lab.host.routes.remove({ destination: 'default', family: 'ipv4' });
    await lab.host.routes.remove({ destination: 'default', family: 'ipv6' });
    expect(witness('route', 'show', 'default')).toEqual([]);
    expect(witness('-6', 'route', 'show', 'default')).toEqual([]);
  });

  it('go straight out of an interface', async () => {
    await lab.host.routes.add({ destination: '10.21.0.0/16', interface: 'v1' });
    await lab.host.routes.add({ destination: 'fd21::/32', interface: 'v1', expiresSec: 300 });
    expect(theirs('10.21.0.0/16')).toMatchObject({ dev: 'v1', scope: 'link' });
    const [row] = (await lab.host.routes.list({ family: 'ipv6' })).filter((each) => each.destination === 'fd21::/32');
    expect(row).toMatchObject({ interface: 'v1', gateway: undefined });
    expect(row?.expiresSec).toBeGreaterThan(200);
    expect(row?.expiresSec).toBeLessThanOrEqual(300);
    await lab.host.routes.remove({ destination: '10.21.0.0/16', interface: 'v1' });
    await lab.host.routes.remove({ destination: 'fd21::/32' });
  });

  it('go several ways at once', async () => {
    await lab.host.routes.add({
      destination: '10.22.0.0/16',
      nexthops: [
        { gateway: '10.1.0.2', weight: 3 },
        { gateway: '172.16.0.1', interface: 'v1', onlink: true },
      ],
    });
    expect(theirs('10.22.0.0/16')).toMatchObject({
      nexthops: [
        { gateway: '10.1.0.2', dev: 'v0', weight: 3 },
        { gateway: '172.16.0.1', dev: 'v1', weight: 1, flags: ['onlink'] },
      ],
    });
    const row = (await lab.host.routes.list()).find((each) => each.destination === '10.22.0.0/16');
    expect(row?.nexthops).toMatchObject([
      { gateway: '10.1.0.2', interface: 'v0', weight: 3, flags: [] },
      { gateway: '172.16.0.1', interface: 'v1', weight: 1, flags: ['onlink'] },
    ]);
    expect((await lab.host.routes.list({ interface: 'v1' })).map((each) => each.destination)).toContain('10.22.0.0/16');
    await lab.host.routes.remove({ destination: '10.22.0.0/16' });
    await lab.host.routes.add({
      destination: 'fd22::/32',
      nexthops: [{ gateway: 'fd00:1::2' }, { gateway: 'fd00:1::3', weight: 2 }],
    });
    const [six] = (await lab.host.routes.list({ family: 'ipv6' })).filter((each) => each.destination === 'fd22::/32');
    expect(six?.nexthops.map((hop) => [hop.gateway, hop.weight])).toEqual([
      ['fd00:1::2', 1],
      ['fd00:1::3', 2],
    ]);
    await lab.host.routes.remove({ destination: 'fd22::/32' });
  });

  it('go by an IPv6 gateway for IPv4', async () => {
    await lab.host.routes.add({ destination: '10.23.0.0/16', gateway: 'fd00:1::2', interface: 'v0' });
    expect(theirs('10.23.0.0/16')).toMatchObject({ via: { family: 'inet6', host: 'fd00:1::2' } });
    expect((await lab.host.routes.list()).find((row) => row.destination === '10.23.0.0/16')?.gateway).toBe('fd00:1::2');
    await lab.host.routes.remove({ destination: '10.23.0.0/16' });
  });

  it('go by a gateway that is on the link by decree', async () => {
    const spec = { destination: '10.24.0.0/16', gateway: '192.0.2.1', interface: 'v0' } as const;
    await expect(lab.host.routes.add(spec)).rejects.toMatchObject({ code: 'ENETUNREACH' });
    await lab.host.routes.add({ ...spec, onlink: true });
    expect(theirs('10.24.0.0/16')).toMatchObject({ gateway: '192.0.2.1', flags: ['onlink'] });
    expect((await lab.host.routes.list()).find((row) => row.destination === '10.24.0.0/16')?.flags).toEqual(['onlink']);
    await lab.host.routes.remove({ destination: '10.24.0.0/16' });
  });

  it('carry metrics', async () => {
    const metrics = {
      mtu: 1400,
      advertisedMss: 1360,
      hopLimit: 9,
      window: 20_000,
      initialCongestionWindow: 20,
      initialReceiveWindow: 30,
      minRtoMs: 300,
      quickAck: true,
    };
    await lab.host.routes.add({ destination: '10.25.0.0/16', gateway: '10.1.0.2', metrics });
    expect(theirs('10.25.0.0/16')?.metrics).toMatchObject([
      { mtu: 1400, advmss: 1360, hoplimit: 9, window: 20_000, initcwnd: 20, initrwnd: 30, quickack: 1 },
    ]);
    expect((await lab.host.routes.list()).find((row) => row.destination === '10.25.0.0/16')?.metrics).toEqual(metrics);
    await lab.host.routes.remove({ destination: '10.25.0.0/16' });
  });

  it('lead nowhere, of every kind', async () => {
    for (const type of ['blackhole', 'unreachable', 'prohibit', 'throw'] as const) {
      await lab.host.routes.add({ destination: '10.26.0.0/16', type });
      expect(theirs('10.26.0.0/16')?.type).toBe(type);
      expect((await lab.host.routes.list({ type })).map((row) => row.destination)).toEqual(['10.26.0.0/16']);
      await lab.host.routes.remove({ destination: '10.26.0.0/16', type });
    }
  });

  it('live in the table they are given', async () => {
    await lab.host.routes.add({ destination: '10.27.0.0/16', gateway: '10.1.0.2', table: 100 });
    await lab.host.routes.add({ destination: '10.27.0.0/16', gateway: '10.1.0.3', table: 70_000, protocol: 'bgp' });
    expect(witness('route', 'show', 'table', '70000')).toMatchObject([{ gateway: '10.1.0.3', protocol: 'bgp' }]);
    expect((await lab.host.routes.list()).some((row) => row.destination === '10.27.0.0/16')).toBe(false);
    expect(await lab.host.routes.list({ table: 100 })).toMatchObject([{ gateway: '10.1.0.2', table: 100 }]);
    expect(await lab.host.routes.list({ table: 70_000 })).toMatchObject([{ gateway: '10.1.0.3', table: 70_000 }]);
    expect(await lab.host.routes.list({ table: 'all', protocol: 'bgp' })).toHaveLength(1);
    expect(await lab.host.routes.list({ table: 4711 })).toEqual([]);
    const local = await lab.host.routes.list({ table: 'local', family: 'ipv4' });
    expect(local.map((row) => [row.destination, row.type])).toContainEqual(['10.1.0.1/32', 'local']);
    await lab.host.routes.remove({ destination: '10.27.0.0/16', table: 100 });
    await lab.host.routes.remove({ destination: '10.27.0.0/16', table: 70_000 });
  });

  it('are replaced', async () => {
    await lab.host.routes.replace({ destination: '10.28.0.0/16', gateway: '10.1.0.2' });
    await lab.host.routes.replace({ destination: '10.28.0.0/16', gateway: '10.1.0.3' });
    const rows = (await lab.host.routes.list()).filter((row) => row.destination === '10.28.0.0/16');
    expect(rows.map((row) => row.gateway)).toEqual(['10.1.0.3']);
    await lab.host.routes.remove({ destination: '10.28.0.0/16' });
  });

  it('are listed as ip has them', async () => {
    const rows = await lab.host.routes.list();
    const list = [...witness('route'), ...witness('-6', 'route')];
    expect(rows.map((row) => [row.destination, row.interface, row.gateway])).toEqual(
      list.map((route) => [route.dst, route.dev, route.gateway]),
    );
    expect(rows.length).toBeGreaterThan(3);
  });

  it('are refused with a reason', async () => {
    const { routes } = lab.host;
    const route = { destination: '10.29.0.0/16', gateway: '10.1.0.2' } as const;
    await routes.add(route);
    await expect(routes.add(route)).rejects.toMatchObject({ code: 'EEXIST', syscall: 'RTM_NEWROUTE' });
    await routes.remove(route);
    await expect(routes.remove(route)).rejects.toMatchObject({ code: 'ESRCH', syscall: 'RTM_DELROUTE' });
    await expect(routes.add({ destination: '10.29.0.1/16', gateway: '10.1.0.2' })).rejects.toMatchObject({
      code: 'EINVAL',
      extack: { message: 'Invalid prefix for given prefix length' },
    });
    await expect(routes.add({ ...route, gateway: '192.0.2.77' })).rejects.toMatchObject({
      code: 'ENETUNREACH',
      extack: { message: 'Nexthop has invalid gateway' },
    });
    await expect(routes.add({ ...route, interface: 'nope' })).rejects.toMatchObject({
      code: 'ENODEV',
      interface: 'nope',
    });
    await expect(routes.list({ interface: 'nope' })).rejects.toMatchObject({ code: 'ENODEV' });
  });

  it('of a namespace that never had one are none', async () => {
    await using empty = await openLab();
    expect(await empty.host.routes.list()).toEqual([]);
    expect(await empty.host.routes.list({ table: 'all' })).toEqual([]);
  });
});
