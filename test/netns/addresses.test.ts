// Addresses against the real kernel, with `ip -d -j addr` as the witness.
import { useLab } from '../helpers/netns';

interface IpAddress {
  readonly [key: string]: unknown;
  readonly local: string;
  readonly prefixlen: number;
}

describe('addresses', () => {
  const lab = useLab();
  const witness = (name: string): IpAddress[] =>
    (lab.ip('-d', 'addr', 'show', name) as { addr_info: IpAddress[] }[]).flatMap((link) => link.addr_info);

  beforeAll(async () => {
    await lab.host.links.add({
      kind: 'veth',
      name: 'v0',
      up: true,
      altNames: ['the-left-end-of-the-pair'],
      peer: { name: 'v1', up: true },
    });
  });

  afterEach(() => {
    lab.run('ip', 'addr', 'flush', 'dev', 'v0');
    lab.run('ip', 'addr', 'flush', 'dev', 'v1');
  });

  it('are added, listed and removed, IPv4', async () => {
    await lab.host.addresses.add({
      interface: 'v0',
      address: '10.1.0.1/24',
      broadcast: 'auto',
      label: 'v0:web',
      metric: 42,
      flags: ['no-prefix-route'],
    });
    expect(witness('v0')).toContainEqual(
      expect.objectContaining({
        family: 'inet',
        local: '10.1.0.1',
        prefixlen: 24,
        broadcast: '10.1.0.255',
        label: 'v0:web',
        scope: 'global',
        metric: 42,
        noprefixroute: true,
      }),
    );
    const [row] = await lab.host.addresses.list({ interface: 'v0', family: 'ipv4' });
    expect(row).toMatchObject({
      interface: 'v0',
      family: 'ipv4',
      address: '10.1.0.1/24',
      ip: '10.1.0.1',
      prefixLength: 24,
      peer: undefined,
      broadcast: '10.1.0.255',
      label: 'v0:web',
      scope: 'global',
      metric: 42,
      flags: ['permanent', 'no-prefix-route'],
      validLifetimeSec: Infinity,
      preferredLifetimeSec: Infinity,
    });
    expect(row?.interfaceIndex).toBe((await lab.host.links.get('v0')).index);
    expect(row?.attributes).toMatchObject({ local: '10.1.0.1', label: 'v0:web' });
    await lab.host.addresses.remove({ interface: 'v0', address: '10.1.0.1/24' });
    expect(await lab.host.addresses.list({ interface: 'v0', family: 'ipv4' })).toEqual([]);
    expect(witness('v0').filter((address) => address.family === 'inet')).toEqual([]);
  });

  it('are added, listed and removed, IPv6', async () => {
    await lab.host.addresses.add({ interface: 'v0', address: 'fd00:1::1/64', flags: ['no-dad'], protocol: 77 });
    expect(witness('v0')).toContainEqual(
      expect.objectContaining({ family: 'inet6', local: 'fd00:1::1', prefixlen: 64, nodad: true, scope: 'global' }),
    );
    const rows = await lab.host.addresses.list({ interface: 'v0', family: 'ipv6' });
    expect(rows.find((row) => row.ip === 'fd00:1::1')).toMatchObject({
      family: 'ipv6',
      address: 'fd00:1::1/64',
      protocol: 77,
      flags: ['no-dad', 'permanent'],
    });
    await lab.host.addresses.remove({ interface: 'v0', address: 'fd00:1::1/64' });
    expect(witness('v0').some((address) => address.local === 'fd00:1::1')).toBe(false);
  });

  it('have a far end on a point-to-point link', async () => {
    await lab.host.addresses.add({ interface: 'v0', address: '10.2.0.1/32', peer: '10.2.0.2' });
    expect(witness('v0')).toContainEqual(
      expect.objectContaining({ local: '10.2.0.1', address: '10.2.0.2', prefixlen: 32 }),
    );
    const [row] = await lab.host.addresses.list({ interface: 'v0', family: 'ipv4' });
    expect(row).toMatchObject({ address: '10.2.0.1/32', peer: '10.2.0.2' });
    await lab.host.addresses.remove({ interface: 'v0', address: '10.2.0.1/32', peer: '10.2.0.2' });
    expect(await lab.host.addresses.list({ interface: 'v0', family: 'ipv4' })).toEqual([]);
  });

  it('live as long as they are told', async () => {
    await lab.host.addresses.add({
      interface: 'v0',
      address: '10.3.0.1/24',
      validLifetimeSec: 1000,
      preferredLifetimeSec: 500,
    });
    const [row] = await lab.host.addresses.list({ interface: 'v0', family: 'ipv4' });
    expect(row?.validLifetimeSec).toBeGreaterThan(900);
    expect(row?.validLifetimeSec).toBeLessThanOrEqual(1000);
    expect(row?.preferredLifetimeSec).toBeLessThanOrEqual(500);
    expect(row?.flags).not.toContain('permanent');
    await lab.host.addresses.replace({ interface: 'v0', address: '10.3.0.1/24', validLifetimeSec: Infinity });
    expect(witness('v0')).toContainEqual(
      expect.objectContaining({ local: '10.3.0.1', valid_life_time: 0xffff_ffff, preferred_life_time: 0xffff_ffff }),
    );
  });

  it('have the scope they are given, or the one that fits', async () => {
    await lab.host.addresses.add({ interface: 'v0', address: '10.4.0.1/24', scope: 'link' });
    await lab.host.addresses.add({ interface: 'v0', address: '127.9.0.1/24' });
    await lab.host.addresses.add({ interface: 'v0', address: '10.40.0.2/24', scope: 77 });
    const scopes = Object.fromEntries(witness('v0').map((address) => [address.local, address.scope]));
    expect(scopes).toMatchObject({ '10.4.0.1': 'link', '127.9.0.1': 'host', '10.40.0.2': '77' });
    const rows = await lab.host.addresses.list({ interface: 'v0', family: 'ipv4' });
    expect(rows.map((row) => row.scope)).toEqual(expect.arrayContaining(['link', 'host', 77]));
  });

  it('tell a further address of a prefix, and a privacy address, apart', async () => {
    await lab.host.addresses.add({ interface: 'v0', address: '10.5.0.1/24' });
    await lab.host.addresses.add({ interface: 'v0', address: '10.5.0.2/24' });
    const rows = await lab.host.addresses.list({ interface: 'v0', family: 'ipv4' });
    expect(rows.map((row) => row.flags)).toEqual([['permanent'], ['secondary', 'permanent']]);
  });

  it('are listed for all interfaces, as ip has them', async () => {
    await lab.host.addresses.add({ interface: 'the-left-end-of-the-pair', address: '10.6.0.1/24' });
    await lab.host.addresses.add({ interface: 'v1', address: '10.6.1.1/24' });
    const rows = await lab.host.addresses.list();
    const theirs = (lab.ip('addr') as { ifname: string; addr_info: IpAddress[] }[]).flatMap((link) =>
      link.addr_info.map((address) => `${link.ifname} ${address.local}/${address.prefixlen}`),
    );
    expect(rows.map((row) => `${row.interface} ${row.address}`).sort()).toEqual(theirs.sort());
    const family = await lab.host.addresses.list({ family: 'ipv4' });
    expect(family.map((row) => row.address).sort()).toEqual(['10.6.0.1/24', '10.6.1.1/24']);
  });

  it('are refused with a reason', async () => {
    const { addresses } = lab.host;
    await addresses.add({ interface: 'v0', address: '10.7.0.1/24' });
    await expect(addresses.add({ interface: 'v0', address: '10.7.0.1/24' })).rejects.toMatchObject({
      code: 'EEXIST',
      syscall: 'RTM_NEWADDR',
      interface: 'v0',
      extack: { message: expect.stringContaining('Address already assigned') as string },
    });
    await addresses.replace({ interface: 'v0', address: '10.7.0.1/24' });
    await expect(addresses.remove({ interface: 'v0', address: '10.7.0.9/24' })).rejects.toMatchObject({
      code: 'EADDRNOTAVAIL',
    });
    await expect(addresses.add({ interface: 'nope', address: '10.7.0.1/24' })).rejects.toMatchObject({
      code: 'ENODEV',
      interface: 'nope',
      netns: lab.name,
    });
    await expect(addresses.list({ interface: 'nope' })).rejects.toMatchObject({ code: 'ENODEV' });
    await expect(addresses.add({ interface: 4711, address: '10.7.0.1/24' })).rejects.toMatchObject({ code: 'ENODEV' });
  });
});
