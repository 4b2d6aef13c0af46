// Listings while what they list comes and goes.
import { DumpInterruptedError, Host, type Link } from '../../lib';
import { useLab } from '../helpers/netns';

describe('listing under churn', () => {
  const lab = useLab();
  const steady = 200;

  beforeAll(async () => {
    const made = await lab.host.batch((b) => {
      for (let i = 0; i < steady; i += 1) b.links.add({ kind: 'ifb', name: `steady${i}` });
    });
    made.throwIfFailed();
  });

  /** Adds and removes 1,000 links through a host of its own. */
  async function churn(): Promise<void> {
    await using host = await Host.open({ netns: lab.name });
    for (let round = 0; round < 10; round += 1) {
      const names = Array.from({ length: 100 }, (_, i) => `churn${round}-${i}`);
      const added = await host.batch((b) => names.forEach((name) => b.links.add({ kind: 'ifb', name })));
      added.throwIfFailed();
      const removed = await host.batch((b) => names.forEach((name) => b.links.remove(name)));
      removed.throwIfFailed();
    }
  }

  function check(links: readonly Link[]): void {
    const names = links.map((link) => link.name);
    expect(new Set(names).size).toBe(names.length);
    const present = new Set(names);
    for (let i = 0; i < steady; i += 1) expect(present.has(`steady${i}`)).toBe(true);
  }

  it('is whole each time, or says that it is not', async () => {
    let done = false;
    const busy = churn().finally(() => {
      done = true;
    });
    let whole = 0;
    let interrupted = 0;
    while (!done) {
      try {
        check(await lab.host.links.list());
        whole += 1;
      } catch (error) {
        if (!(error instanceof DumpInterruptedError)) throw error;
        interrupted += 1;
        expect(error).toMatchObject({ code: 'EINTR', syscall: 'RTM_GETLINK', attempts: 10 });
        expect(error.partial.length).toBeGreaterThan(0);
      }
    }
    await busy;
    expect(whole + interrupted).toBeGreaterThan(0);
    // Nothing changes any more: now it must succeed.
    const links = await lab.host.links.list();
    check(links);
    expect(links).toHaveLength(steady + 1);
    expect(links.map((link) => link.name)).toEqual((lab.ip('link') as { ifname: string }[]).map((link) => link.ifname));
  });

  it('runs beside other requests of the same host', async () => {
    const [links, addresses, lo, routes, again] = await Promise.all([
      lab.host.links.list(),
      lab.host.addresses.list(),
      lab.host.links.get('lo'),
      lab.host.routes.list({ table: 'all' }),
      lab.host.links.list({ kind: 'ifb' }),
    ]);
    expect(links).toHaveLength(steady + 1);
    expect(again).toHaveLength(steady);
    expect(lo.index).toBe(1);
    expect([addresses, routes].every(Array.isArray)).toBe(true);
  });

  it('finds a link while hundreds come and go', async () => {
    const busy = churn();
    for (let i = 0; i < 100; i += 1) {
      expect((await lab.host.links.get(`steady${i}`)).kind).toBe('ifb');
      expect(await lab.host.links.find('never')).toBeUndefined();
    }
    await busy;
  });
});
