import {
  array,
  attrs,
  be16,
  be32,
  bool8,
  bytes,
  counter64,
  flag,
  ip,
  mac,
  nested,
  plain,
  prefixed,
  Reader,
  repeated,
  s32,
  selectedBy,
  string,
  struct,
  text,
  u16,
  u32,
  u64,
  u8,
  Writer,
  type AttributeTable,
} from '../../../lib/rtnl';

function encode<T extends object>(table: AttributeTable<T>, value: T): Uint8Array {
  const writer = new Writer(8);
  table.encode(writer, value);
  return writer.finish();
}

function decode<T extends object>(table: AttributeTable<T>, wire: Uint8Array): T {
  return table.decode(new Reader(wire), 0, wire.length);
}

function hex(wire: Uint8Array): string {
  return Buffer.from(wire).toString('hex');
}

const kinds = {
  red: attrs({ size: [1, u16] }),
  blue: attrs({ deep: [2, u32] }),
};
const inner = attrs({ one: [1, u8], names: [2, repeated(string)] });
const everything = attrs({
  u8: [1, u8],
  u16: [2, u16],
  u32: [3, u32],
  s32: [4, s32],
  u64: [5, u64],
  counter: [6, counter64],
  be16: [7, be16],
  be32: [8, be32],
  flag: [9, flag],
  bool: [10, bool8],
  string: [11, string],
  mac: [12, mac],
  ip: [13, ip],
  bytes: [14, bytes],
  nest: [15, nested(inner)],
  array: [16, array(u32)],
  kind: [17, string],
  data: [18, selectedBy('kind', kinds)],
  text: [19, text],
  peer: [20, prefixed(struct({ index: u32, _pad: u16, flags: u16 }), inner)],
});

const sample = {
  u8: 0xfe,
  u16: 0xfedc,
  u32: 0xfedcba98,
  s32: -2,
  u64: 0xfedcba9876543210n,
  counter: Number.MAX_SAFE_INTEGER,
  be16: 0x1234,
  be32: 0x12345678,
  flag: true,
  bool: false,
  string: 'eth0',
  mac: '52:54:00:12:34:56',
  ip: 'fd00::1',
  bytes: Uint8Array.of(1, 2, 3, 4, 5),
  nest: { one: 1, names: ['a', 'bcdef', ''] },
  array: [1, 2, 0xffffffff],
  kind: 'blue',
  data: { deep: 7 },
  text: '',
  peer: { header: { index: 9, flags: 3 }, attributes: { one: 4 } },
};

