import { NLA_F_NESTED } from './constants/netlink';
import { bytes, type Codec, type Nest, type Struct, type Value } from './codec';
import { ATTRIBUTE_HEADER, ATTRIBUTE_TYPE_MASK, LITTLE_ENDIAN, align4, type Reader, type Writer } from './wire';

/** An attribute that no table knows, or whose payload is too short for what the table says. Encodes back as it was. */
export interface RawAttribute {
  /** The type field as received, flag bits included. */
  readonly type: number;
  /** A view of the received buffer. */
  readonly data: Uint8Array;
}

/** Attributes kept raw; every decoded object may carry some. */
export interface WithRaw {
  raw?: RawAttribute[] | undefined;
}

type AnyCodec = Codec<never> | Codec<unknown>;
export type Fields = Readonly<Record<string, readonly [type: number, codec: AnyCodec]>>;
type Repeated = { readonly repeated: true };
export type AttributesOf<F extends Fields> = {
  -readonly [K in keyof F]?: (F[K][1] extends Repeated ? Value<F[K][1]>[] : Value<F[K][1]>) | undefined;
} & WithRaw;

interface Entry {
  readonly name: string;
  readonly type: number;
  readonly codec: Codec<unknown>;
}

/** One family of attributes: the only place where they are written down. */
export interface AttributeTable<T extends object> {
  readonly entries: readonly Entry[];
  /** The entry of an attribute type, flag bits removed. */
  entry(type: number): Entry | undefined;
  /** Reads the attributes in `[start, end)`. Never throws; stops at the first header whose length lies. */
  decode(reader: Reader, start: number, end: number): T;
  /**
   * The same, but only finds where the attributes are: each is read when it is asked for, every time. What long listings
   * are made of, whose readers pick a few attributes out of many. Its properties are not its own: see {@link plain}.
   */
  view(reader: Reader, start: number, end: number): T;
  encode(writer: Writer, value: T): void;
}

/** The type of what a table, codec or family decodes to. */
export type Infer<X> =
  X extends AttributeTable<infer T> ? T : X extends MessageFamily<infer H, infer A> ? Message<H, A> : Value<X>;

const TO_PLAIN = Symbol('plain');

type ViewClass = new (reader: Reader, start: number, end: number) => object;

