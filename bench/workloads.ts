import { createHash } from 'node:crypto';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

import { ADDRESS_B, type Ends } from './namespaces';
import { program, run, runIn, start } from './shell';

/** What one row did in one round. */
export interface Sample {
  /** Gbit/s of one TCP flow, and of four. */
  readonly tcp1: number;
  readonly tcp4: number;
  /** Million 60-byte frames per second, as counted at the receiver. */
  readonly mpps: number;
  /** Round trips, microseconds. */
  readonly p50: number;
  readonly p99: number;
  /** User and system seconds of the whole machine per gigabyte of the one TCP flow. */
  readonly cpuPerGb: number;
}

interface Iperf {
  readonly end: { readonly sum_received: { readonly bits_per_second: number; readonly bytes: number } };
}

/** Seconds of user and system time of all processors so far (/proc/stat, in ticks of 10 ms). */
function cpuSeconds(): number {
  const [, user, nice, system, , , irq, softirq] = readFileSync('/proc/stat', 'utf8').split(/\s+/, 9).map(Number);
  return (user! + nice! + system! + irq! + softirq!) / 100;
}

async function tcp({ a, b }: Ends, seconds: number, flows: number): Promise<{ gbits: number; cpuPerGb: number }> {
  const server = await start('ip', ['netns', 'exec', b, 'iperf3', '-s', '-1', '--forceflush'], 'listening');
  const before = cpuSeconds();
  const output = runIn(a, 'iperf3', '-c', ADDRESS_B, '-t', String(seconds), '-P', String(flows), '-J');
  const cpu = cpuSeconds() - before;
  await server.stop();
  const { bits_per_second: rate, bytes } = (JSON.parse(output) as Iperf).end.sum_received;
  return { gbits: rate / 1e9, cpuPerGb: cpu / (bytes / 1e9) };
}

function rxPackets(netns: string): number {
  const [link] = JSON.parse(run('ip', '-n', netns, '-s', '-j', 'link', 'show', 'eth0')) as [
    { stats64: { rx: { packets: number } } },
  ];
  return link.stats64.rx.packets;
}

async function smallFrames({ a, b }: Ends, seconds: number): Promise<number> {
  const [{ address }] = JSON.parse(run('ip', '-n', b, '-j', 'link', 'show', 'eth0')) as [{ address: string }];
  const before = rxPackets(b);
  runIn(a, program('generator'), 'eth0', String(seconds), address);
  // Until what is on the way has arrived.
  let after = rxPackets(b);
  for (let last = -1; after !== last;) {
    last = after;
    await sleep(50);
    after = rxPackets(b);
  }
  return (after - before) / seconds / 1e6;
}

async function roundTrips({ a, b }: Ends, trips: number): Promise<{ p50: number; p99: number }> {
  const server = await start('ip', ['netns', 'exec', b, program('pingpong'), 'server', '7000'], 'ready');
  try {
    const output = runIn(a, program('pingpong'), 'client', ADDRESS_B, '7000', String(trips));
    const [p50, p99] = output.trim().split(' ').map(Number);
    return { p50: p50!, p99: p99! };
  } finally {
    await server.stop();
  }
}

/** Sends 64 MiB of random data through and compares hashes: frames with bad checksums would be lost, not seen. */
export async function verify({ a, b }: Ends): Promise<void> {
  const file = `/tmp/${a}-payload`;
  try {
    run('dd', 'if=/dev/urandom', `of=${file}`, 'bs=1M', 'count=64', 'status=none');
    const receive = `require('net').createServer({}, (s) => {
      const h = require('crypto').createHash('sha256');
      s.on('data', (d) => h.update(d)).on('end', () => { console.log(h.digest('hex')); process.exit(0); });
    }).listen(7001, '${ADDRESS_B}', () => console.log('ready'))`;
    const receiver = await start('ip', ['netns', 'exec', b, process.execPath, '-e', receive], 'ready');
    let received = '';
    receiver.child.stdout?.on('data', (chunk: Buffer) => (received += chunk.toString()));
    const send = `require('fs').createReadStream('${file}').pipe(require('net').connect(7001, '${ADDRESS_B}'))`;
    runIn(a, process.execPath, '-e', send);
    for (let waited = 0; received === '' && waited < 5000; waited += 10) await sleep(10);
    await receiver.stop();
    const expected = createHash('sha256').update(readFileSync(file)).digest('hex');
    if (received.trim() !== expected) throw new Error(`the payload arrived as ${received.trim() || 'nothing'}`);
  } finally {
    writeFileSync(file, '');
    rmSync(file);
  }
}

export interface WorkloadOptions {
  readonly seconds: number;
  readonly trips: number;
}

/** All workloads on what joins the ends now. */
export async function measure(ends: Ends, { seconds, trips }: WorkloadOptions): Promise<Sample> {
  const { p50, p99 } = await roundTrips(ends, trips);
  const one = await tcp(ends, seconds, 1);
  const four = await tcp(ends, seconds, 4);
  const mpps = await smallFrames(ends, Math.min(2, seconds));
  return { tcp1: one.gbits, tcp4: four.gbits, mpps, p50, p99, cpuPerGb: one.cpuPerGb };
}
