/** Lists links or routes, each way some times in turn: dump links|routes NETNS ROUNDS. Prints milliseconds per listing. */
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { monitorEventLoopDelay, performance } from 'node:perf_hooks';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';

import { Host } from 'etherloom';

const [what = '', netns = '', rounds = '0'] = process.argv.slice(2);

const PYROUTE2 = `
import sys, time
from pyroute2 import NetNS
ns = NetNS('${netns}')
print('ready', flush=True)
for line in sys.stdin:
    start = time.perf_counter()
    count = len(list(ns.get_links() if '${what}' == 'links' else ns.get_routes(family=2)))
    print(count, (time.perf_counter() - start) * 1000, flush=True)
`;

async function pyroute2(): Promise<{ list: () => Promise<[number, number]>; end: () => Promise<void> }> {
  const child = spawn('/usr/bin/python3', ['-c', PYROUTE2], { stdio: ['pipe', 'pipe', 'inherit'] });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const next = async (): Promise<string> => {
    const line = await lines.next();
    if (line.done) throw new Error('pyroute2 ended');
    return line.value;
  };
  await next();
  return {
    list: async () => {
      child.stdin.write('\n');
      const [count, ms] = (await next()).split(' ').map(Number);
      return [count!, ms!];
    },
    end: async () => {
      child.stdin.end();
      await once(child, 'close');
    },
  };
}

void (async () => {
  await using host = await Host.open({ netns });
  const python = await pyroute2();
  const args = ['-n', netns, '-j', ...(what === 'links' ? ['link'] : ['-4', 'route', 'show', 'table', 'all'])];
  const ways: Record<string, () => Promise<number>> = {
    etherloom: async () =>
      what === 'links' ? (await host.links.list()).length : (await host.routes.list({ family: 'ipv4' })).length,
    ip: async () => {
      const { stdout } = await promisify(execFile)('ip', args, { maxBuffer: 1 << 28 });
      return (JSON.parse(stdout) as unknown[]).length;
    },
  };
  const times: Record<string, number[]> = { etherloom: [], ip: [], pyroute2: [] };
  const counts: Record<string, number> = {};
  let stallMs = 0;
  const delay = monitorEventLoopDelay({ resolution: 1 });
  for (let round = 0; round < Number(rounds); round++) {
    for (const [name, list] of Object.entries(ways)) {
      delay.reset();
      if (name === 'etherloom') delay.enable();
      await sleep(5);
      delay.reset();
      const start = performance.now();
      counts[name] = await list();
      times[name]!.push(performance.now() - start);
      await sleep(5);
      delay.disable();
      // The first round also compiles.
      if (name === 'etherloom' && round > 0) stallMs = Math.max(stallMs, delay.max / 1e6 - 1);
    }
    const [count, ms] = await python.list();
    counts['pyroute2'] = count;
    times['pyroute2']!.push(ms);
  }
  await python.end();
  console.log(JSON.stringify({ times, counts, stallMs }));
})();
