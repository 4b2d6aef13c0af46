/** Memory: memory taps COUNT (resident bytes per open TAP) | memory frames COUNT (heap before and after so many frames). */
import { readFileSync } from 'node:fs';

import { FrameBatch, Host } from 'etherloom';

const [what, count = '0'] = process.argv.slice(2);
const collect = (globalThis as { gc?: () => void }).gc;

function residentKib(): number {
  collect?.();
  return Number(/VmRSS:\s+(\d+)/.exec(readFileSync('/proc/self/status', 'utf8'))![1]);
}

async function taps(host: Host): Promise<object> {
  const open = async (from: number, to: number) => {
    const list = [];
    for (let i = from; i < to; i++) list.push(await host.openTap({ name: `t${i}`, up: true }));
    return list;
  };
  // The first ones also bring in code and buffers that all share.
  const first = await open(0, 50);
  const before = residentKib();
  const rest = await open(50, 50 + Number(count));
  const after = residentKib();
  await Promise.all([...first, ...rest].map((tap) => tap.close()));
  return { kibPerTap: (after - before) / Number(count) };
}

/** Two TAPs on a bridge: what is written to one comes out of the other. */
async function frames(host: Host): Promise<object> {
  await host.links.add({ kind: 'bridge', name: 'br0', up: true });
  const a = await host.openTap({ name: 'a', up: true, master: 'br0' });
  const b = await host.openTap({ name: 'b', up: true, master: 'br0', txQueueLength: 1000 });
  const batch = new FrameBatch();
  for (let i = 0; i < 64; i++) {
    const frame = batch.allocate(60);
    frame.fill(0xff, 0, 6);
    frame.set([0x52, 0x54, 0, 0, 0, 1, 0x88, 0xb5], 6);
  }
  let seen = 0;
  const pass = async (target: number): Promise<void> => {
    a.write(batch);
    for await (const each of b.frames()) {
      for (const frame of each) if (frame[12] === 0x88) seen++;
      if (seen >= target) break;
      a.write(batch);
    }
  };
  await pass(100_000);
  collect?.();
  const before = process.memoryUsage().heapUsed;
  await pass(100_000 + Number(count));
  collect?.();
  const after = process.memoryUsage().heapUsed;
  await Promise.all([a.close(), b.close()]);
  return { frames: seen - 100_000, heapBefore: before, heapAfter: after };
}

void (async () => {
  await using host = await Host.open({ netns: { unnamed: true } });
  await host.exec('sh', ['-c', 'echo 1 > /proc/sys/net/ipv6/conf/default/disable_ipv6']);
  console.log(JSON.stringify(await (what === 'taps' ? taps(host) : frames(host))));
})();
