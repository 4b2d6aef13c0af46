import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { PcapngWriter, readCapture, type CapturedFrame, type CapturePacket } from '../../../lib/capture';
import { buildFrame } from '../../../lib/packet';

const folder = mkdtempSync(path.join(tmpdir(), 'etherloom-capture-'));
afterAll(() => rmSync(folder, { recursive: true }));

export const file = (name: string): string => path.join(folder, name);
export const run = (command: string, ...args: string[]): string =>
  execFileSync(command, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });

export const frame = (text: string): Uint8Array =>
  buildFrame({
    ethernet: { destination: '52:54:00:00:00:02', source: '52:54:00:00:00:01' },
    ipv4: { source: '10.0.0.1', destination: '10.0.0.2' },
    udp: { sourcePort: 5000, destinationPort: 6000 },
    payload: Buffer.from(text),
  });

export const start = 1_700_000_000_123_456_789n;

export async function write(name: string, frames: readonly Omit<CapturedFrame, 'interface'>[]): Promise<string> {
  await using writer = await PcapngWriter.open(file(name), { application: 'the test' });
  const device = writer.addInterface({ name: 'tap0' });
  for (const each of frames) writer.write({ interface: device, ...each });
  return file(name);
}

export async function collect(input: string | AsyncIterable<Uint8Array>): Promise<CapturePacket[]> {
  const packets: CapturePacket[] = [];
  for await (const packet of readCapture(input)) packets.push(packet);
  return packets;
}
