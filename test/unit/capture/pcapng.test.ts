import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Readable } from 'node:stream';

import {
  CaptureError,
  PcapngWriter,
  readCapture,
  replay,
  type CapturedFrame,
  type CapturePacket,
} from '../../../lib/capture';
import { buildFrame } from '../../../lib/packet';

const folder = mkdtempSync(path.join(tmpdir(), 'etherloom-capture-'));
afterAll(() => rmSync(folder, { recursive: true }));

const file = (name: string): string => path.join(folder, name);
const run = (command: string, ...args: string[]): string =>
  execFileSync(command, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });

const frame = (text: string): Uint8Array =>
  buildFrame({
    ethernet: { destination: '52:54:00:00:00:02', source: '52:54:00:00:00:01' },
    ipv4: { source: '10.0.0.1', destination: '10.0.0.2' },
    udp: { sourcePort: 5000, destinationPort: 6000 },
    payload: Buffer.from(text),
  });

const start = 1_700_000_000_123_456_789n;

async function write(name: string, frames: readonly Omit<CapturedFrame, 'interface'>[]): Promise<string> {
  await using writer = await PcapngWriter.open(file(name), { application: 'the test' });
  const device = writer.addInterface({ name: 'tap0' });
  for (const each of frames) writer.write({ interface: device, ...each });
  return file(name);
}

async function collect(input: string | AsyncIterable<Uint8Array>): Promise<CapturePacket[]> {
  const packets: CapturePacket[] = [];
  for await (const packet of readCapture(input)) packets.push(packet);
  return packets;
}

describe('PcapngWriter', () => {
  it("writes what Wireshark's tools read, to the nanosecond", async () => {
    const name = await write('plain.pcapng', [
      { data: frame('one'), timestampNs: start, direction: 'inbound', comment: 'the first' },
      { data: frame('a longer second one'), timestampNs: start + 1n, direction: 'outbound' },
    ]);
    const fields = [
      'frame.time_epoch',
      'frame.len',
      'frame.comment',
      'frame.interface_name',
      'frame.packet_flags_direction',
      'udp.dstport',
    ];
    const args = ['-r', name, '-T', 'fields', '-E', 'separator=|', ...fields.flatMap((each) => ['-e', each])];
    expect(
      run('tshark', ...args)
        .trim()
        .split('\n')
        .map((line) => line.split('|')),
    ).toEqual([
      ['1700000000.123456789', '60', 'the first', 'tap0', expect.stringMatching(/^(0x0*)?1$/), '6000'],
      ['1700000000.123456790', '61', '', 'tap0', expect.stringMatching(/^(0x0*)?2$/), '6000'],
    ]);
    const info = run('capinfos', '-M', name);
    expect(info).toMatch(/File type:\s+.*pcapng/);
    expect(info).toMatch(/Number of packets:\s+2\b/);
    expect(info).toMatch(/Capture application:\s+the test/);
    expect(info).toMatch(/nanoseconds/);
  });

  it('cuts frames at the snap length of their interface, and keeps several interfaces apart', async () => {
    const name = file('two.pcapng');
    await using writer = await PcapngWriter.open(name);
    const first = writer.addInterface({ name: 'eth0', snapLength: 20 });
    const second = writer.addInterface({ name: 'tun0', linkType: 'raw' });
    writer.write({ interface: first, data: frame('x'.repeat(100)), timestampNs: start });
    writer.write({ interface: second, data: frame('y').subarray(14), timestampNs: start + 5n, originalLength: 99 });
    await writer.close();
    const packets = await collect(name);
    expect(packets.map(({ data, originalLength }) => [data.length, originalLength])).toEqual([
      [20, 142],
      [46, 99],
    ]);
    expect(packets.map((packet) => [packet.interface.name, packet.interface.linkType])).toEqual([
      ['eth0', 1],
      ['tun0', 101],
    ]);
    expect(run('tshark', '-r', name, '-T', 'fields', '-e', 'frame.len', '-e', 'frame.cap_len').trim()).toBe(
      '142\t20\n99\t46',
    );
  });

  it('takes whole batches', async () => {
    const name = file('batch.pcapng');
    const frames = ['a', 'b', 'c'].map(frame);
    await using writer = await PcapngWriter.open(name);
    const device = writer.addInterface({ name: 'tap0' });
    expect(writer.writeBatch({ length: 3, at: (i) => frames[i]! }, { interface: device, direction: 'inbound' })).toBe(
      true,
    );
    await writer.close();
    const packets = await collect(name);
    expect(packets.map((packet) => packet.data)).toEqual(frames);
    expect(new Set(packets.map((packet) => packet.timestampNs)).size).toBe(1);
    const age = Date.now() - Number(packets[0]!.timestampNs / 1_000_000n);
    expect(Math.abs(age)).toBeLessThan(60_000);
  });

  it('says when memory would grow, and writes everything in order', async () => {
    const name = file('large.pcapng');
    await using writer = await PcapngWriter.open(name, { highWaterMark: 1 << 20 });
    const device = writer.addInterface({ name: 'tap0' });
    let refusals = 0;
    for (let i = 0; i < 3000; i++) {
      const data = new Uint8Array(1500);
      new DataView(data.buffer).setUint32(0, i);
      if (!writer.write({ interface: device, data, timestampNs: start + BigInt(i) })) {
        refusals++;
        await writer.ready();
      }
    }
    await writer.close();
    expect(refusals).toBeGreaterThan(0);
    const packets = await collect(name);
    expect(packets).toHaveLength(3000);
    packets.forEach(({ data }, i) => expect(new DataView(data.buffer).getUint32(0)).toBe(i));
  });

  it('reports a full disk, and refuses more', async () => {
    const writer = await PcapngWriter.open('/dev/full');
    const device = writer.addInterface({ name: 'tap0' });
    writer.write({ interface: device, data: frame('x') });
    await expect(writer.flush()).rejects.toMatchObject({ code: 'ENOSPC' });
    expect(() => writer.write({ interface: device, data: frame('x') })).toThrow(/ENOSPC/);
    await expect(writer.close()).rejects.toMatchObject({ code: 'ENOSPC' });
  });

  it('refuses bad arguments', async () => {
    await expect(PcapngWriter.open(file('no/such/folder'))).rejects.toMatchObject({ code: 'ENOENT' });
    await expect(PcapngWriter.open(file('x'), { highWaterMark: 0 })).rejects.toThrow(RangeError);
    const writer = await PcapngWriter.open(file('x'));
    expect(() => writer.addInterface({ name: 'x', linkType: 'token-ring' as never })).toThrow(TypeError);
    expect(() => writer.addInterface({ name: 'x', snapLength: -1 })).toThrow(RangeError);
    expect(() => writer.write({ interface: 0, data: frame('x') })).toThrow(/interface 0/);
    const device = writer.addInterface({ name: 'x' });
    expect(() => writer.write({ interface: device, data: frame('x'), originalLength: 3 })).toThrow(RangeError);
    expect(() => writer.write({ interface: device, data: frame('x'), timestampNs: -1n })).toThrow(RangeError);
    await writer.close();
    await writer.close();
    expect(() => writer.write({ interface: device, data: frame('x') })).toThrow(/closed/);
  });
});

