import { spawn } from 'node:child_process';
import { once } from 'node:events';

import { FrameBatch, NetError, adoptTun, openQueue, type Tap } from '../../lib';
import { useLab } from '../helpers/netns';
import { capture, frameTo, nextBatch, sendInto } from '../helpers/frames';

interface IpLink {
  ifname: string;
  operstate: string;
  flags: string[];
  mtu: number;
  txqlen: number;
  master?: string;
  address: string;
  ifalias?: string;
  ifindex: number;
  linkinfo?: { info_data?: Record<string, unknown> };
}

describe('TAP', () => {
  const lab = useLab();
  const link = (name: string): IpLink | undefined => (lab.ip('-d', 'link') as IpLink[]).find((l) => l.ifname === name);

  it('is made with what was asked for, and goes when closed', async () => {
    await lab.host.links.add({ kind: 'bridge', name: 'br0' });
    const tap = await lab.host.openTap({
      name: 'tap0',
      up: true,
      mtu: 9000,
      txQueueLength: 77,
      alias: 'web-1',
      master: 'br0',
      mac: '52:54:00:00:00:07',
      group: 5,
    });
    expect(tap.name).toBe('tap0');
    expect(link('tap0')).toMatchObject({
      mtu: 9000,
      txqlen: 77,
      master: 'br0',
      address: '52:54:00:00:00:07',
      ifalias: 'web-1',
      group: '5',
      flags: expect.arrayContaining(['UP', 'LOWER_UP']) as unknown,
    });
    expect(link('tap0')?.linkinfo?.info_data).toMatchObject({
      type: 'tap',
      pi: false,
      vnet_hdr: false,
      persist: false,
    });
    await tap.close();
    await tap.close();
    expect(tap.closed).toBe(true);
    expect(tap.fd).toBe(-1);
    expect(link('tap0')).toBeUndefined();
    await lab.host.links.remove('br0');
  });

  it('lets the kernel choose a name, and follows a rename', async () => {
    await using tap = await lab.host.openTap();
    expect(tap.name).toMatch(/^tap\d+$/);
    lab.run('ip', 'link', 'set', tap.name, 'name', 'renamed0');
    expect(tap.currentName()).toBe('renamed0');
  });

  it('takes an index of the caller', async () => {
    await using tap = await lab.host.openTap({ name: 'indexed0', index: 4711 });
    expect(link(tap.name)?.ifindex).toBe(4711);
  });

  it('moves frames both ways, byte for byte', async () => {
    await using tap = await lab.host.openTap({ name: 'tap0', up: true });
    const frame = frameTo('ff:ff:ff:ff:ff:ff', 100);
    sendInto(lab, 'tap0', frame);
    const batch = new FrameBatch();
    await nextBatch(tap, batch, (seen) => Buffer.compare(seen, frame) === 0);
    // And back: what is written arrives on the interface.
    const seen = await capture(lab, 'tap0', 'ether dst 52:54:00:00:00:99', () =>
      tap.writeFrame(frameTo('52:54:00:00:00:99', 200)),
    );
    expect(seen).toMatch(/> 52:54:00:00:00:99, .* length 200:/);
  });

  it('is left out of no frame by a batch written twice', async () => {
    await using tap = await lab.host.openTap({ name: 'tap0', up: true });
    const batch = new FrameBatch();
    for (let i = 0; i < 10; i++) batch.push(frameTo('52:54:00:00:00:01', 60 + i));
    expect(tap.write(batch)).toBe(10);
    expect(tap.write(batch, Uint32Array.of(9, 0, 3), 2)).toBe(2);
    expect(tap.counters()).toMatchObject({ txFrames: 12, txRejected: 0 });
    const stats = (lab.ip('-s', 'link', 'show', 'tap0') as { stats64: { rx: { packets: number } } }[])[0]!.stats64;
    expect(stats.rx.packets).toBe(12);
  });

  it('takes a virtio header and every offload the kernel knows, verified with ethtool', async () => {
    await using tap = await lab.host.openTap({ name: 'tap0', up: true, offloads: 'all' });
    expect(tap.vnetHeader).toBe(true);
    expect(tap.offloads).toEqual(['csum', 'tso4', 'tso6', 'tsoEcn', 'uso']);
    const features = lab.run('ethtool', '-k', 'tap0');
    expect(features).toMatch(/tx-checksum-ip-generic: on/);
    expect(features).toMatch(/tx-tcp-segmentation: on/);
    expect(features).toMatch(/tx-tcp6-segmentation: on/);
    expect(features).toMatch(/tx-udp-segmentation: on/);
    await tap.setOffloads(['csum']);
    expect(lab.run('ethtool', '-k', 'tap0')).toMatch(/tx-tcp-segmentation: off/);
    expect(tap.offloads).toEqual(['csum']);
  });

  it('shows the virtio header of a frame with an unfinished checksum, and finishes it for a device without headers', async () => {
    await using from = await lab.host.openTap({ name: 'from0', up: true, offloads: ['csum'] });
    await using to = await lab.host.openTap({ name: 'to0', up: true });
    await lab.host.addresses.add({ interface: 'from0', address: '10.9.0.1/24' });
    await lab.host.neighbors.add({ interface: 'from0', address: '10.9.0.2', mac: '52:54:00:00:00:02' });
    lab.run('bash', '-c', 'echo hello > /dev/udp/10.9.0.2/7777');
    const batch = new FrameBatch();
    const index = await nextBatch(from, batch, (frame) => frame.length > 42 && frame[23] === 17 && frame[36] === 0x1e);
    const header = batch.vnetHeader(index);
    expect(header.flags & 1).toBe(1);
    expect(header.csumStart).toBe(34);
    expect(header.csumOffset).toBe(6);
    const before = batch.copy(index);
    to.write(batch, Uint32Array.of(index));
    const after = batch.at(index);
    expect(batch.vnetHeader(index).flags & 1).toBe(0);
    expect([...after.subarray(40, 42)]).not.toEqual([...before.subarray(40, 42)]);
    expect(udpChecksumIsRight(after)).toBe(true);
  });

  it('refuses a segment too large for a device without headers, and counts it', async () => {
    await using tap = await lab.host.openTap({ name: 'tap0', up: true });
    const batch = new FrameBatch();
    batch.push(frameTo('52:54:00:00:00:01', 3000));
    batch.vnetHeader(0).gsoType = 1;
    expect(tap.write(batch)).toBe(1);
    expect(tap.counters().rejections).toEqual({ EMSGSIZE: 1 });
  });

  it('opens further queues, which share the device', async () => {
    await using first = await lab.host.openTap({ name: 'mq0', up: true, multiQueue: true, offloads: 'all' });
    await using second = await openQueue(first);
    expect(second.name).toBe('mq0');
    expect(second.vnetHeader).toBe(true);
    expect(second.fd).not.toBe(first.fd);
    expect(link('mq0')?.linkinfo?.info_data).toMatchObject({ multi_queue: true, numqueues: 2 });
    await second.setQueueEnabled(false);
    expect(link('mq0')?.linkinfo?.info_data).toMatchObject({ numqueues: 1, numdisabled: 1 });
    await second.setQueueEnabled(true);
    expect(link('mq0')?.linkinfo?.info_data).toMatchObject({ numqueues: 2 });
    await using single = await lab.host.openTap({ name: 'sq0' });
    await expect(openQueue(single)).rejects.toThrow(/'sq0' has one queue/);
  });

  it('steers outgoing frames to the queue that an eBPF program names', async () => {
    await using first = await lab.host.openTap({ name: 'mq0', up: true, multiQueue: true });
    await using second = await openQueue(first);
    // r0 = 1; exit
    const queueOne = Uint8Array.from([0xb7, 0, 0, 0, 1, 0, 0, 0, 0x95, 0, 0, 0, 0, 0, 0, 0]);
    await first.setSteering(queueOne);
    const drain = (tap: Tap) => {
      const batch = new FrameBatch();
      let frames = 0;
      for (let n; (n = tap.tryRead(batch)) > 0;) frames += n;
      return frames;
    };
    drain(first);
    drain(second);
    for (let i = 0; i < 20; i++) sendInto(lab, 'mq0', frameTo(`52:54:00:00:01:${i.toString(16).padStart(2, '0')}`, 64));
    expect(drain(first)).toBe(0);
    expect(drain(second)).toBeGreaterThanOrEqual(20);
    await first.setSteering(null);
  });

  it('filters by eBPF, by classic BPF and by destination', async () => {
    await using tap = await lab.host.openTap({ name: 'tap0', up: true });
    const batch = new FrameBatch();
    const passes = () => {
      while (tap.tryRead(batch) > 0);
      sendInto(lab, 'tap0', frameTo('52:54:00:00:00:42', 64));
      let seen = false;
      while (tap.tryRead(batch) > 0) for (const frame of batch) seen ||= frame[5] === 0x42 && frame.length === 64;
      return seen;
    };
    expect(passes()).toBe(true);
    const dropAll = Uint8Array.from([0xb7, 0, 0, 0, 0, 0, 0, 0, 0x95, 0, 0, 0, 0, 0, 0, 0]);
    await tap.setFilter(dropAll);
    expect(passes()).toBe(false);
    await tap.setFilter(null);
    expect(passes()).toBe(true);
    // BPF_RET | BPF_K, 0
    await tap.attachClassicFilter(Uint8Array.from([0x06, 0, 0, 0, 0, 0, 0, 0]));
    expect(passes()).toBe(false);
    await tap.detachClassicFilter();
    expect(passes()).toBe(true);
    expect(await tap.setTxFilter({ addresses: [Uint8Array.of(0x52, 0x54, 0, 0, 0, 0x41)] })).toBe(1);
    expect(passes()).toBe(false);
    await tap.setTxFilter({ addresses: [] });
    expect(passes()).toBe(true);
  });

  it('plugs and unplugs its carrier', async () => {
    await using tap = await lab.host.openTap({ name: 'tap0', up: true, carrier: false });
    expect(link('tap0')?.flags).not.toContain('LOWER_UP');
    await tap.setCarrier(true);
    expect(link('tap0')?.flags).toContain('LOWER_UP');
  });

  it('persists, is attached to again, and is owned', async () => {
    const first = await lab.host.openTap({ name: 'keep0', persist: true, owner: 1234, ownerGroup: 5678 });
    await first.close();
    expect(link('keep0')?.linkinfo?.info_data).toMatchObject({ persist: true, user: 1234, group: 5678 });
    await expect(lab.host.openTap({ name: 'keep0' })).rejects.toMatchObject({
      code: 'EBUSY',
      message: expect.stringContaining("attach: 'existing'") as unknown,
    });
    const again = await lab.host.openTap({ name: 'keep0', attach: 'existing' });
    await again.setPersist(false);
    await again.close();
    expect(link('keep0')).toBeUndefined();
    await expect(lab.host.openTap({ name: 'keep0', attach: 'existing' })).rejects.toMatchObject({ code: 'ENODEV' });
  });

  it('detects a device that was made without the header that is asked for', async () => {
    const plain = await lab.host.openTap({ name: 'plain0', persist: true, multiQueue: true });
    await expect(
      lab.host.openTap({ name: 'plain0', attach: 'existing', multiQueue: true, offloads: 'all' }),
    ).rejects.toThrow(/without a virtio header: open it with vnetHeader: false/);
    await plain.setPersist(false);
    await plain.close();
  });

  it('says who holds a TAP that is busy', async () => {
    await using tap = await lab.host.openTap({ name: 'busy0' });
    expect(tap.name).toBe('busy0');
    const attempt = lab.host.openTap({ name: 'busy0', attach: 'existing' });
    await expect(attempt).rejects.toMatchObject({ code: 'EBUSY', syscall: 'ioctl TUNSETIFF', interface: 'busy0' });
    await expect(attempt).rejects.toThrow(new RegExp(`held by process ${process.pid} `));
  });

  it('gives its descriptor away, and adopts one', async () => {
    const tap = await lab.host.openTap({ name: 'give0', up: true, offloads: ['csum'] });
    const fd = tap.detach();
    expect(tap.closed).toBe(true);
    expect(link('give0')).toBeDefined();
    const adopted = await adoptTun(fd, { offloads: ['csum'] });
    expect(adopted).toMatchObject({ kind: 'tap', name: 'give0', vnetHeader: true });
    adopted.writeFrame(frameTo('52:54:00:00:00:01', 64));
    await adopted.close();
    expect(link('give0')).toBeUndefined();
  });

  it('refuses to adopt what is no TAP, and leaves it to the caller', async () => {
    await expect(adoptTun(0)).rejects.toMatchObject({ syscall: 'ioctl TUNGETIFF' });
    await expect(adoptTun(-1)).rejects.toThrow(RangeError);
  });

  it("is shared with a child through the child's stdio", async () => {
    await using tap = await lab.host.openTap({ name: 'child0', up: true });
    const script = `
      import fcntl, struct, os
      name = fcntl.ioctl(3, 0x800454d2, struct.pack('40x'))[:16].rstrip(b'\\0').decode()
      os.write(3, bytes.fromhex('525400000001525400000002' + '0800' + '00' * 50))
      print(name)`.replace(/^ {6}/gm, '');
    const child = spawn('python3', ['-c', script], { stdio: ['ignore', 'pipe', 'inherit', tap.fd] });
    const [chunk] = (await once(child.stdout!, 'data')) as [Buffer];
    await once(child, 'close');
    expect(chunk.toString().trim()).toBe('child0');
    const stats = (lab.ip('-s', 'link', 'show', 'child0') as { stats64: { rx: { packets: number } } }[])[0]!.stats64;
    expect(stats.rx.packets).toBe(1);
  });

  it('bounds what is in flight, and says so', async () => {
    await using tap = await lab.host.openTap({ name: 'tap0' });
    expect(await tap.sendBufferBytes()).toBe(2 ** 31 - 1);
    await tap.setSendBufferBytes(100_000);
    expect(await tap.sendBufferBytes()).toBe(100_000);
  });
});

