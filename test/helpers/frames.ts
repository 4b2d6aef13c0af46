import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';

import type { FrameBatch, TunDevice } from '../../lib';
import { parseMac } from '../../lib/packet';
import type { Lab } from './netns';

/** An Ethernet frame of `length` bytes to `destination`, of the local experimental EtherType, with a counting payload. */
export function frameTo(destination: string, length: number, source = '52:54:00:ff:ff:fe'): Uint8Array {
  const frame = Uint8Array.from({ length }, (_, i) => i & 0xff);
  frame.set(parseMac(destination), 0);
  frame.set(parseMac(source), 6);
  frame.set([0x88, 0xb5], 12);
  return frame;
}

/** Makes the kernel send a frame out of an interface: for a TAP, to its reader. */
export function sendInto(lab: Lab, device: string, frame: Uint8Array): void {
  const script = `
import socket, sys
s = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
s.bind(('${device}', 0))
s.send(sys.stdin.buffer.read())`;
  execFileSync('ip', ['netns', 'exec', lab.name, 'python3', '-c', script], { input: frame });
}

/** Reads batches until one holds a frame that matches, and returns its index. */
export async function nextBatch(
  device: TunDevice,
  batch: FrameBatch,
  matches: (frame: Uint8Array) => boolean,
): Promise<number> {
  for (let attempt = 0; attempt < 500; attempt++) {
    while (device.tryRead(batch) > 0) {
      for (let i = 0; i < batch.length; i++) if (matches(batch.at(i))) return i;
    }
    await sleep(10);
  }
  throw new Error(`no such frame came out of ${device.name}`);
}

/** Runs `act` while tcpdump listens on an interface, and returns what it prints of the first frame that passes `filter`. */
export async function capture(lab: Lab, device: string, filter: string, act: () => unknown): Promise<string> {
  const args = ['-U', '-l', '-n', '-e', '-i', device, '-c', '1', filter];
  const child = spawn('ip', ['netns', 'exec', lab.name, 'tcpdump', ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
  let said = '';
  while (!said.includes('listening on')) said += ((await once(child.stderr, 'data')) as [Buffer])[0].toString();
  const closed = once(child, 'close');
  await act();
  const timer = setTimeout(() => child.kill(), 10_000);
  await closed;
  clearTimeout(timer);
  return output;
}
