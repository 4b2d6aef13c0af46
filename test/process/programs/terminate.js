'use strict';
// Terminates workers in the middle of reading, requesting and opening, again and again: terminate.js ROUNDS
const { Worker, isMainThread, parentPort } = require('node:worker_threads');
const { FrameBatch, Host } = require(process.env.ETHERLOOM);

async function work() {
  const host = await Host.open({ netns: { unnamed: true } });
  await host.links.add({ kind: 'bridge', name: 'br0', up: true });
  const a = await host.openTap({ name: 'a', up: true, master: 'br0' });
  const b = await host.openTap({ name: 'b', up: true, master: 'br0' });
  const flood = new FrameBatch();
  for (let i = 0; i < 64; i++)
    flood.allocate(60).set([0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x52, 0x54, 0, 0, 0, 1, 0x88, 0xb5]);
  parentPort.postMessage('busy');
  const read = async () => {
    for await (const batch of b.frames({ batchesPerTurn: 1 })) if (batch.length > 0) a.write(flood);
  };
  const list = async () => {
    for (;;) await host.links.list();
  };
  const open = async () => {
    for (;;) {
      await (await Host.open({ netns: { unnamed: true } })).close();
      await (await host.openTap()).close();
    }
  };
  a.write(flood);
  await Promise.all([read(), list(), open()]);
}

async function main() {
  for (let round = 0; round < Number(process.argv[2]); round++) {
    const worker = new Worker(__filename);
    await new Promise((resolve, reject) => worker.once('message', resolve).once('error', reject));
    await new Promise((resolve) => setTimeout(resolve, round % 20));
    await worker.terminate();
  }
  console.log('done');
}

void (isMainThread ? main() : work());
