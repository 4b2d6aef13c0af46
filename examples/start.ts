/**
 * The main job, on real frames: the bridge walk, then a switch in TypeScript between two TAPs whose far ends live in two
 * network namespaces, with real TCP and UDP sockets at work through it.
 *
 * Everything happens in unnamed namespaces and on TAPs, which go with the descriptors that hold them: however this process
 * ends, the machine is as it was.  Usage: start [--mib N] [--trips N]
 */
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { parseArgs } from 'node:util';

import { Host, type Tap } from 'etherloom';

import { bridgeWalk } from './bridge-walk';
import { LearningSwitch } from './learning-switch';

interface Side {
  readonly host: Host;
  readonly tap: Tap;
  readonly address: string;
}

interface TcpResult {
  readonly received: number;
  readonly seconds: number;
  readonly sha256: string;
}

interface UdpResult {
  readonly trips: number;
  readonly p50: number;
  readonly p99: number;
}

const stop = new AbortController();
const children = new Set<ChildProcess>();

/** A namespace with a TAP as its only way out. The TAP's descriptor, and so its near end, is ours. */
async function openSide(address: string): Promise<Side> {
  const host = await Host.open({ netns: { unnamed: true } });
  const tap = await host.openTap({ name: 'eth0', up: true, offloads: 'all' });
  await host.addresses.add({ interface: 'eth0', address: `${address}/24` });
  return { host, tap, address };
}

/** Starts a far end. `next` gives the objects it says, one after another. */
function startPeer(side: Side, ...args: string[]): { next: <T>() => Promise<T>; child: ChildProcess } {
  const child = side.host.spawn(process.execPath, [path.join(__dirname, 'peer.js'), ...args], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  children.add(child);
  child.once('close', () => children.delete(child));
  const lines = createInterface({ input: child.stdout! })[Symbol.asyncIterator]();
  return {
    child,
    next: async <T>() => {
      const line = await lines.next();
      if (line.done) throw new Error(`the far end '${args.join(' ')}' ended early`);
      return JSON.parse(line.value) as T;
    },
  };
}

/** Says how many bytes have passed, once a second: on one line of a terminal, else line by line. */
function showProgress(taps: readonly Tap[], total: number): () => void {
  let last = 0;
  const bytes = (): number => taps.reduce((sum, tap) => sum + tap.counters().rxBytes, 0);
  const print = (): void => {
    const now = bytes();
    const share = Math.min(100, (100 * now) / total).toFixed(0);
    const line = `  ${share.padStart(3)} %  ${(now / 1e9).toFixed(2)} GB  ${((8 * (now - last)) / 1e9).toFixed(2)} Gbit/s`;
    process.stdout.write(process.stdout.isTTY ? `\r${line}` : `${line}\n`);
    last = now;
  };
  const timer = setInterval(print, 1000);
  return () => {
    clearInterval(timer);
    print();
    if (process.stdout.isTTY) process.stdout.write('\n');
  };
}

async function tcp(a: Side, b: Side, bytes: number): Promise<TcpResult> {
  const receiver = startPeer(b, 'receive-tcp', b.address);
  await receiver.next();
  const finish = showProgress([a.tap, b.tap], bytes);
  const sender = startPeer(a, 'send-tcp', b.address, String(bytes));
  const [sent, received] = await Promise.all([sender.next<TcpResult>(), receiver.next<TcpResult>()]).finally(finish);
  if (sent.sha256 !== received.sha256)
    throw new Error(`the data changed on the way: ${sent.sha256} became ${received.sha256}`);
  return received;
}

async function udp(a: Side, b: Side, trips: number): Promise<UdpResult> {
  const echo = startPeer(b, 'echo-udp', b.address);
  await echo.next();
  const result = await startPeer(a, 'ask-udp', b.address, String(trips)).next<UdpResult>();
  echo.child.kill();
  return result;
}

function closingTable(rows: readonly (readonly [string, string])[]): string {
  const width = Math.max(...rows.map(([name]) => name.length));
  return rows.map(([name, value]) => `  ${name.padEnd(width)}   ${value}`).join('\n');
}

async function main(mib: number, trips: number): Promise<void> {
  console.log('1. A bridge and a TAP\n');
  const lab = await Host.open({ netns: { unnamed: true } });
  await bridgeWalk(lab, console.log);
  await lab.close();

  console.log(
    `2. A learning switch in TypeScript: ${mib} MiB of TCP, then ${trips} UDP round trips, between two namespaces\n`,
  );
  const [a, b] = [await openSide('10.77.0.1'), await openSide('10.77.0.2')];
  const learning = new LearningSwitch([a.tap, b.tap]);
  const switching = learning.run(stop.signal);
  switching.catch(() => undefined);
  // When the switch fails, so does what goes through it.
  const through = <T>(work: Promise<T>): Promise<T> =>
    Promise.race([work, switching.then(() => Promise.reject(new Error('the switch ended')))]);

  const stream = await through(tcp(a, b, mib << 20));
  const roundTrips = await through(udp(a, b, trips));
  const counters = [a.tap.counters(), b.tap.counters()];
  const sum = (field: 'rxFrames' | 'txRejected'): number => counters.reduce((total, each) => total + each[field], 0);

  console.log('');
  console.log(
    closingTable([
      ['TCP throughput', `${((8 * stream.received) / stream.seconds / 1e9).toFixed(2)} Gbit/s`],
      [
        'TCP bytes',
        `${stream.received} in ${stream.seconds.toFixed(2)} s, SHA-256 ${stream.sha256.slice(0, 16)}... verified`,
      ],
      [
        'frames forwarded',
        `${sum('rxFrames')} (${learning.table.size} addresses learned, ${sum('txRejected')} dropped)`,
      ],
      [
        'UDP round trips',
        `${roundTrips.trips}, p50 ${roundTrips.p50.toFixed(0)} us, p99 ${roundTrips.p99.toFixed(0)} us`,
      ],
    ]),
  );
  for (const side of [a, b]) {
    await side.tap.close();
    await side.host.close();
  }
  await switching;
  console.log('\nEverything is closed; nothing was left behind.');
}

const { values } = parseArgs({
  options: { mib: { type: 'string', default: '1024' }, trips: { type: 'string', default: '5000' } },
});
const mib = Number(values.mib);
const trips = Number(values.trips);
if (!Number.isInteger(mib) || mib < 1 || mib > 1 << 20 || !Number.isInteger(trips) || trips < 1 || trips > 1e7) {
  console.error('usage: start [--mib N] [--trips N], both positive integers');
  process.exit(2);
}

async function cleanUp(): Promise<void> {
  stop.abort();
  const ends = [...children].map((child) => once(child, 'close'));
  for (const child of children) child.kill('SIGKILL');
  await Promise.all(ends);
}

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.once(signal, () => {
    console.log(`\n${signal}: closing`);
    void cleanUp().then(() => process.exit(signal === 'SIGINT' ? 130 : signal === 'SIGTERM' ? 143 : 129));
  });
}

void main(mib, trips).catch(async (error: Error) => {
  if (!stop.signal.aborted) {
    console.error(`\nfailed: ${error.message}`);
    await cleanUp();
    process.exit(1);
  }
});
