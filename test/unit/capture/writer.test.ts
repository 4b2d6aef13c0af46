import { PcapngWriter } from '../../../lib/capture';
import { collect, file, frame, run, start, write } from './captures';

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

  it('is read by tcpdump', async () => {
    const name = await write('tcpdump.pcapng', [{ data: frame('one'), timestampNs: start }]);
    expect(run('tcpdump', '-n', '-tt', '--nano', '-r', name)).toMatch(
      /^1700000000\.123456789 IP 10\.0\.0\.1\.5000 > 10\.0\.0\.2\.6000: UDP, length 3/,
    );
  });

  it('cuts frames by the snap length of the writer where the interface has none', async () => {
    await using writer = await PcapngWriter.open(file('snap.pcapng'), { snapLength: 30 });
    writer.write({ interface: writer.addInterface({ name: 'a' }), data: frame('x') });
    writer.write({ interface: writer.addInterface({ name: 'b', snapLength: 0 }), data: frame('x') });
    await writer.close();
    const packets = await collect(file('snap.pcapng'));
    expect(packets.map(({ data, interface: { snapLength } }) => [data.length, snapLength])).toEqual([
      [30, 30],
      [60, 0],
    ]);
  });

  it('stamps frames by the clock of the system', async () => {
    const before = BigInt(Date.now()) * 1_000_000n;
    const name = await write('now.pcapng', [{ data: frame('x') }, { data: frame('y') }]);
    const after = BigInt(Date.now() + 1) * 1_000_000n;
    const [first, second] = (await collect(name)).map((packet) => packet.timestampNs);
    // Node gives that clock in milliseconds; the writer follows it within ten.
    expect(first).toBeGreaterThanOrEqual(before - 10_000_000n);
    expect(second).toBeLessThanOrEqual(after + 10_000_000n);
    expect(second).toBeGreaterThan(first!);
  });

  it('leaves no trace of a frame or an interface that it refused', async () => {
    const name = file('refused.pcapng');
    await using writer = await PcapngWriter.open(name);
    const device = writer.addInterface({ name: 'tap0' });
    const refused: readonly [object, RegExp][] = [
      [{ comment: 'é'.repeat(40_000) }, /comment of 80000 bytes/],
      [{ comment: 5 }, /comment must be a string/],
      [{ timestampNs: 5 }, /timestampNs must be a bigint/],
      [{ timestampNs: 1n << 64n }, /timestampNs/],
      [{ direction: 'sideways' }, /direction must be/],
      [{ data: undefined }, /data must be a Uint8Array/],
      [{ data: new Uint8Array(16 << 20) }, /data of 16777216 bytes/],
    ];
    for (const [bad, message] of refused) {
      expect(() => writer.write({ interface: device, data: frame('x'), ...bad })).toThrow(message);
    }
    expect(() => writer.addInterface({ name: 'x'.repeat(70_000) })).toThrow(/name of 70000 bytes/);
    expect(() => writer.addInterface({ name: 5 as never })).toThrow(/name must be a string/);
    writer.write({ interface: device, data: frame('whole'), comment: 'é'.repeat(32_000) });
    await writer.close();
    const packets = await collect(name);
    expect(packets.map(({ data, comment }) => [data, comment])).toEqual([[frame('whole'), 'é'.repeat(32_000)]]);
    expect(run('capinfos', '-M', name)).toMatch(/Number of packets:\s+1\b/);
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
    await expect(PcapngWriter.open(file('x'), { snapLength: 1.5 })).rejects.toThrow(/snapLength/);
    await expect(PcapngWriter.open(file('x'), { application: 'x'.repeat(70_000) })).rejects.toThrow(/application/);
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
