import { setImmediate } from 'node:timers/promises';

/** How long one slice of work may keep the event loop, in milliseconds. */
const SLICE_MS = 1;
/** Units of work between two looks at the clock. */
const UNITS = 8;

/**
 * Cuts long work into slices, so that ten thousand routes do not stall whatever else the process does.
 * @example
 * for (const item of items) { if (pace.due()) await pace.rest(); work(item); }
 */
export class Pace {
  #started = performance.now();
  #units = 0;

  due(): boolean {
    this.#units += 1;
    return this.#units % UNITS === 0 && performance.now() - this.#started > SLICE_MS;
  }

  async rest(): Promise<void> {
    await setImmediate();
    this.#started = performance.now();
  }
}
