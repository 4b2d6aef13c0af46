// Options of a link kind and the attributes they travel in, one row each.
import { checkBoolean, checkInteger, checkMac } from './validate';
import type { Words } from './words';

/** USER_HZ is 100 on every architecture Linux still has but one: times travel in hundredths of a second. */
const MS_PER_TICK = 10;

/** How the value of an option (`V`) becomes that of an attribute (`R`). */
export interface OptionCodec<V, R> {
  /** Checks a user's value and converts it. @throws TypeError, RangeError naming the option. */
  encode(option: string, value: unknown): R;
  decode(raw: R): V;
}

type Row<A, V> = { [K in keyof A]-?: readonly [attribute: K, codec: OptionCodec<V, NonNullable<A[K]>>] }[keyof A];

/** For each option of `O` the attribute of `A` that carries it. An option without a row does not compile. */
export type OptionTable<O, A> = { readonly [K in keyof O]-?: Row<A, NonNullable<O[K]>> };

/** Options as they are read: each is there, and `undefined` where the kernel did not say. */
export type Read<T> = { readonly [K in keyof T]-?: T[K] | undefined };

interface AnyRow extends Readonly<[attribute: string, codec: OptionCodec<unknown, unknown>]> {}

/** A table made ready for use in both directions. */
export class Options<O extends object, A extends object> {
  readonly names: readonly string[];
  readonly #rows: ReadonlyMap<string, AnyRow>;

  constructor(table: OptionTable<O, A>) {
    this.#rows = new Map(Object.entries(table) as [string, AnyRow][]);
    this.names = [...this.#rows.keys()];
  }

  /** Adds to `attributes` what `options` asks for; keys it does not know are left to the caller. */
  encode(prefix: string, options: Readonly<Record<string, unknown>>, attributes: A): void {
    for (const name in options) {
      const row = this.#rows.get(name);
      const value = options[name];
      if (row === undefined || value === undefined) continue;
      (attributes as Record<string, unknown>)[row[0]] = row[1].encode(prefix + name, value);
    }
  }

  decode(attributes: A): Partial<O> {
    const out: Record<string, unknown> = {};
    for (const [name, [attribute, codec]] of this.#rows) {
      const raw = (attributes as Record<string, unknown>)[attribute];
      if (raw !== undefined) out[name] = codec.decode(raw);
    }
    return out as Partial<O>;
  }
}

export const onOff: OptionCodec<boolean, number> = {
  encode: (option, value) => (checkBoolean(option, value) ? 1 : 0),
  decode: (raw) => raw !== 0,
};

/** A flag attribute: there or not. */
export const present: OptionCodec<boolean, boolean> = {
  encode: checkBoolean,
  decode: (raw) => raw,
};

export function integer(min: number, max: number): OptionCodec<number, number> {
  return { encode: (option, value) => checkInteger(option, value, min, max), decode: (raw) => raw };
}

export const u8 = integer(0, 0xff);
export const u16 = integer(0, 0xffff);
export const u32 = integer(0, 0xffff_ffff);

/** Milliseconds of an option, hundredths of a second of the kernel. */
export const milliseconds: OptionCodec<number, number> = {
  encode: (option, value) => {
    const ms = checkInteger(option, value, 0, 0xffff_ffff);
    if (ms % MS_PER_TICK !== 0) {
      throw new RangeError(
        `${option} must be a multiple of ${MS_PER_TICK} ms, which is as fine as the kernel has it, not ${ms}`,
      );
    }
    return ms / MS_PER_TICK;
  },
  decode: (raw) => raw * MS_PER_TICK,
};

export function oneOf<W extends string>(words: Words<W>): OptionCodec<W, number> {
  // A number that has no word is passed on as it is: newer kernels know more than we do.
  return { encode: (option, value) => words.value(option, value), decode: (raw) => words.word(raw) as W };
}

export const macAddress: OptionCodec<string, string> = {
  encode: checkMac,
  decode: (raw) => raw,
};