/** One class per table, so that code which reads one family's attributes meets one hidden class. */
function viewClass(table: AttributeTable<object>, entries: readonly Entry[]): ViewClass {
  const size = Math.max(0, ...entries.map((entry) => entry.type + 1));
  return class View {
    readonly #reader: Reader;
    readonly #start: number;
    readonly #end: number;
    /** From `#base` on, by attribute type: where its payload begins, or 0. */
    readonly #offsets: Uint32Array;
    readonly #base: number;

    constructor(reader: Reader, start: number, end: number) {
      const { view } = reader;
      const offsets = reader.reserveOffsets(size);
      const base = reader.offsetsBase(size);
      for (let at = start; end - at >= ATTRIBUTE_HEADER;) {
        const length = view.getUint16(at, LITTLE_ENDIAN);
        if (length < ATTRIBUTE_HEADER || length > end - at) break;
        const type = view.getUint16(at + 2, LITTLE_ENDIAN) & ATTRIBUTE_TYPE_MASK;
        if (type < size) offsets[base + type] = at + ATTRIBUTE_HEADER;
        at += align4(length);
      }
      this.#reader = reader;
      this.#start = start;
      this.#end = end;
      this.#offsets = offsets;
      this.#base = base;
    }

    #read(entry: Entry): unknown {
      const at = this.#offsets[this.#base + entry.type] as number;
      if (at === 0) return undefined;
      const { codec } = entry;
      if (codec.repeated === true) return this.#plain()[entry.name];
      const length = this.#reader.view.getUint16(at - ATTRIBUTE_HEADER, LITTLE_ENDIAN) - ATTRIBUTE_HEADER;
      if (length < codec.min) return undefined;
      const siblings = this as unknown as Readonly<Record<string, unknown>>;
      return codec.view === undefined
        ? codec.read(this.#reader, at, length, siblings)
        : codec.view(this.#reader, at, length, siblings);
    }

    #plain(): Record<string, unknown> {
      return table.decode(this.#reader, this.#start, this.#end) as Record<string, unknown>;
    }

    static {
      for (const entry of entries) {
        Object.defineProperty(this.prototype, entry.name, {
          get(this: View) {
            return this.#read(entry);
          },
        });
      }
      Object.defineProperty(this.prototype, 'raw', {
        get(this: View) {
          return this.#plain().raw;
        },
      });
      Object.defineProperty(this.prototype, TO_PLAIN, {
        value(this: View) {
          return this.#plain();
        },
      });
    }
  };
}

/** An ordinary object with all the attributes of a view, nested ones too; anything else as it is. */
export function plain<T extends object>(attributes: T): T {
  const convert = (attributes as { [TO_PLAIN]?: () => T })[TO_PLAIN];
  return convert === undefined ? attributes : convert.call(attributes);
}

class Table<F extends Fields> implements AttributeTable<AttributesOf<F>> {
  readonly entries: readonly Entry[];
  private readonly byType: (Entry | undefined)[] = [];
  private readonly View: ViewClass;

  constructor(fields: F) {
    this.entries = Object.entries(fields).map(([name, [type, codec]]) => ({
      name,
      type,
      codec: codec,
    }));
    for (const entry of this.entries) {
      if (this.byType[entry.type] !== undefined || entry.name === 'raw') {
        throw new TypeError(`attribute table: '${entry.name}' repeats type ${entry.type} or takes a reserved name`);
      }
      while (this.byType.length <= entry.type) this.byType.push(undefined);
      this.byType[entry.type] = entry;
    }
    this.View = viewClass(this, this.entries);
  }

  view(reader: Reader, start: number, end: number): AttributesOf<F> {
    return new this.View(reader, start, end);
  }

  entry(type: number): Entry | undefined {
    return type < this.byType.length ? this.byType[type] : undefined;
  }

  decode(reader: Reader, start: number, end: number): AttributesOf<F> {
    const out: Record<string, unknown> = {};
    const { view } = reader;
    const { byType } = this;
    let at = start;
    while (end - at >= ATTRIBUTE_HEADER) {
      const length = view.getUint16(at, LITTLE_ENDIAN);
      if (length < ATTRIBUTE_HEADER || length > end - at) break;
      const type = view.getUint16(at + 2, LITTLE_ENDIAN);
      const number = type & ATTRIBUTE_TYPE_MASK;
      const entry = number < byType.length ? byType[number] : undefined;
      const payload = length - ATTRIBUTE_HEADER;
      const value =
        entry !== undefined && payload >= entry.codec.min
          ? entry.codec.read(reader, at + ATTRIBUTE_HEADER, payload, out)
          : undefined;
      if (entry === undefined || value === undefined) {
        const raw = { type, data: reader.bytes.subarray(at + ATTRIBUTE_HEADER, at + length) };
        if (out.raw === undefined) out.raw = [raw];
        else (out.raw as RawAttribute[]).push(raw);
      } else if (entry.codec.repeated === true) {
        const list = out[entry.name] as unknown[] | undefined;
        if (list === undefined) out[entry.name] = [value];
        else list.push(value);
      } else {
        out[entry.name] = value;
      }
      at += align4(length);
    }
    return out as AttributesOf<F>;
  }

  encode(writer: Writer, value: AttributesOf<F>): void {
    const record = value as Record<string, unknown>;
    // By table order, not by the order of the caller's object: a kind must precede the data it selects.
    for (const entry of this.entries) {
      const part = record[entry.name];
      // A flag says no by its absence; every other `false` is a byte.
      if (part === undefined || (part === false && entry.codec.min === 0)) continue;
      if (entry.codec.repeated === true) {
        for (const element of part as unknown[]) this.encodeOne(writer, entry, element, record);
      } else {
        this.encodeOne(writer, entry, part, record);
      }
    }
    if (value.raw !== undefined) {
      for (const raw of value.raw) {
        const at = writer.beginAttribute(raw.type);
        bytes.write(writer, raw.data, record);
        writer.endAttribute(at);
      }
    }
  }

  private encodeOne(writer: Writer, entry: Entry, part: unknown, siblings: Record<string, unknown>): void {
    const at = writer.beginAttribute(entry.codec.nested === true ? entry.type | NLA_F_NESTED : entry.type);
    entry.codec.write(writer, part, siblings);
    writer.endAttribute(at);
  }
}

/**
 * Declares a family of attributes: `attrs({ mtu: [IFLA_MTU, u32] })` yields decoder, encoder and, through
 * {@link Infer}, the static type. Every attribute is optional; those unknown, or too short, are kept in `raw`.
 */
export function attrs<const F extends Fields>(fields: F): AttributeTable<AttributesOf<F>> {
  return new Table(fields);
}

/** A nest of attributes. */
export function nested<T extends object>(table: AttributeTable<T>): Codec<T> {
  const nest: Nest = { table, prefix: 0 };
  return {
    min: 0,
    nested: true,
    nest: () => nest,
    read: (reader, at, length) => table.decode(reader, at, at + length),
    view: (reader, at, length) => table.view(reader, at, at + length),
    write: (writer, value) => table.encode(writer, value),
  };
}

/** A fixed struct followed by attributes, inside an attribute: `VETH_INFO_PEER`. */
export function prefixed<H extends object, T extends object>(
  header: Struct<H>,
  table: AttributeTable<T>,
): Codec<{ header?: Partial<H>; attributes: T }> {
  const nest: Nest = { table, prefix: header.size };
  return {
    min: header.size,
    nest: () => nest,
    read: (reader, at, length) => ({
      header: header.get(reader.view, at),
      attributes: table.decode(reader, at + header.size, at + length),
    }),
    write: (writer, value) => {
      header.put(writer, value.header ?? {});
      table.encode(writer, value.attributes);
    },
  };
}

/** Several attributes of one type, side by side: their values make an array. */
export function repeated<T>(codec: Codec<T>): Codec<T> & Repeated {
  return { ...codec, repeated: true };
}

/** A nest whose elements are numbered 1, 2, 3...: `NLA_NESTED_ARRAY`. */
export function array<T>(codec: Codec<T>): Codec<T[]> {
  return {
    min: 0,
    nested: true,
    read: (reader, at, length, siblings) => {
      const out: T[] = [];
      for (let i = at; at + length - i >= ATTRIBUTE_HEADER;) {
        const size = reader.view.getUint16(i, LITTLE_ENDIAN);
        if (size < ATTRIBUTE_HEADER || size > at + length - i) break;
        const payload = size - ATTRIBUTE_HEADER;
        const value = payload < codec.min ? undefined : codec.read(reader, i + ATTRIBUTE_HEADER, payload, siblings);
        if (value === undefined) return undefined;
        out.push(value);
        i += align4(size);
      }
      return out;
    },
    write: (writer, value, siblings) => {
      value.forEach((element, index) => {
        const at = writer.beginAttribute(index + 1);
        codec.write(writer, element, siblings);
        writer.endAttribute(at);
      });
    },
  };
}

type Selected<M extends Readonly<Record<string, AttributeTable<object>>>> = Infer<M[keyof M]>;

/**
 * Attributes whose table depends on a sibling, such as `IFLA_INFO_DATA` on `IFLA_INFO_KIND`. Of a kind that has no
 * table it keeps the attribute raw.
 */
export function selectedBy<const M extends Readonly<Record<string, AttributeTable<object>>>>(
  sibling: string,
  tables: M,
): Codec<Selected<M>> {
  type T = Selected<M>;
  const byName = new Map<string, AttributeTable<object>>(Object.entries(tables));
  const choose = (siblings: Readonly<Record<string, unknown>>) => byName.get(siblings[sibling] as string);
  return {
    min: 0,
    nested: true,
    nest: (siblings): Nest | undefined => {
      const table = choose(siblings);
      return table && { table, prefix: 0 };
    },
    read: (reader, at, length, siblings) => choose(siblings)?.decode(reader, at, at + length) as T | undefined,
    view: (reader, at, length, siblings) => choose(siblings)?.view(reader, at, at + length) as T | undefined,
    write: (writer, value, siblings) => {
      const table = choose(siblings);
      if (table === undefined) throw new TypeError(`no attribute table for ${sibling} '${String(siblings[sibling])}'`);
      table.encode(writer, value);
    },
  };
}

/** One decoded message: its fixed header and its attributes. */
export interface Message<H, A> {
  readonly header: H;
  readonly attributes: A;
}

/** The fixed header and the attributes that all messages of one rtnetlink family share. */
export interface MessageFamily<H extends object, A extends object> {
  readonly header: Struct<H>;
  readonly attributes: AttributeTable<A>;
  /** Decodes a payload, its attributes as a view; `undefined` when it is too short for the header. */
  decode(reader: Reader, at: number, length: number): Message<H, A> | undefined;
}

export function family<H extends object, A extends object>(
  header: Struct<H>,
  attributes: AttributeTable<A>,
): MessageFamily<H, A> {
  return {
    header,
    attributes,
    decode: (reader, at, length) =>
      length < header.size
        ? undefined
        : {
            header: header.get(reader.view, at),
            attributes: attributes.view(reader, at + align4(header.size), at + length),
          },
  };
}