describe('attribute table', () => {
  it('writes length, type, payload and padding', () => {
    expect(hex(encode(everything, { u8: 7 }))).toBe('05000100' + '07000000');
    expect(hex(encode(everything, { u16: 0x0102 }))).toBe('06000200' + '02010000');
    expect(hex(encode(everything, { be16: 0x0102 }))).toBe('06000700' + '01020000');
    expect(hex(encode(everything, { string: 'eth' }))).toBe('08000b00' + '65746800');
    expect(hex(encode(everything, { text: 'eth' }))).toBe('07001300' + '65746800');
    expect(hex(encode(everything, { ip: '10.0.0.1' }))).toBe('08000d00' + '0a000001');
    expect(hex(encode(everything, { mac: '02:00:00:00:00:01' }))).toBe('0a000c00' + '0200000000010000');
  });

  it('marks nests and patches their lengths', () => {
    expect(hex(encode(everything, { nest: { one: 1 } }))).toBe('0c000f80' + '05000100' + '01000000');
  });

  it('writes a flag by its presence, any other false as a byte', () => {
    expect(hex(encode(everything, { flag: true, bool: true }))).toBe('04000900' + '05000a00' + '01000000');
    expect(hex(encode(everything, { flag: false, bool: false }))).toBe('05000a00' + '00000000');
  });

  it('decodes what it encodes', () => {
    expect(decode(everything, encode(everything, sample))).toEqual(sample);
  });

  it('gives the same by way of a view, and an ordinary object of it', () => {
    const wire = encode(everything, sample);
    const view = everything.view(new Reader(wire), 0, wire.length);
    for (const key of Object.keys(sample) as (keyof typeof sample)[]) {
      const value = view[key];
      expect(typeof value === 'object' && !Array.isArray(value) ? plain(value) : value).toEqual(sample[key]);
    }
    expect(view.raw).toBeUndefined();
    expect(plain(view)).toEqual(sample);
    expect(view.nest?.names).toEqual(['a', 'bcdef', '']);
  });

  it('writes a kind before the data it selects, whatever the order of the caller', () => {
    const wire = encode(everything, { data: { size: 3 }, kind: 'red' });
    expect(decode(everything, wire)).toEqual({ kind: 'red', data: { size: 3 } });
    expect(() => encode(everything, { data: { size: 3 }, kind: 'green' })).toThrow(
      /no attribute table for kind 'green'/,
    );
  });

  it('keeps raw, and writes back, what it does not know', () => {
    const wire = Buffer.from('05000100' + '07000000' + '06006380' + 'beef0000', 'hex');
    const value = decode(everything, wire);
    expect(value.u8).toBe(7);
    expect(value.raw).toEqual([{ type: 0x8063, data: Buffer.from('beef', 'hex') }]);
    expect(everything.view(new Reader(wire), 0, wire.length).raw).toEqual(value.raw);
    expect(hex(encode(everything, value))).toBe(hex(wire));
  });

  it('keeps raw the data of a kind it does not know', () => {
    const wire = Buffer.from('08001100' + '67727900' + '08001280' + '01020304', 'hex');
    const value = decode(everything, wire);
    expect(value).toEqual({ kind: 'gry', raw: [{ type: 0x8012, data: Buffer.from('01020304', 'hex') }] });
    expect(hex(encode(everything, value))).toBe(hex(wire));
  });

  it('keeps raw a known attribute that is too short', () => {
    const wire = Buffer.from('06000300' + '01020000', 'hex');
    const value = decode(everything, wire);
    expect(value.u32).toBeUndefined();
    expect(value.raw).toEqual([{ type: 3, data: Buffer.from('0102', 'hex') }]);
    expect(everything.view(new Reader(wire), 0, wire.length).u32).toBeUndefined();
    expect(hex(encode(everything, value))).toBe(hex(wire));
  });

  it('reads the known beginning of a longer attribute', () => {
    expect(decode(everything, Buffer.from('0c000300' + '07000000' + 'ffffffff', 'hex'))).toEqual({ u32: 7 });
  });

  it('keeps raw an address of no known length', () => {
    expect(decode(everything, Buffer.from('09000d00' + '0a00000105000000', 'hex'))).toEqual({
      raw: [{ type: 13, data: Buffer.from('0a00000105', 'hex') }],
    });
  });

  it('takes the last of repeated attributes, as nla_parse() does', () => {
    const wire = Buffer.from('05000100' + '01000000' + '05000100' + '02000000', 'hex');
    expect(decode(everything, wire)).toEqual({ u8: 2 });
    expect(everything.view(new Reader(wire), 0, wire.length).u8).toBe(2);
  });

  it('stops at an attribute whose length lies', () => {
    for (const lie of ['0000', '0300', '0d00', 'ffff']) {
      expect(decode(everything, Buffer.from('05000100' + '07000000' + `${lie}0300` + '0100000000', 'hex'))).toEqual({
        u8: 7,
      });
    }
  });

  it('refuses an attribute of more than 65535 bytes', () => {
    expect(hex(encode(everything, { bytes: new Uint8Array(65531) }).subarray(0, 4))).toBe('ffff0e00');
    expect(() => encode(everything, { bytes: new Uint8Array(65532) })).toThrow(RangeError);
    expect(() => encode(everything, { nest: { names: new Array<string>(200).fill('x'.repeat(400)) } })).toThrow(
      /65535/,
    );
  });

  it('refuses two names for one number', () => {
    expect(() => attrs({ a: [1, u8], b: [1, u16] })).toThrow(/'b' repeats type 1/);
    expect(() => attrs({ raw: [1, u8] })).toThrow(TypeError);
  });
});

