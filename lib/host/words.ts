// Numbers of the kernel and the words we say for them.

/** One-to-one words for the values of a field. Values without a word of their own pass as numbers. */
export interface Words<W extends string> {
  readonly words: readonly W[];
  /** The word for a value; a value nobody has named stays a number. */
  word(value: number): W | number;
  /** The value of a word, or a number within `max`. @throws TypeError, RangeError naming the option. */
  value(option: string, word: unknown): number;
}

export function words<const T extends Readonly<Record<string, number>>>(table: T, max = 0): Words<keyof T & string> {
  type W = keyof T & string;
  const byValue = new Map<number, W>();
  // The first word for a value is the one it is read as.
  for (const [word, value] of Object.entries(table)) if (!byValue.has(value)) byValue.set(value, word);
  const list = Object.keys(table) as W[];
  return {
    words: list,
    word: (value) => byValue.get(value) ?? value,
    value: (option, word) => {
      if (typeof word === 'string' && Object.hasOwn(table, word)) return table[word] as number;
      if (typeof word === 'number' && Number.isInteger(word) && word >= 0 && word <= max) return word;
      const numbers = max > 0 ? ` or a number up to ${max}` : '';
      throw new TypeError(
        `${option} must be one of ${list.map((each) => `'${each}'`).join(', ')}${numbers}, not ${JSON.stringify(word)}`,
      );
    },
  };
}

/** Words for the bits of a field. */
export interface Flags<W extends string> {
  readonly words: readonly W[];
  /** The words for the bits that are set; the array is shared and frozen. */
  list(value: number): readonly W[];
  /** @throws TypeError naming the option. */
  value(option: string, list: unknown): number;
}

export function flags<const T extends Readonly<Record<string, number>>>(table: T): Flags<keyof T & string> {
  type W = keyof T & string;
  const entries = Object.entries(table) as [W, number][];
  // A thousand links share a handful of values.
  const cache = new Map<number, readonly W[]>();
  return {
    words: entries.map(([word]) => word),
    list: (value) => {
      let list = cache.get(value);
      if (list === undefined) {
        list = Object.freeze(entries.filter(([, bit]) => (value & bit) !== 0).map(([word]) => word));
        if (cache.size < 256) cache.set(value, list);
      }
      return list;
    },
    value: (option, list) => {
      if (!Array.isArray(list)) throw new TypeError(`${option} must be an array of flags`);
      let value = 0;
      for (const word of list as readonly unknown[]) {
        if (typeof word !== 'string' || !Object.hasOwn(table, word)) {
          const known = entries.map(([each]) => `'${each}'`).join(', ');
          throw new TypeError(`${option} has no flag ${JSON.stringify(word)}; it knows ${known}`);
        }
        value |= table[word] as number;
      }
      return value;
    },
  };
}
