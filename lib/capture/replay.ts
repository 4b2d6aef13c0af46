import { setTimeout as sleep } from 'node:timers/promises';

import type { CapturePacket } from './reader';

export interface ReplayOptions {
  /** 1, the default, keeps the times between packets, 2 halves them; `'max'` sends without a pause. */
  readonly speed?: number | 'max';
  /** Ends the replay with the signal's reason. */
  readonly signal?: AbortSignal;
}

/**
 * Sends packets on at the pace at which they were captured. What is due together, within a millisecond, is sent together; between
 * that it sleeps.
 * @param sink takes one packet's bytes; when it returns a promise, that is awaited.
 * @returns how many packets were sent.
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
  let sent = 0;
  let first: bigint | undefined;
  const start = performance.now();
  for await (const { data, timestampNs } of packets) {
    signal?.throwIfAborted();
    if (speed !== 'max') {
      first ??= timestampNs;
      const due = start + Number(timestampNs - first) / 1e6 / speed;
      const wait = due - performance.now();
      // setTimeout counts in milliseconds.
      if (wait >= 1) await sleep(wait, undefined, signal ? { signal } : {});
    }
    await sink(data);
    sent++;
  }
  return sent;
}
