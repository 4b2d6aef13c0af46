import { useLab } from '../helpers/netns';

interface IpLink {
  ifname: string;
  group: string;
}

/** Long rows of removals go through a group of the kernel; users must not notice, but for the time it takes. */
describe('a batch that removes many links', () => {
  const lab = useLab();
  const links = () => lab.ip('link') as IpLink[];
  const names = () =>
    links()
      .map((link) => link.ifname)
      .sort();
  const range = (count: number) => Array.from({ length: count }, (_, i) => `v${i}`);

  async function make(count: number): Promise<string[]> {
    const made = await lab.host.batch((b) => {
      for (const name of range(count)) b.links.add({ kind: 'veth', name, peer: { name: `p${name}` } });
    });
    made.throwIfFailed();
    return range(count);
  }

  afterEach(() => {
    for (const { ifname } of links()) if (ifname.startsWith('v')) lab.run('ip', 'link', 'delete', ifname);
  });

  it('removes them all, and nothing else', async () => {
    await lab.host.links.add({ kind: 'bridge', name: 'keep0', group: 77 });
    const removed = await make(100);
    const result = await lab.host.batch((b) => {
      for (const name of removed) b.links.remove(name);
    });
    expect(result.ok).toBe(true);
    expect(result.outcomes).toHaveLength(100);
    expect(names()).toEqual(['keep0', 'lo']);
    expect(links().find((link) => link.ifname === 'keep0')?.group).toBe('77');
    await lab.host.links.remove('keep0');
  });

  it('gives each that is not there its own error', async () => {
    const present = await make(20);
    const result = await lab.host.batch((b) => {
      for (const name of present) {
        b.links.remove(name);
        b.links.remove(`no-${name}`);
      }
      b.links.remove(present[0]!);
    });
    const failures = result.outcomes.map((outcome) =>
      outcome.ok ? '' : `${outcome.error.code} ${outcome.error.interface}`,
    );
    expect(failures).toEqual([...present.flatMap((name) => ['', `ENODEV no-${name}`]), 'ENODEV v0']);
    expect(names()).toEqual(['lo']);
  });

  it('leaves groups as they were when one of the links cannot be removed', async () => {
    const present = await make(10);
    await lab.host.links.set('v3', { group: 5 });
    // The loopback is of no kind that can be removed: the whole group is refused.
    const result = await lab.host.batch((b) => {
      b.links.remove('lo');
      for (const name of present.slice(0, 9)) b.links.remove(name);
      b.links.remove('lo');
    });
    expect(result.outcomes.map((outcome) => outcome.ok)).toEqual([false, ...new Array<boolean>(9).fill(true), false]);
    expect(result.outcomes[0]).toMatchObject({ error: { code: 'EOPNOTSUPP', interface: 'lo' } });
    expect(names()).toEqual(['lo', 'pv9', 'v9']);
    expect(links().map((link) => link.group)).toEqual(['default', 'default', 'default']);
  });

  it('removes both ends of a pair that are both named', async () => {
    const present = await make(10);
    const result = await lab.host.batch((b) => {
      for (const name of present) {
        b.links.remove(name);
        b.links.remove(`p${name}`);
      }
    });
    expect(result.ok).toBe(true);
    expect(names()).toEqual(['lo']);
  });

  it('makes the same names anew afterwards', async () => {
    const present = await make(12);
    const result = await lab.host.batch((b) => {
      for (const name of present) b.links.remove(name);
      for (const name of present) b.links.add({ kind: 'bridge', name });
      for (const name of present) b.links.set(name, { up: true });
      b.links.add({ kind: 'macvlan', name: 'x0', lower: 'v3' });
    });
    result.throwIfFailed();
    expect(names()).toEqual(['lo', ...present, 'x0'].sort());
    expect((await lab.host.links.get('x0')).lower).toBe('v3');
  });

  it('removes by index too', async () => {
    await make(10);
    const indices = (await lab.host.links.list()).filter((link) => link.name.startsWith('v')).map((link) => link.index);
    const result = await lab.host.batch((b) => {
      for (const index of indices) b.links.remove(index);
    });
    expect(result.ok).toBe(true);
    expect(names()).toEqual(['lo']);
  });
});
