import { formatIp, parseIp, parseMac } from '../packet';
import { asciiText, macText } from './intern';
import { LITTLE_ENDIAN, type Reader, type Writer } from './wire';
import type { AttributeTable } from './attributes';

/**
 * How one attribute payload becomes a value and back.
 *
 * Reading never fails: the caller guarantees `length >= min` and `at + length` inside the buffer, and a payload that
 * makes no sense yields `undefined`, upon which the attribute is kept raw.
 */
export interface Codec<T> {
  /** The fewest payload bytes it can be read from; longer payloads are read up to what is known. */
  readonly min: number;
  /** The attributes inside, for those that have any, and how many bytes precede them. */
  readonly nest?: (siblings: Readonly<Record<string, unknown>>) => Nest | undefined;
  /** One such attribute per element: the values collect in an array. */
  readonly repeated?: true;
  /** Whether the kernel's type field carries `NLA_F_NESTED`. */
  readonly nested?: boolean;
  read(reader: Reader, at: number, length: number, siblings: Readonly<Record<string, unknown>>): T | undefined;
  /** Like `read`, for nests: finds the attributes inside and leaves reading them for later. */
  readonly view?: Codec<T>['read'];
  write(writer: Writer, value: T, siblings: Readonly<Record<string, unknown>>): void;
}

export interface Nest {
  readonly table: AttributeTable<object>;
  readonly prefix: number;
}

/** The value a codec stands for. */
export type Value<C> = C extends Codec<infer T> ? T : never;

/** A scalar: also usable as a field of a {@link struct}. */
export interface Scalar<T> extends Codec<T> {
  readonly size: number;
  get(view: DataView, at: number): T;
  set(view: DataView, at: number, value: T): void;
}

function scalar<T>(
  size: number,
  get: (view: DataView, at: number) => T,
  set: (view: DataView, at: number, value: T) => void,
): Scalar<T> {
  return {
    size,
    min: size,
    get,
    set,
    read: (reader, at) => get(reader.view, at),
    write: (writer, value) => {
      const at = writer.reserve(size);
      set(writer.view, at, value);
    },
  };
}

const LE = LITTLE_ENDIAN;

export const u8 = scalar<number>(
  1,
  (view, at) => view.getUint8(at),
  (view, at, value) => view.setUint8(at, value),
);
export const u16 = scalar<number>(
  2,
  (view, at) => view.getUint16(at, LE),
  (view, at, value) => view.setUint16(at, value, LE),
);
export const u32 = scalar<number>(
  4,
  (view, at) => view.getUint32(at, LE),
  (view, at, value) => view.setUint32(at, value, LE),
);
export const s32 = scalar<number>(
  4,
  (view, at) => view.getInt32(at, LE),
  (view, at, value) => view.setInt32(at, value, LE),
);
export const u64 = scalar<bigint>(
  8,
  (view, at) => view.getBigUint64(at, LE),
  (view, at, value) => view.setBigUint64(at, value, LE),
);
/** A 64-bit counter as a number: exact up to 2^53, which a counter of bytes at 100 Gbit/s reaches after eight days. */
export const counter64 = scalar<number>(
  8,
  (view, at) => view.getUint32(LE ? at : at + 4, LE) + view.getUint32(LE ? at + 4 : at, LE) * 0x1_0000_0000,
  (view, at, value) => view.setBigUint64(at, BigInt(value), LE),
);
/** 16 bits in network order. */
export const be16 = scalar<number>(
  2,
  (view, at) => view.getUint16(at, false),
  (view, at, value) => view.setUint16(at, value, false),
);
/** 32 bits in network order. */
export const be32 = scalar<number>(
  4,
  (view, at) => view.getUint32(at, false),
  (view, at, value) => view.setUint32(at, value, false),
);
/** A `__u8` that is a switch. */
export const bool8 = scalar<boolean>(
  1,
  (view, at) => view.getUint8(at) !== 0,
  (view, at, value) => view.setUint8(at, value ? 1 : 0),
);

/**
 * `NLA_FLAG`: its presence is its value; `false` is written as nothing at all. The kernel itself says some of them as a
 * byte (`IFLA_VXLAN_TTL_INHERIT`).
 */
export const flag: Codec<boolean> = {
  min: 0,
  read: (reader, at, length) => length === 0 || reader.bytes[at] !== 0,
  write: () => undefined,
};

/** Bytes as they are. A view of the received buffer: copy it to keep it for long. */
export const bytes: Codec<Uint8Array> = {
  min: 0,
  read: (reader, at, length) => reader.bytes.subarray(at, at + length),
  write: (writer, value) => {
    const at = writer.reserve(value.length);
    writer.bytes.set(value, at);
  },
};

