import { execFileSync } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';

import { FrameBatch, MAX_FRAME_BYTES, type Tap } from '../../lib';
import { frameTo, sendInto } from '../helpers/frames';
import { openLab, useLab } from '../helpers/netns';

describe('frames()', () => {
  const lab = useLab();
  let tap: Tap;

  beforeEach(async () => {
    tap = await lab.host.openTap({ name: 'tap0', up: true });
  });

  afterEach(async () => tap.close());

  const ours = (batch: FrameBatch) => [...batch].filter((frame) => frame[12] === 0x88 && frame[13] === 0xb5);

  it('yields what the kernel sends, in order', async () => {
    const lengths: number[] = [];
    for (let i = 0; i < 5; i++) sendInto(lab, 'tap0', frameTo('52:54:00:00:00:01', 100 + i));
    for await (const batch of tap.frames()) {
      lengths.push(...ours(batch).map((frame) => frame.length));
      if (lengths.length >= 5) break;
    }
    expect(lengths).toEqual([100, 101, 102, 103, 104]);
    expect(tap.counters().rxFrames).toBeGreaterThanOrEqual(5);
  });

  it('waits for frames that come later', async () => {
    const frames = tap.frames();
    const pending = frames.next();
    sendInto(lab, 'tap0', frameTo('52:54:00:00:00:01', 77));
    let found = ours((await pending).value).length;
    while (found === 0) found = ours((await frames.next()).value).length;
    expect(found).toBe(1);
    await frames.return?.();
  });

  it('releases a batch when the next is asked for', async () => {
    sendInto(lab, 'tap0', frameTo('52:54:00:00:00:01', 77));
    const frames = tap.frames();
    const first = (await frames.next()).value as FrameBatch;
    expect(first.length).toBeGreaterThan(0);
    const pending = frames.next();
    sendInto(lab, 'tap0', frameTo('52:54:00:00:00:01', 77));
    await pending;
    expect(() => first.at(0)).toThrow(/was released/);
    await frames.return?.();
  });

  it('ends when the device is closed, also while it waits', async () => {
    const frames = tap.frames();
    while (tap.tryRead(new FrameBatch()) > 0);
    const pending = frames.next();
    const queued = frames.next();
    await tap.close();
    expect(await pending).toEqual({ value: undefined, done: true });
    expect(await queued).toEqual({ value: undefined, done: true });
    expect(() => tap.frames()).toThrow(expect.objectContaining({ code: 'EBADF' }));
    expect(() => tap.tryRead(new FrameBatch())).toThrow(/is closed/);
    expect(() => tap.write(new FrameBatch())).toThrow(/is closed/);
  });

  it('fails with the reason of its signal, before and while it waits', async () => {
    const controller = new AbortController();
    const frames = tap.frames({ signal: controller.signal });
    while (tap.tryRead(new FrameBatch()) > 0);
    const pending = frames.next();
    controller.abort(new Error('enough'));
    await expect(pending).rejects.toThrow('enough');
    expect(await frames.next()).toEqual({ value: undefined, done: true });
    await expect(tap.frames({ signal: AbortSignal.abort() }).next()).rejects.toThrow(/abort/);
    // The queue is free for another reader.
    await tap.frames().return?.();
  });

  it('is not taken by a reader that could not be made', async () => {
    expect(() => tap.frames({ batchesPerTurn: 0 })).toThrow(RangeError);
    expect(() => tap.frames({ frames: 0 })).toThrow(RangeError);
    await tap.frames().return?.();
  });

  it('has one reader at a time', async () => {
    const frames = tap.frames();
    expect(() => tap.frames()).toThrow(/one reader per queue/);
    await frames.return?.();
    const next = tap.frames();
    await next.return?.();
  });

  it('lets timers run while frames never stop coming', async () => {
    // A second TAP on the same bridge floods the first for as long as the loop below goes on.
    await lab.host.links.add({ kind: 'bridge', name: 'br0', up: true });
    await lab.host.links.set('tap0', { master: 'br0' });
    await using source = await lab.host.openTap({ name: 'tap1', up: true, master: 'br0' });
    const flood = new FrameBatch();
    for (let i = 0; i < 64; i++) flood.push(frameTo('52:54:00:00:00:01', 60));
    let timers = 0;
    const timer = setInterval(() => timers++, 1);
    let batches = 0;
    source.write(flood);
    for await (const batch of tap.frames({ batchesPerTurn: 4 })) {
      void batch;
      source.write(flood);
      if (++batches === 5000) break;
    }
    clearInterval(timer);
    expect(timers).toBeGreaterThan(5);
    await lab.host.links.remove('br0');
  });

  it('fails when the interface is deleted', async () => {
    const frames = tap.frames();
    while (tap.tryRead(new FrameBatch()) > 0);
    const pending = (async () => {
      for await (const batch of frames) void batch;
    })();
    lab.run('ip', 'link', 'delete', 'tap0');
    await expect(pending).rejects.toMatchObject({
      code: 'EBADFD',
      message: expect.stringContaining('deleted') as unknown,
    });
    expect(() => tap.writeFrame(frameTo('52:54:00:00:00:01', 60))).toThrow(/EBADFD/);
    const batch = new FrameBatch();
    batch.push(frameTo('52:54:00:00:00:01', 60));
    expect(() => tap.write(batch)).toThrow(/EBADFD.*deleted/);
    expect(() => tap.tryRead(batch)).toThrow(/EBADFD.*deleted/);
    expect(() => tap.currentName()).toThrow(/EBADFD/);
  });

  it('goes on when the interface is renamed, moved to another namespace, and taken down and up', async () => {
    const seen: number[] = [];
    const reader = (async () => {
      for await (const batch of tap.frames()) seen.push(...ours(batch).map((frame) => frame.length));
    })();
    const until = async (length: number) => {
      for (let i = 0; i < 500 && !seen.includes(length); i++) await sleep(10);
      expect(seen).toContain(length);
    };
    lab.run('ip', 'link', 'set', 'tap0', 'name', 'other0');
    sendInto(lab, 'other0', frameTo('52:54:00:00:00:01', 71));
    await until(71);
    lab.run('ip', 'link', 'set', 'other0', 'down');
    lab.run('ip', 'link', 'set', 'other0', 'up');
    sendInto(lab, 'other0', frameTo('52:54:00:00:00:01', 72));
    await until(72);
    await using elsewhere = await openLab();
    try {
      execFileSync('ip', ['-n', lab.name, 'link', 'set', 'other0', 'netns', elsewhere.name]);
      elsewhere.run('ip', 'link', 'set', 'other0', 'up');
      sendInto(elsewhere, 'other0', frameTo('52:54:00:00:00:01', 73));
      await until(73);
      expect(tap.currentName()).toBe('other0');
    } finally {
      await tap.close();
      await reader;
    }
  });
});

