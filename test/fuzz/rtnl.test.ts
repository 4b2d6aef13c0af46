// Netlink bytes as no kernel sends them: cut short, too long, misaligned, with lengths that lie.
import { readFileSync } from 'node:fs';
import path from 'node:path';

import { readLink } from '../../lib/host/link';
import {
  addressFamily,
  attributeAt,
  linkFamily,
  missingAt,
  neighborFamily,
  nsidFamily,
  plain,
  policyRange,
  Reader,
  routeFamily,
  Writer,
  type AnyFamily,
  type MessageFamily,
  type RawAttribute,
} from '../../lib/rtnl';

const HEADER = 16;
const families = [
  linkFamily,
  addressFamily,
  routeFamily,
  neighborFamily,
  nsidFamily,
] as unknown as readonly MessageFamily<object, object>[];

const golden = JSON.parse(readFileSync(path.join(__dirname, '../unit/rtnl/golden.json'), 'utf8')) as Record<
  'requests' | 'replies',
  Record<string, string>
>;
const corpus = [...Object.values(golden.requests), ...Object.values(golden.replies)].map((hex) =>
  Buffer.from(hex, 'hex'),
);

/** xorshift32: a failure can be repeated. */
function randomizer(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) % below;
  };
}

/** Puts bytes at an odd offset into a larger buffer full of 0xa5: what is read beyond them shows. */
function embed(bytes: Uint8Array, offset: number): Uint8Array {
  const around = new Uint8Array(bytes.length + offset + 64).fill(0xa5);
  around.set(bytes, offset);
  return around.subarray(offset, offset + bytes.length);
}

/** Fails when a view inside lies beyond the bytes given; counts the views. (No expect(): this runs by the million.) */
function checkViews(value: unknown, bytes: Uint8Array): number {
  if (value instanceof Uint8Array) {
    const from = value.byteOffset - bytes.byteOffset;
    if (from < 0 || from + value.length > bytes.length) throw new Error(`a view of ${from}..${from + value.length}`);
    return 1;
  }
  if (typeof value !== 'object' || value === null) return 0;
  let count = 0;
  for (const each of Object.values(value)) count += checkViews(each, bytes);
  return count;
}

function decodeAll(bytes: Uint8Array): number {
  let views = 0;
  const reader = new Reader(bytes);
  const length = Math.max(0, bytes.length - HEADER);
  for (const family of families) {
    const message = family.decode(reader, HEADER, length);
    if (message === undefined) {
      if (length >= family.header.size) throw new Error('refused a message that has its header');
      continue;
    }
    const attributes = plain(message.attributes) as Record<string, unknown>;
    views += checkViews(attributes, bytes);
    // Reading by view gives the same as reading at once, but for attributes that come twice, the second time unreadable.
    const raw = new Set((attributes.raw as RawAttribute[] | undefined)?.map(({ type }) => type & 0x3fff));
    for (const { name, type } of family.attributes.entries) {
      const value = (message.attributes as Record<string, unknown>)[name];
      if (!raw.has(type) && typeof value !== 'object' && value !== attributes[name])
        throw new Error(`${name} differs by view`);
    }
    reencode(family, attributes);
  }
  return views;
}

/** What was understood can be written again, and means the same then. */
function reencode(family: MessageFamily<object, object>, attributes: object): void {
  const writer = new Writer();
  try {
    family.attributes.encode(writer, attributes);
  } catch (error) {
    // Two kinds in one message: the data is that of the first.
    if (error instanceof TypeError && error.message.startsWith('no attribute table for')) return;
    throw error;
  }
  const again = family.attributes.decode(new Reader(writer.finish()), 0, writer.length);
  if (Object.keys(again).sort().join() !== Object.keys(attributes).sort().join()) throw new Error('lost in writing');
}