describe('codec', () => {
  it('keeps UTF-8 in text', () => {
    for (const name of ['größe', '網路', '🚀', '']) {
      expect(decode(everything, encode(everything, { string: name, text: name }))).toEqual({
        string: name,
        text: name,
      });
    }
  });

  it('reads text up to the first NUL, or to the end without one', () => {
    expect(decode(everything, Buffer.from('0a000b00' + '656800414141' + '0000', 'hex')).string).toBe('eh');
    expect(decode(everything, Buffer.from('06000b00' + '65680000', 'hex')).string).toBe('eh');
    expect(decode(everything, Buffer.from('08000b00' + 'c3a90041', 'hex')).string).toBe('é');
  });

  it('reads link-layer addresses of other lengths', () => {
    const wire = Buffer.from('08000c00' + '0a000001', 'hex');
    const value = decode(everything, wire);
    expect(value).toEqual({ mac: '0a:00:00:01' });
    expect(hex(encode(everything, value))).toBe(hex(wire));
  });

  it('writes a MAC address with dashes too', () => {
    expect(hex(encode(everything, { mac: '02-00-00-00-00-01' }))).toBe('0a000c00' + '0200000000010000');
  });

  it('counts exactly up to 2^53', () => {
    for (const value of [0, 1, 2 ** 32 - 1, 2 ** 32, 2 ** 53 - 1]) {
      expect(decode(everything, encode(everything, { counter: value })).counter).toBe(value);
    }
  });
});

describe('struct', () => {
  const pair = struct({ low: u8, _pad: u8, high: be16, extra: u32 }, { min: 4 });

  it('lays its fields out in order and leaves padding out of the value', () => {
    expect(pair.size).toBe(8);
    expect(pair.layout).toEqual([
      ['low', 0, 1],
      ['_pad', 1, 1],
      ['high', 2, 2],
      ['extra', 4, 4],
    ]);
    const writer = new Writer();
    pair.put(writer, { low: 1, high: 0x0203, extra: 4 });
    expect(hex(writer.finish())).toBe('01000203' + '04000000');
    expect(pair.get(writer.view, 0)).toEqual({ low: 1, high: 0x0203, extra: 4 });
  });

  it('writes zero for what is left out', () => {
    const writer = new Writer();
    pair.put(writer, { extra: 4 });
    expect(hex(writer.finish())).toBe('00000000' + '04000000');
  });

  it('reads as zero what an older kernel does not send', () => {
    expect(pair.read(new Reader(Buffer.from('01000203', 'hex')), 0, 4, {})).toEqual({ low: 1, high: 0x0203, extra: 0 });
  });
});

describe('writer', () => {
  it('pads with zeros after it was truncated', () => {
    const writer = new Writer(16);
    writer.bytes.fill(0xff, 0, writer.reserve(12) + 12);
    writer.truncate(0);
    everything.encode(writer, { u8: 1 });
    expect(hex(writer.finish())).toBe('05000100' + '01000000');
  });
});

describe('random values', () => {
  /** xorshift32: the same values in every run. */
  function randomizer(seed: number): (below: number) => number {
    let state = seed;
    return (below) => {
      state ^= state << 13;
      state ^= state >>> 17;
      state ^= state << 5;
      return (state >>> 0) % below;
    };
  }

  it('survive a round trip', () => {
    const random = randomizer(0x1234567);
    const some = <T>(make: () => T): T | undefined => (random(2) === 0 ? undefined : make());
    const word = (): string =>
      Array.from({ length: random(12) }, () => String.fromCodePoint(1 + random(0xd000))).join('');
    for (let i = 0; i < 2000; i += 1) {
      const value = {
        u8: some(() => random(2 ** 8)),
        u16: some(() => random(2 ** 16)),
        u32: some(() => random(2 ** 32)),
        s32: some(() => random(2 ** 32) - 2 ** 31),
        counter: some(() => random(2 ** 32) * random(2 ** 21)),
        be32: some(() => random(2 ** 32)),
        bool: some(() => random(2) === 0),
        string: some(word),
        bytes: some(() => Uint8Array.from({ length: random(40) }, () => random(256))),
        nest: some(() => ({ one: random(256), names: some(() => Array.from({ length: 1 + random(4) }, word)) })),
        array: some(() => Array.from({ length: random(5) }, () => random(2 ** 32))),
      };
      const wire = encode(everything, value);
      expect(wire.length % 4).toBe(0);
      const back = decode(everything, wire);
      expect(back).toEqual(value);
      expect(hex(encode(everything, back))).toBe(hex(wire));
    }
  });
});
