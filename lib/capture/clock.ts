/** How far the running clock may be from the system's before it is set anew; `Date.now()` counts in milliseconds. */
const TOLERANCE_NS = 10_000_000n;

let offsetNs = BigInt(Math.round(performance.timeOrigin * 1e6 + performance.now() * 1e6)) - process.hrtime.bigint();

/**
 * Nanoseconds since 1970, as `CLOCK_REALTIME` has them. Node gives that clock in milliseconds only, so this is the monotonic clock
 * at a distance, which follows when the system's time is set or was stopped by a suspend.
 */
export function realtimeNs(): bigint {
  const monotonic = process.hrtime.bigint();
  const coarse = BigInt(Date.now()) * 1_000_000n;
  const error = monotonic + offsetNs - coarse;
  if (error > TOLERANCE_NS || error < -TOLERANCE_NS) offsetNs = coarse - monotonic;
  return monotonic + offsetNs;
}