describe('TUN', () => {
  const lab = useLab();

  it('moves IP packets without an Ethernet header', async () => {
    await using tun = await lab.host.openTun({ name: 'tun0', up: true });
    expect(tun.kind).toBe('tun');
    await lab.host.addresses.add({ interface: 'tun0', address: '10.8.0.1/24' });
    lab.run('bash', '-c', 'echo hello > /dev/udp/10.8.0.2/7777');
    const batch = new FrameBatch();
    const index = await nextBatch(tun, batch, (packet) => packet[0] === 0x45 && packet[9] === 17);
    expect(batch.at(index).subarray(16, 20)).toEqual(Uint8Array.of(10, 8, 0, 2));
  });

  it('changes its hardware type while down', async () => {
    await using tun = await lab.host.openTun({ name: 'tun0' });
    await tun.setLinkType(1);
    expect((lab.ip('link', 'show', 'tun0') as { link_type: string }[])[0]!.link_type).toBe('ether');
  });
});

describe('bad input', () => {
  const lab = useLab();

  it.each([
    [{ name: 'a-name-of-sixteen' }, RangeError, /at most 15/],
    [{ name: 'a/b' }, TypeError, /must not/],
    [{ name: '' }, TypeError, /must not be empty/],
    [{ name: 'a%s' }, TypeError, /'%d'/],
    [{ offloads: ['tso4'] as const }, TypeError, /need 'csum'/],
    [{ offloads: ['ufo'] as never }, TypeError, /unknown offload 'ufo'/],
    [{ offloads: 'all' as const, vnetHeader: false }, TypeError, /vnetHeader/],
    [{ attach: 'maybe' as never }, TypeError, /attach must be/],
    [{ owner: -1 }, RangeError, /owner/],
    [{ index: 0 }, RangeError, /index/],
    [{ mtu: 10 }, RangeError, /mtu/],
    [{ mac: 'no mac' }, TypeError, /mac/i],
  ])('is caught before the kernel sees it: %j', async (options, type, message) => {
    const attempt = lab.host.openTap(options);
    await expect(attempt).rejects.toThrow(type);
    await expect(attempt).rejects.toThrow(message);
    expect((lab.ip('link') as IpLink[]).map((l) => l.ifname)).toEqual(['lo']);
  });

  it('leaves nothing behind when the interface cannot be configured', async () => {
    const attempt = lab.host.openTap({ name: 'tap0', master: 'no-bridge', persist: true });
    await expect(attempt).rejects.toBeInstanceOf(NetError);
    expect((lab.ip('link') as IpLink[]).map((l) => l.ifname)).toEqual(['lo']);
  });
});

function udpChecksumIsRight(frame: Uint8Array): boolean {
  const length = (frame[38]! << 8) | frame[39]!;
  let sum = 17 + length;
  const add = (from: number, to: number): void => {
    for (let i = from; i < to; i += 2) sum += (frame[i]! << 8) | (i + 1 < to ? frame[i + 1]! : 0);
  };
  add(26, 34);
  add(34, 34 + length);
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
  return sum === 0xffff;
}
