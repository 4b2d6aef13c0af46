import { FrameBatch, FRAME_HEADROOM, MAX_FRAME_BYTES, VNET_HEADER_BYTES } from '../../../lib/tap';

describe('FrameBatch', () => {
  const frame = (length: number, fill: number) => new Uint8Array(length).fill(fill);

  it('holds frames one after another, each with its headroom', () => {
    const batch = new FrameBatch({ frames: 4 });
    expect(batch.capacity).toBe(4);
    batch.push(frame(60, 1));
    batch.push(frame(1500, 2));
    batch.push(new Uint8Array());
    expect(batch).toHaveLength(3);
    expect(batch.at(1)).toEqual(frame(1500, 2));
    expect(batch.size(2)).toBe(0);
    expect(batch.offset(0)).toBe(FRAME_HEADROOM);
    expect(batch.offset(1) - FRAME_HEADROOM).toBe(Math.ceil((FRAME_HEADROOM + 60) / 64) * 64);
    expect([...batch].map((each) => each.length)).toEqual([60, 1500, 0]);
  });

  it('gives views, not copies', () => {
    const batch = new FrameBatch();
    const built = batch.allocate(100);
    built[99] = 7;
    expect(batch.at(0)[99]).toBe(7);
    const copy = batch.copy(0);
    built[99] = 8;
    expect(copy[99]).toBe(7);
  });

  it('reads MAC addresses as numbers', () => {
    const batch = new FrameBatch();
    batch.push(Uint8Array.from([0xff, 0xfe, 0xfd, 0xfc, 0xfb, 0xfa, 0x52, 0x54, 0x00, 0x80, 0x00, 0x01, 8, 0]));
    expect(batch.destinationKey(0)).toBe(0xfffefdfcfbfa);
    expect(batch.sourceKey(0)).toBe(0x525400800001);
    batch.push(frame(11, 0xff));
    expect(batch.destinationKey(1)).toBe(0xffffffffffff);
    expect(batch.sourceKey(1)).toBeNaN();
  });

  it('refuses more frames than it holds', () => {
    const batch = new FrameBatch({ frames: 1 });
    batch.push(frame(60, 0));
    expect(() => batch.push(frame(60, 0))).toThrow(/full: 1 frames/);
    const small = new FrameBatch({ poolBytes: FRAME_HEADROOM + MAX_FRAME_BYTES });
    small.push(frame(MAX_FRAME_BYTES, 1));
    expect(() => small.push(frame(1, 0))).toThrow(/pool of \d+ bytes is full/);
    expect(() => small.allocate(MAX_FRAME_BYTES + 1)).toThrow(RangeError);
    small.clear();
    expect(small).toHaveLength(0);
    small.push(frame(60, 0));
  });

  it.each([{ frames: 0 }, { frames: 4097 }, { frames: 1.5 }, { poolBytes: 1000 }, { poolBytes: NaN }])(
    'refuses %j',
    (options) => expect(() => new FrameBatch(options)).toThrow(RangeError),
  );

  it('refuses an index that is not there', () => {
    const batch = new FrameBatch();
    batch.push(frame(60, 0));
    for (const index of [-1, 1, 0.5, NaN]) expect(() => batch.at(index)).toThrow(/no frame/);
  });

  it('moves the start of a frame, its virtio header with it', () => {
    const batch = new FrameBatch();
    batch.push(frame(60, 1));
    batch.push(Uint8Array.from([1, 2, 3, 4, 5, 6, 7, 8]));
    batch.vnetHeader(1).csumStart = 34;
    batch.moveStart(1, -4);
    expect(batch.size(1)).toBe(12);
    expect(batch.at(1).subarray(4)).toEqual(Uint8Array.from([1, 2, 3, 4, 5, 6, 7, 8]));
    expect(batch.vnetHeader(1).csumStart).toBe(34);
    batch.moveStart(1, 8);
    expect(batch.at(1)).toEqual(Uint8Array.from([5, 6, 7, 8]));
    expect(batch.vnetHeader(1).csumStart).toBe(34);
    expect(() => batch.moveStart(1, 5)).toThrow(RangeError);
    expect(() => batch.moveStart(0, -(FRAME_HEADROOM - VNET_HEADER_BYTES + 1))).toThrow(RangeError);
    batch.moveStart(0, -(FRAME_HEADROOM - VNET_HEADER_BYTES));
    expect(batch.at(0)).toHaveLength(60 + FRAME_HEADROOM - VNET_HEADER_BYTES);
  });

  it('tells when it is used after it was passed over', () => {
    const old = new FrameBatch();
    old.push(frame(60, 1));
    const next = old.renew();
    expect(next).toHaveLength(0);
    expect(() => old.at(0)).toThrow(/was released/);
    expect(() => old.length).toThrow(/was released/);
    expect(() => old.bytes).toThrow(/was released/);
  });

  it('follows what is read into it', () => {
    const batch = new FrameBatch();
    const count = batch.refill((bytes, slots) => {
      bytes[200] = 5;
      slots.set([78, 60, 192, 9]);
      return 2;
    });
    expect(count).toBe(2);
    expect(batch.at(1)[8]).toBe(5);
    // What is pushed after a read does not overwrite what was read.
    batch.push(frame(10, 9));
    expect(batch.at(1)[8]).toBe(5);
    expect(batch.offset(2)).toBeGreaterThanOrEqual(192 + 9 + FRAME_HEADROOM);
  });
});
