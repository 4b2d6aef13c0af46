'use strict';
// Opens what a program would, says so, and then ends in the way it is told to: hold.js WAY NETNS
const { Host } = require(process.env.ETHERLOOM);
const { Worker } = require('node:worker_threads');

const [way, netns] = process.argv.slice(2);

async function hold() {
  const host = await Host.open({ netns });
  const tap = await host.openTap({ name: 'held0', up: true, offloads: 'all' });
  const kept = await host.openTap({ name: 'kept0', persist: true });
  void (async () => {
    for await (const batch of tap.frames()) void batch.length;
  })();
  return { host, tap, kept };
}

async function main() {
  if (way === 'worker') {
    const worker = new Worker(__filename, { argv: ['inside', netns] });
    await new Promise((resolve) => worker.once('message', resolve));
    console.log('ready');
    process.stdin.once('data', async () => {
      console.log(`terminated ${await worker.terminate()}`);
      process.exit(0);
    });
    return;
  }
  const held = await hold();
  if (way === 'inside') {
    require('node:worker_threads').parentPort.postMessage('ready');
    return;
  }
  console.log('ready');
  process.stdin.once('data', async () => {
    if (way === 'exit') process.exit(7);
    if (way === 'throw') throw new Error('on purpose');
    if (way === 'close') {
      await held.kept.setPersist(false);
      await held.kept.close();
      await held.tap.close();
      await held.host.close();
      process.stdin.destroy();
    }
  });
}

void main();
