import { setImmediate as turn, setTimeout as sleep } from 'node:timers/promises';

import type { CapturePacket } from './reader';

export interface ReplayOptions {
  /** 1, the default, keeps the times between packets, 2 halves them; `'max'` sends without a pause. */
  readonly speed?: number | 'max';
  /** Ends the replay with the signal's reason. */
  readonly signal?: AbortSignal;
}

/** Longer timers overflow and end at once; a later one takes the rest. */
const MAX_SLEEP_MS = 2 ** 31 - 1;

/** Packets after which timers, sockets and the signal get their turn, however fast the source is. */
const PACKETS_PER_TURN = 256;

async function sleepUntil(due: number, signal: AbortSignal | undefined): Promise<void> {
  // setTimeout counts in milliseconds.
  for (let wait: number; (wait = due - performance.now()) >= 1;) {
    try {
      await sleep(Math.min(wait, MAX_SLEEP_MS), undefined, signal && { signal });
    } catch (error) {
      signal?.throwIfAborted();
      throw error;
    }
  }
}

/**
 * Sends packets on at the pace at which they were captured. What is due together, within a millisecond, is sent together; between
 * that it sleeps.
 * @param sink takes one packet's bytes; when it returns a promise, that is awaited.
 * @returns how many packets were sent.
 * @throws whatever the source or the sink throws, and the signal's reason
 * @example
 * await replay(readCapture('in.pcapng'), (frame) => tap.writeFrame(frame));
 */
export async function replay(
  packets: AsyncIterable<Pick<CapturePacket, 'data' | 'timestampNs'>>,
  sink: (data: Uint8Array) => unknown,
  { speed = 1, signal }: ReplayOptions = {},
): Promise<number> {
  if (speed !== 'max' && !(typeof speed === 'number' && speed > 0 && Number.isFinite(speed))) {
    throw new RangeError(`speed must be a positive number or 'max', not ${String(speed)}`);
  }
  if (typeof sink !== 'function') throw new TypeError(`sink must be a function, not ${typeof sink}`);
  signal?.throwIfAborted();
  let sent = 0;
  let first: { readonly timestampNs: bigint; readonly at: number } | undefined;
  for await (const { data, timestampNs } of packets) {
    signal?.throwIfAborted();
    if (speed !== 'max') {
      first ??= { timestampNs, at: performance.now() };
      await sleepUntil(first.at + Number(timestampNs - first.timestampNs) / 1e6 / speed, signal);
    }
    await sink(data);
    if (++sent % PACKETS_PER_TURN === 0) await turn();
  }
  return sent;
}
