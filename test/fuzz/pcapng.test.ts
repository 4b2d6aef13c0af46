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