describe('what does not fit', () => {
  const lab = useLab();

  // Frames of the kernel's own (duplicate address detection) would take places in the ring.
  beforeAll(() => lab.run('sh', '-c', 'echo 1 > /proc/sys/net/ipv6/conf/default/disable_ipv6'));

  it('counts what a full ring drops, in the kernel', async () => {
    await using tap = await lab.host.openTap({ name: 'tap0', up: true, txQueueLength: 10 });
    for (let i = 0; i < 20; i++) sendInto(lab, 'tap0', frameTo('52:54:00:00:00:01', 60));
    const stats = (lab.ip('-s', 'link', 'show', 'tap0') as { stats64: { tx: { dropped: number } } }[])[0]!.stats64;
    expect(stats.tx.dropped).toBeGreaterThanOrEqual(10);
    expect((await lab.host.links.get('tap0')).statistics?.txDropped).toBe(stats.tx.dropped);
    const batch = new FrameBatch();
    expect(tap.tryRead(batch)).toBe(10);
    expect(tap.tryRead(batch)).toBe(0);
  });

  it('reads no more than it is told to', async () => {
    await using tap = await lab.host.openTap({ name: 'tap0', up: true });
    const batch = new FrameBatch();
    while (tap.tryRead(batch) > 0);
    for (let i = 0; i < 5; i++) sendInto(lab, 'tap0', frameTo('52:54:00:00:00:01', 60 + i));
    expect(tap.tryRead(batch, { limit: 2 })).toBe(2);
    expect([...batch].map((frame) => frame.length)).toEqual([60, 61]);
    expect(tap.tryRead(batch)).toBeGreaterThanOrEqual(3);
    expect(batch.size(0)).toBe(62);
  });

  it('refuses frames while the interface is down, one by one, and says why', async () => {
    await using tap = await lab.host.openTap({ name: 'tap0' });
    const batch = new FrameBatch();
    batch.push(frameTo('52:54:00:00:00:01', 60));
    batch.push(frameTo('52:54:00:00:00:01', 60));
    expect(tap.write(batch)).toBe(2);
    expect(tap.counters()).toMatchObject({ txFrames: 0, txRejected: 2, rejections: { EIO: 2 } });
    expect(() => tap.writeFrame(frameTo('52:54:00:00:00:01', 60))).toThrow(/EIO.*set it up/);
  });

  it('costs a malformed frame only itself', async () => {
    await using tap = await lab.host.openTap({ name: 'tap0', up: true });
    const batch = new FrameBatch();
    batch.push(new Uint8Array());
    batch.push(frameTo('52:54:00:00:00:01', 60));
    batch.push(new Uint8Array(13));
    batch.push(frameTo('52:54:00:00:00:01', 61));
    expect(tap.write(batch)).toBe(4);
    expect(tap.counters()).toMatchObject({ txFrames: 2, txBytes: 121, txRejected: 2, rejections: { EINVAL: 2 } });
    expect(() => tap.writeFrame(new Uint8Array())).toThrow(/EINVAL/);
  });

  it('carries frames of 65,550 bytes', async () => {
    await using from = await lab.host.openTap({ name: 'from0', up: true, mtu: 65_521 });
    const frame = frameTo('52:54:00:00:00:01', 65_535);
    sendInto(lab, 'from0', frame);
    const batch = new FrameBatch();
    for (let i = 0; i < 100 && from.tryRead(batch, { limit: 1 }) > 0; i++) if (batch.size(0) === frame.length) break;
    expect(Buffer.compare(batch.at(0), frame)).toBe(0);
    from.writeFrame(frameTo('52:54:00:00:00:01', 65_550));
    from.writeFrame(frameTo('52:54:00:00:00:01', MAX_FRAME_BYTES));
    expect(() => from.writeFrame(frameTo('52:54:00:00:00:01', MAX_FRAME_BYTES + 1))).toThrow(RangeError);
    expect(from.counters().txBytes).toBe(65_550 + MAX_FRAME_BYTES);
  });

  it('never reads or writes outside its pool, whatever the slots say', async () => {
    await using tap = await lab.host.openTap({ name: 'tap0', up: true });
    const batch = new FrameBatch();
    batch.push(frameTo('52:54:00:00:00:01', 60));
    const { slots } = batch.storage;
    for (const [offset, length] of [
      [0, 60],
      [0xffff_ffff, 60],
      [78, 0xffff_ffff],
      [512 << 10, 1],
      [(512 << 10) - 59, 60],
    ] as const) {
      slots.set([offset, length]);
      expect(tap.write(batch)).toBe(1);
    }
    expect(tap.write(batch, Uint32Array.of(64, 0xffff_ffff))).toBe(2);
    expect(tap.counters()).toMatchObject({ txFrames: 0, rejections: { EINVAL: 7 } });
  });

  it('sends no frame of an earlier batch, and takes no count that makes no sense', async () => {
    await using tap = await lab.host.openTap({ name: 'tap0', up: true });
    const batch = new FrameBatch();
    batch.push(frameTo('52:54:00:00:00:01', 60));
    batch.push(frameTo('52:54:00:00:00:01', 60));
    batch.clear();
    batch.push(frameTo('52:54:00:00:00:01', 60));
    // The slot of the second frame still holds what was there.
    expect(tap.write(batch, Uint32Array.of(1))).toBe(1);
    expect(tap.counters()).toMatchObject({ txFrames: 0, rejections: { EINVAL: 1 } });
    for (const count of [-1, 2, 0.5, NaN]) expect(() => tap.write(batch, undefined, count)).toThrow(RangeError);
    for (const limit of [-1, 0, 0.5, NaN]) expect(() => tap.tryRead(batch, { limit })).toThrow(RangeError);
    expect(tap.write(batch, undefined, 0)).toBe(0);
  });

  it('treats a pool that its user has given away as empty', async () => {
    await using tap = await lab.host.openTap({ name: 'tap0', up: true });
    const batch = new FrameBatch();
    batch.push(frameTo('52:54:00:00:00:01', 60));
    structuredClone(batch.bytes, { transfer: [batch.bytes.buffer as ArrayBuffer] });
    expect(tap.write(batch)).toBe(1);
    expect(tap.counters().rejections).toEqual({ EINVAL: 1 });
    sendInto(lab, 'tap0', frameTo('52:54:00:00:00:01', 60));
    expect(tap.tryRead(batch)).toBe(0);
  });

  it('sends all, waiting while the device can take no more', async () => {
    await using tap = await lab.host.openTap({ name: 'tap0', up: true });
    const batch = new FrameBatch();
    for (let i = 0; i < 64; i++) batch.push(frameTo('52:54:00:00:00:01', 60));
    // Far less than the batch may be in flight.
    await tap.setSendBufferBytes(2000);
    for (let round = 0; round < 20; round++) await tap.send(batch);
    expect(tap.counters()).toMatchObject({ txFrames: 1280, txRejected: 0 });
    await tap.send(batch, { order: Uint32Array.of(3, 1) });
    expect(tap.counters().txFrames).toBe(1282);
    await expect(tap.send(batch, { signal: AbortSignal.abort(new Error('no')) })).rejects.toThrow('no');
  });
});
