// Neighbours against the real kernel, with `ip -j neigh` as the witness.
import { useLab } from '../helpers/netns';

interface IpNeighbor {
  readonly [key: string]: unknown;
  readonly dst: string;
}

describe('neighbors', () => {
  const lab = useLab();
  const witness = (...args: string[]): IpNeighbor[] => lab.ip('neigh', 'show', ...args) as IpNeighbor[];

  beforeAll(async () => {
    await lab.host.links.add({ kind: 'veth', name: 'v0', up: true, peer: { name: 'v1', up: true } });
    await lab.host.addresses.add({ interface: 'v0', address: '10.1.0.1/24' });
  });

  it('are added, listed and removed, IPv4 and IPv6', async () => {
    for (const address of ['10.1.0.2', 'fd00::2']) {
      await lab.host.neighbors.add({ interface: 'v0', address, mac: '02:00:00:00:00:02' });
      expect(witness('dev', 'v0')).toContainEqual(
        expect.objectContaining({ dst: address, lladdr: '02:00:00:00:00:02', state: ['PERMANENT'] }),
      );
      const family = address.includes(':') ? 'ipv6' : 'ipv4';
      const row = (await lab.host.neighbors.list({ interface: 'v0', family })).find((each) => each.address === address);
      expect(row).toMatchObject({
        interface: 'v0',
        family,
        mac: '02:00:00:00:00:02',
        state: 'permanent',
        proxy: false,
      });
      await lab.host.neighbors.remove({ interface: 'v0', address });
      expect(witness('dev', 'v0').some((each) => each.dst === address)).toBe(false);
    }
  });

  it('are in the state, and have the flags, that they are given', async () => {
    await lab.host.neighbors.add({
      interface: 'v0',
      address: 'fd00::3',
      mac: '02:00:00:00:00:03',
      state: 'reachable',
      flags: ['router', 'ext-learned'],
      protocol: 186,
    });
    expect(witness('dev', 'v0')).toContainEqual(
      expect.objectContaining({
        dst: 'fd00::3',
        state: ['REACHABLE'],
        router: null,
        extern_learn: null,
        protocol: 'bgp',
      }),
    );
    const row = (await lab.host.neighbors.list()).find((each) => each.address === 'fd00::3');
    expect(row).toMatchObject({ state: 'reachable', flags: ['ext-learned', 'router'], protocol: 186 });
    expect(row?.confirmedSec).toBeLessThan(60);
    await lab.host.neighbors.remove({ interface: 'v0', address: 'fd00::3' });
  });

  it('are kept fresh by the kernel when it is told to', async () => {
    await lab.host.neighbors.add({
      interface: 'v0',
      address: '10.1.0.4',
      mac: '02:00:00:00:00:04',
      state: 'stale',
      flags: ['managed'],
    });
    const row = (await lab.host.neighbors.list()).find((each) => each.address === '10.1.0.4');
    expect(row?.flags).toEqual(['managed']);
    await lab.host.neighbors.remove({ interface: 'v0', address: '10.1.0.4' });
  });

  it('are replaced', async () => {
    await lab.host.neighbors.add({ interface: 'v0', address: '10.1.0.5', mac: '02:00:00:00:00:05' });
    await lab.host.neighbors.replace({
      interface: 'v0',
      address: '10.1.0.5',
      mac: '02:00:00:00:00:55',
      state: 'stale',
    });
    expect(witness('dev', 'v0')).toContainEqual(
      expect.objectContaining({ dst: '10.1.0.5', lladdr: '02:00:00:00:00:55', state: ['STALE'] }),
    );
    await lab.host.neighbors.remove({ interface: 'v0', address: '10.1.0.5' });
  });

  it('may be proxies, listed apart', async () => {
    await lab.host.neighbors.add({ interface: 'v0', address: '10.1.0.77', proxy: true });
    expect(witness('proxy')).toMatchObject([{ dst: '10.1.0.77', dev: 'v0', proxy: null }]);
    expect(await lab.host.neighbors.list({ proxy: true })).toMatchObject([
      { address: '10.1.0.77', interface: 'v0', proxy: true, mac: undefined },
    ]);
    expect((await lab.host.neighbors.list()).some((each) => each.address === '10.1.0.77')).toBe(false);
    await lab.host.neighbors.remove({ interface: 'v0', address: '10.1.0.77', proxy: true });
    expect(witness('proxy')).toEqual([]);
  });

  it('are listed by interface', async () => {
    await lab.host.neighbors.add({ interface: 'v1', address: '10.1.0.6', mac: '02:00:00:00:00:06' });
    const rows = await lab.host.neighbors.list({ interface: 'v1', family: 'ipv4' });
    expect(rows.filter((row) => row.state === 'permanent').map((row) => row.address)).toEqual(['10.1.0.6']);
    expect(rows.every((row) => row.interface === 'v1')).toBe(true);
  });

  it('are refused with a reason', async () => {
    const neighbor = { interface: 'v0', address: '10.1.0.8', mac: '02:00:00:00:00:08' } as const;
    await lab.host.neighbors.add(neighbor);
    await expect(lab.host.neighbors.add(neighbor)).rejects.toMatchObject({ code: 'EEXIST', syscall: 'RTM_NEWNEIGH' });
    await lab.host.neighbors.remove(neighbor);
    await expect(lab.host.neighbors.remove(neighbor)).rejects.toMatchObject({ code: 'ENOENT' });
    await expect(lab.host.neighbors.add({ ...neighbor, interface: 'nope' })).rejects.toMatchObject({ code: 'ENODEV' });
    await expect(lab.host.neighbors.list({ interface: 'nope' })).rejects.toMatchObject({ code: 'ENODEV' });
  });
});
