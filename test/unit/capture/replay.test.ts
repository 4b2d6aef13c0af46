import { replay } from '../../../lib/capture';

const start = 1_700_000_000_123_456_789n;

describe('replay', () => {
  async function* packets(...gapsMs: number[]): AsyncGenerator<{ data: Uint8Array; timestampNs: bigint }> {
    let timestampNs = start;
    for (const [i, gap] of gapsMs.entries()) {
      timestampNs += BigInt(Math.round(gap * 1e6));
      yield { data: Uint8Array.of(i), timestampNs };
    }
  }

  it('keeps the times between packets, or shortens them', async () => {
    for (const [speed, least] of [
      [1, 60],
      [4, 15],
      ['max', 0],
    ] as const) {
      const sent: number[] = [];
      const begin = performance.now();
      expect(await replay(packets(0, 20, 20, 20), (data) => sent.push(data[0]!), { speed })).toBe(4);
      // A lower bound: it never sends early. Timers round to a millisecond.
      expect(performance.now() - begin).toBeGreaterThan(least - 2);
      expect(sent).toEqual([0, 1, 2, 3]);
    }
  });

  it('waits for its sink, and stops when told to', async () => {
    let running = 0;
    await replay(packets(0, 0, 0), async () => {
      expect(++running).toBe(1);
      await new Promise((resolve) => setTimeout(resolve, 1));
      running--;
    });
    const controller = new AbortController();
    const replaying = replay(packets(0, 100_000), () => controller.abort(new Error('enough')), {
      signal: controller.signal,
    });
    await expect(replaying).rejects.toThrow('enough');
  });

  it('sleeps through gaps that are longer than a timer can be', async () => {
    const controller = new AbortController();
    const sent: number[] = [];
    // 40 days; an overflowing timer would end at once.
    const replaying = replay(packets(0, 40 * 86_400_000), (data) => sent.push(data[0]!), { signal: controller.signal });
    setTimeout(() => controller.abort(new Error('enough')), 20);
    await expect(replaying).rejects.toThrow('enough');
    expect(sent).toEqual([0]);
  });

  it('lets timers run, however fast the source is', async () => {
    async function* endless(): AsyncGenerator<{ data: Uint8Array; timestampNs: bigint }> {
      for (;;) yield { data: new Uint8Array(1), timestampNs: start };
    }
    const controller = new AbortController();
    setTimeout(() => controller.abort(new Error('enough')), 5);
    await expect(replay(endless(), () => undefined, { speed: 'max', signal: controller.signal })).rejects.toThrow(
      'enough',
    );
  });

  it('ends its source when the sink fails, and sends packets that go back in time at once', async () => {
    let ended = false;
    async function* source(): AsyncGenerator<{ data: Uint8Array; timestampNs: bigint }> {
      try {
        yield* packets(0, -100_000, 0);
      } finally {
        ended = true;
      }
    }
    expect(await replay(source(), () => undefined)).toBe(3);
    ended = false;
    const failing = replay(source(), (data) => {
      if (data[0] === 1) throw new Error('no carrier');
    });
    await expect(failing).rejects.toThrow('no carrier');
    expect(ended).toBe(true);
  });

  it('refuses bad arguments, and a signal that is aborted already', async () => {
    await expect(replay(packets(0), undefined as never)).rejects.toThrow(/sink/);
    for (const speed of [0, -1, NaN, Infinity, 'fast' as never]) {
      await expect(replay(packets(0), () => undefined, { speed })).rejects.toThrow(RangeError);
    }
    const sink = jest.fn();
    await expect(replay(packets(0), sink, { signal: AbortSignal.abort(new Error('enough')) })).rejects.toThrow(
      'enough',
    );
    expect(sink).not.toHaveBeenCalled();
  });
});