describe('readCapture', () => {
  const texts = ['first', 'second', 'third one'];
  const original = () =>
    write(
      'source.pcapng',
      texts.map((text, i) => ({ data: frame(text), timestampNs: start + BigInt(i) * 1000n })),
    );

  it.each([
    ['pcapng', 1n],
    ['pcap', 1000n],
    ['nsecpcap', 1n],
  ])('reads what editcap makes of a capture: %s', async (format, resolution) => {
    const target = file(`converted.${format}`);
    run('editcap', '-F', format, await original(), target);
    const packets = await collect(target);
    expect(packets.map((packet) => packet.data)).toEqual(texts.map(frame));
    expect(packets.map((packet) => packet.timestampNs)).toEqual(
      texts.map((_, i) => ((start + BigInt(i) * 1000n) / resolution) * resolution),
    );
    expect(packets.every((packet) => packet.interface.linkType === 1)).toBe(true);
  });

  it('reads several sections, one after another, and what mergecap joins', async () => {
    const source = await original();
    writeFileSync(file('sections.pcapng'), Buffer.concat([readFileSync(source), readFileSync(source)]));
    expect(await collect(file('sections.pcapng'))).toHaveLength(6);
    run('mergecap', '-w', file('merged.pcapng'), source, source);
    expect((await collect(file('merged.pcapng'))).map((packet) => packet.interface.name)).toHaveLength(6);
  });

  it('reads what is written in the other byte order', async () => {
    const block = (type: number, body: Buffer): Buffer => {
      const length = 12 + body.length;
      const words = (...values: number[]): Buffer => {
        const bytes = Buffer.alloc(4 * values.length);
        values.forEach((value, i) => bytes.writeUInt32BE(value, 4 * i));
        return bytes;
      };
      return Buffer.concat([words(type, length), body, words(length)]);
    };
    const hex = (text: string): Buffer => Buffer.from(text.replaceAll(' ', ''), 'hex');
    const bytes = Buffer.concat([
      block(0x0a0d0d0a, hex('1a2b3c4d 0001 0000 ffffffffffffffff')),
      // if_tsresol: powers of two, 2^-10 s; if_tsoffset: 100 s.
      block(1, hex('0001 0000 00000000 0009 0001 8a000000 000e 0008 0000000000000064 0000 0000')),
      block(0x0bad, hex('00000000')),
      block(6, hex('00000000 00000000 00000800 00000003 00000009 aabbcc00')),
      block(3, hex('00000002 ddee0000')),
      block(2, hex('0000 0000 00000000 00000400 00000001 00000001 ff000000')),
    ]);
    for (const size of [1, 7, 1000]) {
      const chunks = Array.from({ length: Math.ceil(bytes.length / size) }, (_, i) =>
        bytes.subarray(i * size, (i + 1) * size),
      );
      const packets = await collect(Readable.from(chunks) as AsyncIterable<Uint8Array>);
      expect(
        packets.map(({ data, originalLength, timestampNs }) => [
          Buffer.from(data).toString('hex'),
          originalLength,
          timestampNs,
        ]),
      ).toEqual([
        ['aabbcc', 9, 102_000_000_000n],
        ['ddee', 2, 0n],
        ['ff', 1, 101_000_000_000n],
      ]);
    }
  });

  it('gives direction and comment', async () => {
    const name = await write('options.pcapng', [
      { data: frame('x'), direction: 'outbound', comment: 'why?' },
      { data: frame('y') },
    ]);
    const [first, second] = await collect(name);
    expect(first).toMatchObject({ direction: 'outbound', comment: 'why?' });
    expect('direction' in second! || 'comment' in second!).toBe(false);
  });

  it('delivers all whole packets before it says that the rest is missing', async () => {
    const bytes = readFileSync(await original());
    // The statistics at the end take 40 bytes, a packet 92.
    for (const [cut, whole] of [
      [1, 3],
      [41, 2],
      [150, 1],
    ] as const) {
      const seen: CapturePacket[] = [];
      const reading = (async () => {
        for await (const packet of readCapture(Readable.from([bytes.subarray(0, bytes.length - cut)])))
          seen.push(packet);
      })();
      await expect(reading).rejects.toBeInstanceOf(CaptureError);
      await expect(reading).rejects.toThrow(/cut short at byte \d+/);
      expect(seen).toHaveLength(whole);
    }
  });

  it.each([
    ['nothing', ''],
    ['neither', '00000000'],
    ['byte-order magic', '0a0d0d0a 1c000000 00000000'],
    ['version 2', '0a0d0d0a 1c000000 4d3c2b1a 0200 0000 ffffffffffffffff 1c000000'],
    ['cannot have', '0a0d0d0a 1c000000 4d3c2b1a 0100 0000 ffffffffffffffff 1c000000 06000000 ffffff7f'],
    [
      'closes with',
      '0a0d0d0a 1c000000 4d3c2b1a 0100 0000 ffffffffffffffff 1c000000 06000000 10000000 00000000 14000000',
    ],
    [
      'names interface',
      '0a0d0d0a 1c000000 4d3c2b1a 0100 0000 ffffffffffffffff 1c000000 06000000 20000000 00000000 00000000 00000000 00000000 00000000 20000000',
    ],
    ['cannot have', 'd4c3b2a1 0200 0400 00000000 00000000 ffff0000 01000000 00000000 00000000 ffffff7f ffffff7f'],
  ])('says what is wrong: %s', async (message, hex) => {
    const bytes = Buffer.from(hex.replaceAll(' ', ''), 'hex');
    const reading = collect(Readable.from(bytes.length > 0 ? [bytes] : []));
    await expect(reading).rejects.toBeInstanceOf(CaptureError);
    await expect(reading).rejects.toThrow(message);
  });

  it('fails as the file system does', async () => {
    await expect(collect(file('missing'))).rejects.toMatchObject({ code: 'ENOENT' });
  });
});

