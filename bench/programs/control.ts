/**
 * The control-plane work: control batch|single|ip NETNS PAIRS [IP_BATCH_FILE]. Prints seconds, and the longest stall of the event
 * loop. With `ip` the work is done by a child and the loop is idle: the stalls that the machine itself makes.
 */
import { execFile } from 'node:child_process';
import { monitorEventLoopDelay, performance } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';

import { Host } from 'etherloom';

const [mode = '', netns = '', pairs = '0', file = ''] = process.argv.slice(2);
const names = Array.from({ length: Number(pairs) }, (_, i) => `v${i}`);

async function batch(host: Host): Promise<void> {
  const made = await host.batch((b) => {
    for (const name of names) b.links.add({ kind: 'veth', name, peer: { name: `p${name}` } });
    for (const name of names) b.links.set(name, { master: 'br0' });
    for (const name of names) b.links.set(name, { up: true });
  });
  made.throwIfFailed();
  const list = await host.links.list();
  if (list.length < 2 * names.length) throw new Error(`${list.length} links are listed`);
  const removed = await host.batch((b) => {
    for (const name of names) b.links.remove(name);
  });
  removed.throwIfFailed();
}

async function single(host: Host): Promise<void> {
  for (const name of names) await host.links.add({ kind: 'veth', name, peer: { name: `p${name}` } });
  for (const name of names) await host.links.set(name, { master: 'br0' });
  for (const name of names) await host.links.set(name, { up: true });
  await host.links.list();
  for (const name of names) await host.links.remove(name);
}

async function byIp(): Promise<void> {
  await promisify(execFile)('ip', ['-n', netns, '-batch', file], { maxBuffer: 1 << 28 });
}

const work: Record<string, (host: Host) => Promise<void>> = { batch, single, ip: byIp };

void (async () => {
  await using host = await Host.open({ netns });
  await host.links.add({ kind: 'bridge', name: 'br0', up: true });
  // Loading and compiling modules is not what is measured.
  await host.links.list();
  const delay = monitorEventLoopDelay({ resolution: 1 });
  delay.enable();
  await sleep(50);
  delay.reset();
  const start = performance.now();
  await work[mode]!(host);
  const seconds = (performance.now() - start) / 1000;
  await sleep(5);
  delay.disable();
  await host.links.remove('br0');
  // The histogram counts the interval of its own timer, 1 ms, too.
  console.log(JSON.stringify({ seconds, stallMs: Math.max(0, delay.max / 1e6 - 1) }));
})();
