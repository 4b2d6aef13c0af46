import { ByteSource } from './byte-source';
import { BlockType, BYTE_ORDER_MAGIC, CaptureError, MAX_BLOCK_BYTES, MAX_INTERFACES, Option } from './format';

export interface CaptureInterface {
  readonly name: string | undefined;
  /** `LINKTYPE_*`: 1 is Ethernet, 101 raw IP. */
  readonly linkType: number;
  /** 0: no bound. */
  readonly snapLength: number;
}

export interface CapturePacket {
  readonly interface: CaptureInterface;
  /** Nanoseconds since 1970; 0 where the file has none (simple packet blocks). */
  readonly timestampNs: bigint;
  /** A copy of its own. */
  readonly data: Uint8Array;
  readonly originalLength: number;
  readonly direction?: 'inbound' | 'outbound';
  /** Several comments are joined by line feeds. */
  readonly comment?: string;
}

/** An interface and how its timestamps count. */
interface Described {
  readonly public: CaptureInterface;
  readonly toNanoseconds: (ticks: bigint) => bigint;
}

const NS_PER_S = 1_000_000_000n;

/**
 * Reads a capture, packet by packet: pcapng or classic pcap, of either byte order, from a file or from a stream of bytes. Blocks it
 * does not know are passed over.
 * @throws CaptureError when the input is malformed or ends in the middle, after all whole packets before that place
 */
export async function* readCapture(
  input: string | AsyncIterable<Uint8Array>,
): AsyncGenerator<CapturePacket, void, undefined> {
  const source = new ByteSource(input);
  try {
    const magic = await source.take(4, 'the first word');
    if (!magic) throw new CaptureError('there is nothing', 0);
    const word = new DataView(magic.buffer, magic.byteOffset).getUint32(0, true);
    if (word === BlockType.sectionHeader) {
      yield* readPcapng(source);
      return;
    }
    const format = classicFormats.get(word);
    if (!format) throw new CaptureError(`0x${word.toString(16)} begins neither a pcapng nor a pcap file`, 0);
    yield* readClassic(source, format);
  } finally {
    await source.close();
  }
}

const view = (bytes: Uint8Array): DataView => new DataView(bytes.buffer, bytes.byteOffset, bytes.length);

// ---- pcapng ----

interface Section {
  readonly littleEndian: boolean;
  readonly interfaces: Described[];
}

async function* readPcapng(source: ByteSource): AsyncGenerator<CapturePacket, void, undefined> {
  let section = await readSectionHeader(source);
  for (;;) {
    const start = source.offset;
    const head = await source.take(4, 'a block');
    if (!head) return;
    const type = view(head).getUint32(0, section.littleEndian);
    if (type === BlockType.sectionHeader) {
      section = await readSectionHeader(source);
      continue;
    }
    const length = view(await source.need(4, 'a block')).getUint32(0, section.littleEndian);
    const block = await blockBody(source, start, length, section.littleEndian, 8);
    if (type === BlockType.interfaceDescription) {
      // They stay in memory to the end of the section.
      if (section.interfaces.length === MAX_INTERFACES) throw new CaptureError('there are too many interfaces', start);
      section.interfaces.push(readInterface(block, section, start));
    } else {
      const packet = readPacket(type, block, section, start);
      if (packet) yield packet;
    }
  }
}

/** The rest of a block of `length` bytes, of which `taken` have been read, without its closing length. */
async function blockBody(
  source: ByteSource,
  start: number,
  length: number,
  littleEndian: boolean,
  taken: number,
): Promise<DataView> {
  if (length % 4 !== 0 || length < taken + 4 || length > MAX_BLOCK_BYTES) {
    throw new CaptureError(`a block cannot have ${length} bytes`, start);
  }
  const body = view(await source.need(length - taken, 'a block'));
  const closing = body.getUint32(body.byteLength - 4, littleEndian);
  if (closing !== length) throw new CaptureError(`a block of ${length} bytes closes with ${closing}`, start);
  return new DataView(body.buffer, body.byteOffset, body.byteLength - 4);
}

async function readSectionHeader(source: ByteSource): Promise<Section> {
  const start = source.offset - 4;
  const head = view(await source.need(8, 'a section header'));
  const littleEndian = head.getUint32(4, true) === BYTE_ORDER_MAGIC;
  if (!littleEndian && head.getUint32(4, false) !== BYTE_ORDER_MAGIC) {
    throw new CaptureError('a section header has no byte-order magic', start);
  }
  const body = await blockBody(source, start, head.getUint32(0, littleEndian), littleEndian, 12);
  if (body.byteLength < 12) throw new CaptureError('a section header is too short', start);
  const major = body.getUint16(0, littleEndian);
  if (major !== 1) throw new CaptureError(`pcapng version ${major} is not known`, start);
  return { littleEndian, interfaces: [] };
}

/** Calls `found` for each option in `body` from `at` on. Options that lie about their length end the walk. */
function eachOption(
  body: DataView,
  at: number,
  littleEndian: boolean,
  found: (code: number, value: DataView) => void,
): void {
  while (at + 4 <= body.byteLength) {
    const code = body.getUint16(at, littleEndian);
    const length = body.getUint16(at + 2, littleEndian);
    if (code === Option.endOfOptions || at + 4 + length > body.byteLength) return;
    found(code, new DataView(body.buffer, body.byteOffset + at + 4, length));
    at += 4 + ((length + 3) & ~3);
  }
}