describe('replay', () => {
  async function* packets(...gapsMs: number[]): AsyncGenerator<{ data: Uint8Array; timestampNs: bigint }> {
    let timestampNs = start;
    for (const [i, gap] of gapsMs.entries()) {
      timestampNs += BigInt(Math.round(gap * 1e6));
      yield { data: Uint8Array.of(i), timestampNs };
    }
  }

  it('keeps the times between packets, or shortens them', async () => {
    for (const [speed, least] of [
      [1, 60],
      [4, 15],
      ['max', 0],
    ] as const) {
      const sent: number[] = [];
      const begin = performance.now();
      expect(await replay(packets(0, 20, 20, 20), (data) => sent.push(data[0]!), { speed })).toBe(4);
      // A lower bound: it never sends early. Timers round to a millisecond.
      expect(performance.now() - begin).toBeGreaterThan(least - 2);
      expect(sent).toEqual([0, 1, 2, 3]);
    }
  });

  it('waits for its sink, and stops when told to', async () => {
    let running = 0;
    await replay(packets(0, 0, 0), async () => {
      expect(++running).toBe(1);
      await new Promise((resolve) => setTimeout(resolve, 1));
      running--;
    });
    const controller = new AbortController();
    const replaying = replay(packets(0, 100_000), () => controller.abort(new Error('enough')), {
      signal: controller.signal,
    });
    await expect(replaying).rejects.toThrow(/enough|abort/i);
    await expect(replay(packets(0), () => undefined, { speed: 0 })).rejects.toThrow(RangeError);
  });
});
