'use strict';
// Opens, waits on and closes TAPs over and over, in one process, and says how descriptors, threads and memory stand before and
// after the second half: leaks.js CYCLES
const { readdirSync, readFileSync } = require('node:fs');
const { Host } = require(process.env.ETHERLOOM);

const cycles = Number(process.argv[2]);
/** The kernel takes about 16 ms to take a TAP down; several at a time share that. */
const LANES = 25;

async function stand() {
  global.gc();
  // Buffers are freed by a thread of the collector's own.
  await new Promise((resolve) => setTimeout(resolve, 200));
  global.gc();
  const status = readFileSync('/proc/self/status', 'utf8');
  return {
    descriptors: readdirSync('/proc/self/fd').length,
    threads: Number(/Threads:\s+(\d+)/.exec(status)[1]),
    rssKiB: Number(/VmRSS:\s+(\d+)/.exec(status)[1]),
  };
}

async function lane(host, name, count) {
  for (let i = 0; i < count; i++) {
    const tap = await host.openTap({ name, offloads: 'all' });
    const pending = tap.frames({ frames: 1 }).next();
    const closed = tap.close();
    if (!(await pending).done) throw new Error('close() did not end a pending read');
    await closed;
  }
}

async function half(host) {
  await Promise.all(Array.from({ length: LANES }, (_, i) => lane(host, `leak${i}`, cycles / 2 / LANES)));
}

(async () => {
  const host = await Host.open({ netns: { unnamed: true } });
  await half(host);
  const before = await stand();
  await half(host);
  const after = await stand();
  await host.close();
  console.log(JSON.stringify({ before, after }));
})();
