import { readFileSync, writeFileSync } from 'node:fs';
import { Readable } from 'node:stream';

import { CaptureError, readCapture, type CapturePacket } from '../../../lib/capture';
import { collect, file, frame, run, start, write } from './captures';

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
    // Sorted by time: each packet is there twice, one after the other.
    const merged = await collect(file('merged.pcapng'));
    expect(merged.map((packet) => packet.data)).toEqual(texts.flatMap((text) => [frame(text), frame(text)]));
    expect(merged.map((packet) => packet.timestampNs - start)).toEqual([0n, 0n, 1000n, 1000n, 2000n, 2000n]);
    expect(new Set(merged.map((packet) => packet.interface.name))).toEqual(new Set(['tap0']));
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

  it('joins several comments', async () => {
    const source = await write('one-comment.pcapng', [{ data: frame('x'), comment: 'one' }]);
    const bytes = readFileSync(source);
    // The comment's option, "one" and a zero, becomes three: two with text and one without.
    const at = bytes.indexOf('01000300', 60, 'hex');
    const block = bytes.lastIndexOf('06000000', at, 'hex');
    const more = Buffer.from('0100020032320000' + '01000000', 'hex');
    const grown = Buffer.concat([bytes.subarray(0, at + 8), more, bytes.subarray(at + 8)]);
    const length = bytes.readUInt32LE(block + 4) + more.length;
    grown.writeUInt32LE(length, block + 4);
    grown.writeUInt32LE(length, block + length - 4);
    expect((await collect(Readable.from([grown]))).map((packet) => packet.comment)).toEqual(['one\n22\n']);
  });

  it('allows no more interfaces than a section can number', async () => {
    const header = Buffer.from('0a0d0d0a1c0000004d3c2b1a01000000ffffffffffffffff1c000000', 'hex');
    const description = Buffer.from('0100000014000000010000000000000014000000', 'hex');
    const descriptions = (count: number) => Readable.from([header, Buffer.alloc(20 * count, description)]);
    expect(await collect(descriptions(65_536))).toEqual([]);
    await expect(collect(descriptions(65_537))).rejects.toMatchObject({ offset: 28 + 20 * 65_536 });
  });

  it('fails as the file system does', async () => {
    await expect(collect(file('missing'))).rejects.toMatchObject({ code: 'ENOENT' });
  });
});
