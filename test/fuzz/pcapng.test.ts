import { readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Readable } from 'node:stream';

import { CaptureError, PcapngWriter, readCapture } from '../../lib/capture';
import { mutate, random } from '../helpers/random';

const classic = Buffer.from(
  'd4c3b2a1020004000000000000000000ffff000001000000' + '0100000002000000040000000400000001020304',
  'hex',
);

it('damaged captures give whole packets and CaptureError, nothing else', async () => {
  const file = path.join(tmpdir(), `etherloom-fuzz-${process.pid}.pcapng`);
  const writer = await PcapngWriter.open(file, { application: 'fuzz' });
  const device = writer.addInterface({ name: 'tap0' });
  for (let i = 0; i < 3; i++)
    writer.write({ interface: device, data: new Uint8Array(20 + i), direction: 'inbound', comment: 'c' });
  await writer.close();
  const seeds = [readFileSync(file), classic];
  rmSync(file);
  const source = random(4_242);
  let errors = 0;
  for (let i = 0; i < 10_000; i++) {
    const bytes = mutate(seeds[i % 2]!, source);
    let total = 0;
    try {
      for await (const { data } of readCapture(Readable.from([bytes]))) total += data.length;
    } catch (error) {
      if (!(error instanceof CaptureError)) throw error;
      if (!(error.offset >= 0 && error.offset <= bytes.length))
        throw new Error(`offset ${error.offset} of ${bytes.length}`);
      errors++;
    }
    // What is delivered was in the file.
    if (total > bytes.length) throw new Error(`${total} bytes out of ${bytes.length}`);
  }
  expect(errors).toBeGreaterThan(1000);
});

it('takes no memory by a length that lies', async () => {
  const section = '0a0d0d0a1c0000004d3c2b1a01000000ffffffffffffffff1c000000';
  // Each claims 16 MiB, just within what is allowed, and ends after a few bytes.
  const liars = [
    section + '0600000000000001',
    section + '010000000000000100000000',
    classic.toString('hex', 0, 24) + '00000000000000000000000100000001',
  ];
  const before = process.memoryUsage();
  const reading = liars.flatMap((hex) => Array.from({ length: 200 }, () => hex));
  const errors = await Promise.all(
    reading.map(async (hex) => {
      try {
        for await (const packet of readCapture(Readable.from([Buffer.from(hex, 'hex')]))) return packet;
        return undefined;
      } catch (error) {
        return error;
      }
    }),
  );
  for (const error of errors) expect(error).toBeInstanceOf(CaptureError);
  // 600 of them at once would be 9 GiB.
  expect(process.memoryUsage().arrayBuffers - before.arrayBuffers).toBeLessThan(64 << 20);
});
