/** A small seeded generator (mulberry32): the same numbers on every run. */
export function random(seed: number): { below(limit: number): number; bytes(length: number): Uint8Array } {
  let state = seed >>> 0;
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return (t ^ (t >>> 14)) >>> 0;
  };
  const below = (limit: number): number => next() % limit;
  return { below, bytes: (length) => Uint8Array.from({ length }, () => below(256)) };
}

/** A copy of `bytes` with a few edits: bytes changed, cut off, or put in. */
export function mutate(bytes: Uint8Array, source: ReturnType<typeof random>): Uint8Array {
  const below = (limit: number): number => source.below(limit);
  let copy = Uint8Array.from(bytes);
  for (let edits = 1 + below(6); edits > 0; edits--) {
    const at = below(copy.length + 1);
    switch (below(4)) {
      case 0:
        copy = copy.slice(0, at);
        break;
      case 1:
        copy = Uint8Array.from([
          ...copy.subarray(0, at),
          ...new Uint8Array(1 + below(8)).fill(below(256)),
          ...copy.subarray(at),
        ]);
        break;
      default:
        if (copy.length > 0) copy[at % copy.length] = [0, 0xff, 0x7f, 0x80, below(256)][below(5)]!;
    }
  }
  return copy;
}