describe('the decoder', () => {
  it('takes every prefix of real messages', () => {
    for (const message of corpus) {
      for (let length = 0; length <= message.length; length += message.length > 300 ? 7 : 1) {
        decodeAll(embed(message.subarray(0, length), length % 8));
      }
    }
  });

  it('takes real messages with bytes changed', () => {
    const random = randomizer(0xc0ffee);
    let views = 0;
    for (let round = 0; round < 20_000; round += 1) {
      const message = Buffer.from(corpus[random(corpus.length)] as Buffer);
      for (let i = 1 + random(8); i > 0; i -= 1) {
        message[HEADER + random(message.length - HEADER)] = [0, 1, 3, 4, 5, 0x7f, 0x80, 0xff, random(256)][
          random(9)
        ] as number;
      }
      views += decodeAll(embed(message, random(8)));
    }
    expect(views).toBeGreaterThan(1000);
  });

  it('takes lengths that lie, at every place there could be one', () => {
    for (const message of corpus) {
      for (let at = HEADER; at + 2 <= message.length; at += 4) {
        for (const lie of [0, 3, 5, 0xffff]) {
          const copy = Buffer.from(message);
          copy.writeUInt16LE(lie, at);
          decodeAll(copy);
        }
      }
    }
  });

  it('takes noise', () => {
    const random = randomizer(0xbadc0de);
    for (let round = 0; round < 20_000; round += 1) {
      decodeAll(
        embed(
          Uint8Array.from({ length: random(200) }, () => random(256)),
          random(8),
        ),
      );
    }
  });

  it('takes nests within nests within nests', () => {
    // IFLA_LINKINFO in IFLA_LINKINFO, as deep as 64 KiB allow.
    const depth = 8000;
    const bytes = Buffer.alloc(HEADER + 16 + depth * 4);
    for (let i = 0; i < depth; i += 1) {
      bytes.writeUInt16LE((depth - i) * 4, HEADER + 16 + i * 4);
      bytes.writeUInt16LE(18, HEADER + 16 + i * 4 + 2);
    }
    decodeAll(bytes);
  });
});

describe('links', () => {
  it('are made of whatever was understood', () => {
    const random = randomizer(0x11223344);
    const link = Buffer.from(golden.replies['link v0'] as string, 'hex');
    for (let round = 0; round < 3000; round += 1) {
      const message = Buffer.from(link);
      for (let i = 1 + random(12); i > 0; i -= 1)
        message[HEADER + 16 + random(message.length - HEADER - 16)] = random(256);
      const decoded = linkFamily.decode(new Reader(message), HEADER, message.length - HEADER);
      const read = readLink(
        decoded ?? { header: { family: 0, type: 0, index: 0, flags: 0, change: 0 }, attributes: {} },
      );
      expect(typeof read.name).toBe('string');
      expect(Array.isArray(read.flags)).toBe(true);
      expect(() => JSON.stringify(read)).not.toThrow();
    }
  });
});

describe('extended acknowledgements', () => {
  it('may point anywhere', () => {
    const random = randomizer(0x5eed);
    for (let round = 0; round < 4000; round += 1) {
      const message = Buffer.from(corpus[random(corpus.length)] as Buffer);
      if (random(2) === 0) message[HEADER + random(message.length - HEADER)] = random(256);
      const offset = random(3) === 0 ? random(2 ** 32) : random(message.length + 8);
      for (const family of families as unknown as readonly AnyFamily[]) {
        const place = attributeAt(message, family, offset);
        expect(place === undefined || place.length > 0).toBe(true);
        expect(missingAt(message, family, random(2 ** 32), offset).length).toBeGreaterThan(0);
      }
    }
  });

  it('may carry any policy', () => {
    const random = randomizer(0x9e3779b9);
    for (let round = 0; round < 4000; round += 1) {
      const policy = Uint8Array.from({ length: random(64) }, () => (random(2) === 0 ? random(16) : random(256)));
      const range = policyRange(embed(policy, random(8)));
      expect(range === undefined || range.min !== undefined || range.max !== undefined).toBe(true);
    }
  });
});
