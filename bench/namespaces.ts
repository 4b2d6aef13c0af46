import { existsSync, readdirSync, writeFileSync } from 'node:fs';

import { run, runIn } from './shell';

const PREFIX = `el-bench-${process.pid}-`;

/** The two ends of a measurement, and the namespace of the thing between them. */
export interface Ends {
  readonly a: string;
  readonly b: string;
  readonly middle: string;
}

export const ADDRESS_A = '10.66.0.1';
export const ADDRESS_B = '10.66.0.2';

function write(netns: string, file: string, value: string): void {
  runIn(netns, 'sh', '-c', `if [ -e ${file} ]; then echo ${value} > ${file}; fi`);
}

/** Three fresh namespaces, without IPv6 and without netfilter on bridges. */
export function makeEnds(): Ends {
  const ends = { a: `${PREFIX}a`, b: `${PREFIX}b`, middle: `${PREFIX}m` };
  for (const netns of Object.values(ends)) {
    run('ip', 'netns', 'add', netns);
    write(netns, '/proc/sys/net/ipv6/conf/all/disable_ipv6', '1');
    write(netns, '/proc/sys/net/ipv6/conf/default/disable_ipv6', '1');
    for (const table of ['ip', 'ip6', 'arp']) write(netns, `/proc/sys/net/bridge/bridge-nf-call-${table}tables`, '0');
    run('ip', '-n', netns, 'link', 'set', 'lo', 'up');
  }
  return ends;
}

/** A namespace for the control-plane rows. */
export function makeNetns(name: string): string {
  const netns = PREFIX + name;
  run('ip', 'netns', 'add', netns);
  return netns;
}

/** Removes the namespaces of this process that are left. */
export function removeAll(): void {
  if (!existsSync('/run/netns')) return;
  for (const name of readdirSync('/run/netns')) if (name.startsWith(PREFIX)) run('ip', 'netns', 'delete', name);
}

/** Gives both ends their addresses and equal queues, and sets them up. */
export function configureEnds({ a, b }: Ends): void {
  for (const [netns, address] of [
    [a, ADDRESS_A],
    [b, ADDRESS_B],
  ] as const) {
    run('ip', '-n', netns, 'link', 'set', 'eth0', 'mtu', '1500', 'txqueuelen', '1000', 'up');
    run('ip', '-n', netns, 'address', 'add', `${address}/24`, 'dev', 'eth0');
  }
}

const OFFLOADS = ['rx', 'tx', 'sg', 'tso', 'gso', 'gro'];

export function offloadsOff(netns: string, device: string): void {
  for (const offload of OFFLOADS) {
    try {
      runIn(netns, 'ethtool', '-K', device, offload, 'off');
    } catch {
      // Fixed on this kind of device.
    }
  }
}

/** What `ethtool -k` says is on at end A. */
export function offloadsInForce({ a }: Ends): string[] {
  const names = ['tx-checksumming', 'scatter-gather', 'tcp-segmentation-offload', 'generic-segmentation-offload'];
  const features = runIn(a, 'ethtool', '-k', 'eth0');
  return names.filter((name) => new RegExp(`^${name}: on`, 'm').test(features));
}

/** Writes a file for a program to read; returns its path. */
export function writeInput(name: string, lines: readonly string[]): string {
  const file = `/tmp/${PREFIX}${name}`;
  writeFileSync(file, lines.join('\n') + '\n');
  return file;
}
