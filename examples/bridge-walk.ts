/**
 * What an operator does with `brctl` and `ip tuntap`, through the API: a bridge, a TAP, one put into the other, and everything
 * taken down again.
 */
import type { Host, Link } from 'etherloom';

/** The bridges of a host as `brctl show` lays them out. */
export function bridgeTable(links: readonly Link[]): string {
  const rows = [['bridge name', 'bridge id', 'STP enabled', 'interfaces']];
  for (const { name, bridge } of links.filter((link) => link.kind === 'bridge')) {
    const ports = links.filter((link) => link.master === name).map((link) => link.name);
    const { priority = 0, address = '' } = bridge?.bridgeId ?? {};
    const id = `${priority.toString(16).padStart(4, '0')}.${address.replaceAll(':', '')}`;
    rows.push([name, id, bridge?.stp ? 'yes' : 'no', ports[0] ?? '']);
    for (const port of ports.slice(1)) rows.push(['', '', '', port]);
  }
  const widths = [0, 1, 2, 3].map((column) => Math.max(...rows.map((row) => row[column]!.length)));
  return rows
    .map((row) =>
      row
        .map((cell, i) => cell.padEnd(widths[i]!))
        .join('   ')
        .trimEnd(),
    )
    .join('\n');
}

export async function bridgeWalk(host: Host, print: (text: string) => void): Promise<void> {
  const show = async (title: string): Promise<void> => print(`${title}\n${bridgeTable(await host.links.list())}\n`);

  await host.links.add({ kind: 'bridge', name: 'tester', stp: true, up: true });
  await show("links.add({ kind: 'bridge', name: 'tester', stp: true, up: true })");

  const tap = await host.openTap({ name: 'vm-vnic', up: true });
  await host.links.set('vm-vnic', { master: 'tester' });
  await show("openTap({ name: 'vm-vnic' }), links.set('vm-vnic', { master: 'tester' })");

  await host.links.set('vm-vnic', { master: null });
  await show("links.set('vm-vnic', { master: null })");

  await tap.close();
  await host.links.remove('tester');
  await show("tap.close(), links.remove('tester')");
}