const text = (value: DataView): string =>
  new TextDecoder().decode(new Uint8Array(value.buffer, value.byteOffset, value.byteLength)).replace(/\0+$/, '');

function readInterface(body: DataView, { littleEndian }: Section, start: number): Described {
  if (body.byteLength < 8) throw new CaptureError('an interface description is too short', start);
  let name: string | undefined;
  let resolution = 6;
  let offsetSeconds = 0n;
  eachOption(body, 8, littleEndian, (code, value) => {
    if (code === Option.ifName) name = text(value);
    else if (code === Option.ifTsresol && value.byteLength === 1) resolution = value.getUint8(0);
    else if (code === Option.ifTsoffset && value.byteLength === 8) offsetSeconds = value.getBigInt64(0, littleEndian);
  });
  // The highest bit says that the rest is a power of 2, not of 10 (if_tsresol).
  const ticksPerSecond = resolution & 0x80 ? 1n << BigInt(resolution & 0x7f) : 10n ** BigInt(resolution);
  return {
    public: { name, linkType: body.getUint16(0, littleEndian), snapLength: body.getUint32(4, littleEndian) },
    toNanoseconds: (ticks) => (ticks * NS_PER_S) / ticksPerSecond + offsetSeconds * NS_PER_S,
  };
}

function readPacket(type: number, body: DataView, section: Section, start: number): CapturePacket | undefined {
  const { littleEndian, interfaces } = section;
  let head: number;
  let index = 0;
  let ticks: bigint | undefined;
  if (type === BlockType.enhancedPacket || type === BlockType.packet) {
    head = 20;
    if (body.byteLength < head) throw new CaptureError('a packet block is too short', start);
    index = type === BlockType.packet ? body.getUint16(0, littleEndian) : body.getUint32(0, littleEndian);
    ticks = (BigInt(body.getUint32(4, littleEndian)) << 32n) | BigInt(body.getUint32(8, littleEndian));
  } else if (type === BlockType.simplePacket) {
    head = 4;
    if (body.byteLength < head) throw new CaptureError('a packet block is too short', start);
  } else {
    return undefined;
  }
  const from = interfaces[index];
  if (!from) throw new CaptureError(`a packet names interface ${index} of ${interfaces.length}`, start);
  const originalLength = body.getUint32(head - 4, littleEndian);
  // A simple packet is as long as the original, up to the snap length.
  const length =
    ticks === undefined
      ? Math.min(originalLength, from.public.snapLength || Infinity)
      : body.getUint32(head - 8, littleEndian);
  if (head + length > body.byteLength) throw new CaptureError(`a packet of ${length} bytes overruns its block`, start);
  let direction: CapturePacket['direction'];
  let comment: string | undefined;
  if (ticks !== undefined) {
    eachOption(body, head + ((length + 3) & ~3), littleEndian, (code, value) => {
      if (code === Option.comment) comment = comment === undefined ? text(value) : `${comment}\n${text(value)}`;
      else if (code === Option.epbFlags && value.byteLength === 4) {
        direction = [undefined, 'inbound' as const, 'outbound' as const][value.getUint32(0, littleEndian) & 3];
      }
    });
  }
  return {
    interface: from.public,
    timestampNs: ticks === undefined ? 0n : from.toNanoseconds(ticks),
    data: new Uint8Array(body.buffer, body.byteOffset + head, length).slice(),
    originalLength,
    ...(direction !== undefined && { direction }),
    ...(comment !== undefined && { comment }),
  };
}

// ---- classic pcap ----

interface ClassicFormat {
  readonly littleEndian: boolean;
  readonly nsPerTick: bigint;
}

const classicFormats = new Map<number, ClassicFormat>([
  [0xa1b2c3d4, { littleEndian: true, nsPerTick: 1000n }],
  [0xd4c3b2a1, { littleEndian: false, nsPerTick: 1000n }],
  [0xa1b23c4d, { littleEndian: true, nsPerTick: 1n }],
  [0x4d3cb2a1, { littleEndian: false, nsPerTick: 1n }],
]);

async function* readClassic(
  source: ByteSource,
  { littleEndian, nsPerTick }: ClassicFormat,
): AsyncGenerator<CapturePacket, void, undefined> {
  const header = view(await source.need(20, 'the file header'));
  const from: CaptureInterface = {
    name: undefined,
    // The upper bits hold the length of a frame check sequence.
    linkType: header.getUint32(16, littleEndian) & 0xffff,
    snapLength: header.getUint32(12, littleEndian),
  };
  for (;;) {
    const start = source.offset;
    const head = await source.take(16, 'a packet header');
    if (!head) return;
    const record = view(head);
    const length = record.getUint32(8, littleEndian);
    if (length > MAX_BLOCK_BYTES) throw new CaptureError(`a packet cannot have ${length} bytes`, start);
    const timestampNs =
      BigInt(record.getUint32(0, littleEndian)) * NS_PER_S + BigInt(record.getUint32(4, littleEndian)) * nsPerTick;
    const originalLength = record.getUint32(12, littleEndian);
    const data = length === 0 ? new Uint8Array() : (await source.need(length, 'a packet')).slice();
    yield { interface: from, timestampNs, data, originalLength };
  }
}