function writeText(writer: Writer, value: string, terminator: number): void {
  const length = Buffer.byteLength(value);
  const at = writer.reserve(length + terminator);
  if (length === value.length) {
    for (let i = 0; i < length; i += 1) writer.bytes[at + i] = value.charCodeAt(i);
  } else {
    writer.bytes.set(Buffer.from(value), at);
  }
}

/** UTF-8 text ending in a NUL, which is neither counted nor required when reading. */
export const string: Codec<string> = {
  min: 0,
  read: (reader, at, length) => readText(reader.bytes, at, length),
  write: (writer, value) => writeText(writer, value, 1),
};

/** Text written without a NUL, where an empty value means "none": `IFLA_IFALIAS`. */
export const text: Codec<string> = {
  min: 0,
  read: (reader, at, length) => readText(reader.bytes, at, length),
  write: (writer, value) => writeText(writer, value, 0),
};

function readText(from: Uint8Array, at: number, length: number): string {
  let size = 0;
  while (size < length && from[at + size] !== 0) size += 1;
  if (size === 0) return '';
  return asciiText(from, at, size) ?? Buffer.from(from.buffer, from.byteOffset + at, size).toString('utf8');
}

/** A link-layer address: six bytes as a MAC, other lengths (tunnels, InfiniBand) in the same notation. */
export const mac: Codec<string> = {
  min: 1,
  read: (reader, at, length) => {
    if (length === 6) return macText(reader.bytes, at);
    let text = '';
    for (let i = at; i < at + length; i += 1) {
      text += `${text === '' ? '' : ':'}${(reader.bytes[i] as number).toString(16).padStart(2, '0')}`;
    }
    return text;
  },
  write: (writer, value) => {
    const octets =
      value.length === 17 ? parseMac(value) : Uint8Array.from(value.split(':'), (part) => parseInt(part, 16));
    bytes.write(writer, octets, {});
  },
};

/** An IPv4 or IPv6 address, told apart by length. */
export const ip: Codec<string> = {
  min: 4,
  read: (reader, at, length) => (length === 4 || length === 16 ? formatIp(reader.bytes, at, length) : undefined),
  write: (writer, value) => bytes.write(writer, parseIp(value), {}),
};

type FieldTable = Readonly<Record<string, Scalar<number> | Scalar<bigint> | Scalar<boolean>>>;
type FieldValues<F> = { [K in keyof F as K extends `_${string}` ? never : K]: Value<F[K]> };

/** A C struct of scalars in declaration order. Padding is spelled out, in fields whose names begin with `_`. */
export interface Struct<T> extends Codec<T> {
  readonly size: number;
  /** Field name and offset, in order: what the header test compares with `offsetof`. */
  readonly layout: readonly (readonly [name: string, offset: number, size: number])[];
  /** Reads at `at`, which must have `size` bytes behind it. */
  get(view: DataView, at: number): T;
  /** Writes the fields that `value` has; the others stay zero. */
  put(writer: Writer, value: Partial<T>): void;
}

interface StructField {
  readonly name: string;
  readonly offset: number;
  readonly codec: Scalar<unknown>;
}

/** Further properties of a struct. */
export interface StructOptions<T> {
  /** The size it had in the kernel's first version: fields that an old kernel does not send are read as zero. */
  readonly min?: number;
  /** Makes an object with all fields. One literal, one hidden class: for structs that are read by the thousand. */
  readonly fresh?: () => T;
}

/** Describes a C struct. */
export function struct<const F extends FieldTable>(
  fields: F,
  options: StructOptions<FieldValues<F>> = {},
): Struct<FieldValues<F>> {
  const { min, fresh } = options;
  const all: StructField[] = [];
  let size = 0;
  for (const [name, codec] of Object.entries(fields)) {
    all.push({ name, offset: size, codec: codec });
    size += codec.size;
  }
  const named = all.filter((field) => !field.name.startsWith('_'));
  const total = size;

  const readUpTo = (view: DataView, at: number, length: number): FieldValues<F> => {
    const out: Record<string, unknown> = fresh === undefined ? {} : fresh();
    for (let i = 0; i < named.length; i += 1) {
      const field = named[i] as StructField;
      out[field.name] = field.offset + field.codec.size <= length ? field.codec.get(view, at + field.offset) : 0;
    }
    return out as FieldValues<F>;
  };
  const put = (writer: Writer, value: Partial<FieldValues<F>>): void => {
    const at = writer.reserve(total);
    for (let i = 0; i < named.length; i += 1) {
      const field = named[i] as StructField;
      const part = (value as Record<string, unknown>)[field.name];
      if (part !== undefined) field.codec.set(writer.view, at + field.offset, part);
    }
  };
  return {
    size: total,
    min: min ?? total,
    layout: all.map((field) => [field.name, field.offset, field.codec.size] as const),
    get: (view, at) => readUpTo(view, at, total),
    put,
    read: (reader, at, length) => readUpTo(reader.view, at, length),
    write: (writer, value) => put(writer, value as unknown as Partial<FieldValues<F>>),
  };
}
