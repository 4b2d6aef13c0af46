// Many operations in one exchange, against the real kernel.
import { NetError } from '../../lib/errors';
import type { BatchOutcome } from '../../lib/host';
import { openLab, useLab } from '../helpers/netns';

function errorOf(outcome: BatchOutcome | undefined): NetError {
  if (outcome === undefined || outcome.ok) throw new Error('the operation succeeded');
  return outcome.error;
}

describe('batch', () => {
  const lab = useLab();

  it('makes a network, in order, names made on the way included', async () => {
    const result = await lab.host.batch((b) => {
      b.links.add({ kind: 'bridge', name: 'br0', up: true });
      b.links.add({ kind: 'veth', name: 'a0', altNames: ['left'], peer: { name: 'a1', up: true } });
      b.links.set('a0', { master: 'br0', up: true });
      b.addresses.add({ interface: 'br0', address: '10.1.0.1/24' });
      b.addresses.add({ interface: 'a1', address: '10.1.0.2/24' });
      b.links.add({ kind: 'macvlan', name: 'mv0', lower: 'a1', mode: 'bridge' });
      b.routes.add({ destination: '10.9.0.0/16', gateway: '10.1.0.7', interface: 'br0' });
      b.neighbors.add({ interface: 'br0', address: '10.1.0.7', mac: '02:00:00:00:00:07' });
    });
    expect(result.ok).toBe(true);
    result.throwIfFailed();
    expect(result.outcomes).toHaveLength(8);
    expect(await lab.host.links.get('left')).toMatchObject({ name: 'a0', master: 'br0', up: true });
    expect(await lab.host.links.get('mv0')).toMatchObject({ lower: 'a1' });
    expect(lab.ip('addr', 'show', 'a1')).toMatchObject([{ addr_info: [{ local: '10.1.0.2' }, {}] }]);
    expect(lab.ip('route', 'show', '10.9.0.0/16')).toMatchObject([{ gateway: '10.1.0.7', dev: 'br0' }]);
    // Known to the batch, because a later operation had to know it.
    const [bridge] = result.outcomes;
    expect(bridge).toMatchObject({ ok: true, value: { name: 'br0', kind: 'bridge' } });
  });

  it('reports each operation, and goes on after a failure', async () => {
    const result = await lab.host.batch((b) => {
      b.links.add({ kind: 'bridge', name: 'c0' });
      b.links.add({ kind: 'bridge', name: 'c0' });
      b.links.set('c0', { mtu: 1400 });
      b.links.set('nope', { up: true });
      b.addresses.add({ interface: 'missing', address: '10.2.0.1/24' });
      b.links.set('c0', { master: 'missing' });
      b.links.remove('c0');
      b.addresses.add({ interface: 'c0', address: '10.2.0.1/24' });
    });
    expect(result.ok).toBe(false);
    expect(result.outcomes.map((outcome) => (outcome.ok ? 'ok' : outcome.error.code))).toEqual([
      'ok',
      'EEXIST',
      'ok',
      'ENODEV',
      'ENODEV',
      'ENODEV',
      'ok',
      'ENODEV',
    ]);
    expect(errorOf(result.outcomes[1])).toMatchObject({ syscall: 'RTM_NEWLINK', interface: 'c0', netns: lab.name });
    expect(errorOf(result.outcomes[1]).message).toMatch(/^cannot add bridge 'c0': File exists/);
    expect(errorOf(result.outcomes[3])).toMatchObject({ interface: 'nope' });
    // Never sent: there is nothing to say it about.
    expect(errorOf(result.outcomes[4])).toMatchObject({ syscall: 'RTM_GETLINK', interface: 'missing' });
    expect(() => result.throwIfFailed()).toThrow(AggregateError);
    expect(() => result.throwIfFailed()).toThrow(
      /^5 of 8 operations failed, the first of them: cannot add bridge 'c0'/,
    );
  });

  it('throws the one failure there is', async () => {
    const result = await lab.host.batch((b) => {
      b.links.add({ kind: 'bridge', name: 'd0' });
      b.links.remove('nope');
    });
    expect(() => result.throwIfFailed()).toThrow(NetError);
    expect(() => result.throwIfFailed()).toThrow(/cannot remove link 'nope': No such device/);
    await lab.host.links.remove('d0');
  });

  it('follows names through renames, removals and moves', async () => {
    await using other = await openLab();
    const result = await lab.host.batch((b) => {
      b.links.add({ kind: 'ifb', name: 'e0' });
      b.links.set('e0', { name: 'e1' });
      b.addresses.add({ interface: 'e1', address: '10.3.0.1/24' });
      b.addresses.add({ interface: 'e0', address: '10.3.0.2/24' });
      b.links.remove('e1');
      b.links.add({ kind: 'ifb', name: 'e1' });
      b.addresses.add({ interface: 'e1', address: '10.3.0.3/24' });
      b.links.add({ kind: 'ifb', name: 'e2' });
      b.links.set('e2', { netns: other.host });
      b.addresses.add({ interface: 'e2', address: '10.3.0.4/24' });
    });
    expect(result.outcomes.map((outcome) => (outcome.ok ? 'ok' : outcome.error.code))).toEqual([
      'ok',
      'ok',
      'ok',
      'ENODEV',
      'ok',
      'ok',
      'ok',
      'ok',
      'ok',
      'ENODEV',
    ]);
    expect((await lab.host.addresses.list({ interface: 'e1' })).map((row) => row.address)).toEqual(['10.3.0.3/24']);
    expect(await other.host.links.get('e2')).toMatchObject({ kind: 'ifb' });
    await lab.host.links.remove('e1');
  });

  it('finds a name that was there before it failed to make it', async () => {
    await lab.host.links.add({ kind: 'ifb', name: 'f0' });
    const result = await lab.host.batch((b) => {
      b.links.add({ kind: 'ifb', name: 'f0' });
      b.addresses.add({ interface: 'f0', address: '10.4.0.1/24' });
    });
    expect(result.outcomes.map((outcome) => outcome.ok)).toEqual([false, true]);
    await lab.host.links.remove('f0');
  });

  it('leaves nothing of a link that could not be made whole', async () => {
    await lab.host.links.add({ kind: 'ifb', name: 'g0' });
    const result = await lab.host.batch((b) => {
      b.links.add({ kind: 'ifb', name: 'g1', altNames: ['g0'] });
      b.links.add({ kind: 'ifb', name: 'g2' });
    });
    expect(errorOf(result.outcomes[0]).code).toBe('EEXIST');
    expect(await lab.host.links.find('g1')).toBeUndefined();
    expect(await lab.host.links.find('g2')).toBeDefined();
  });

  it('refuses what is not valid before anything is sent', async () => {
    await expect(
      lab.host.batch((b) => {
        b.links.add({ kind: 'ifb', name: 'h0' });
        b.links.set('h0', { mtu: 1 });
      }),
    ).rejects.toThrow(/^batch operation 1: mtu must be an integer from 68/);
    expect(await lab.host.links.find('h0')).toBeUndefined();
  });

  it('of nothing is nothing', async () => {
    const result = await lab.host.batch(() => undefined);
    expect(result).toMatchObject({ ok: true, outcomes: [] });
  });

  it('takes thousands, and leaves the event loop its turns', async () => {
    const count = 1000;
    let turns = 0;
    const timer = setInterval(() => {
      turns += 1;
    }, 1);
    const made = await lab.host.batch((b) => {
      b.links.add({ kind: 'bridge', name: 'many' });
      for (let i = 0; i < count; i += 1) {
        b.links.add({ kind: 'veth', name: `m${i}`, peer: { name: `n${i}` } });
        b.links.set(`m${i}`, { master: 'many', up: true });
      }
    });
    made.throwIfFailed();
    const ports = await lab.host.links.list({ master: 'many' });
    expect(ports).toHaveLength(count);
    expect(ports.every((port) => port.up && port.kind === 'veth' && port.lower !== undefined)).toBe(true);
    const theirs = lab.ip('link', 'show', 'master', 'many') as { ifname: string }[];
    expect(theirs.map((link) => link.ifname)).toEqual(ports.map((port) => port.name));
    const gone = await lab.host.batch((b) => {
      for (let i = 0; i < count; i += 1) b.links.remove(`m${i}`);
      b.links.remove('many');
    });
    gone.throwIfFailed();
    clearInterval(timer);
    expect(turns).toBeGreaterThan(10);
    expect((await lab.host.links.list()).filter((link) => /^[mn]\d+$/.test(link.name))).toEqual([]);
  });

  it('takes ten thousand routes', async () => {
    await lab.host.links.add({ kind: 'ifb', name: 'r0', up: true });
    await lab.host.addresses.add({ interface: 'r0', address: '10.5.0.1/24' });
    const result = await lab.host.batch((b) => {
      for (let i = 0; i < 10_000; i += 1) {
        b.routes.add({ destination: `20.${i >> 8}.${i & 255}.0/24`, gateway: '10.5.0.2' });
      }
    });
    result.throwIfFailed();
    const routes = await lab.host.routes.list({ interface: 'r0', family: 'ipv4' });
    expect(routes.filter((route) => route.destination.startsWith('20.'))).toHaveLength(10_000);
    expect(routes.every((route) => route.interface === 'r0')).toBe(true);
    await lab.host.links.remove('r0');
  });
});
