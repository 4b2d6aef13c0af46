'use strict';
// Opens and closes TAPs over and over, in one process, and says how descriptors, threads and memory stand before and after.
const { readdirSync, readFileSync } = require('node:fs');
const { Host } = require(process.env.ETHERLOOM);

const cycles = Number(process.argv[2]);

function stand() {
  global.gc();
  const status = readFileSync('/proc/self/status', 'utf8');
  return {
    descriptors: readdirSync('/proc/self/fd').length,
    threads: Number(/Threads:\s+(\d+)/.exec(status)[1]),
    rssKiB: Number(/VmRSS:\s+(\d+)/.exec(status)[1]),
  };
}

async function run(host, count) {
  for (let i = 0; i < count; i++) {
    const tap = await host.openTap({ name: 'leak0', offloads: 'all' });
    const frames = tap.frames({ frames: 1, poolBytes: 66000 });
    const pending = frames.next();
    tap.close();
    if (!(await pending).done) throw new Error('close() did not end a pending read');
  }
}

(async () => {
  const host = await Host.open({ netns: { unnamed: true } });
  await run(host, Math.min(500, cycles));
  const before = stand();
  await run(host, cycles);
  const after = stand();
  await host.close();
  console.log(JSON.stringify({ before, after }));
})();
