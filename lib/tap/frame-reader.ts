import type { FrameBatch } from './frame-batch';

export interface FramesOptions {
  /** Ends the iteration with the signal's reason. */
  readonly signal?: AbortSignal;
  /** Batches read in one turn of the event loop before other work gets its chance. Default 16. */
  readonly batchesPerTurn?: number;
}

/** What a reader needs of its device. */
export interface FrameSource {
  isClosed(): boolean;
  tryRead(batch: FrameBatch): number;
  /** Calls `wake` once, from the event loop, when frames wait or the device is closed or failed. */
  waitReadable(wake: () => void): void;
  /** The iteration is over. */
  done(): void;
}

const DONE: IteratorReturnResult<undefined> = { value: undefined, done: true };

/**
 * The iterator behind `frames()`. Written by hand, not as an async generator: a batch that waits already is handed over
 * without going through the event loop, up to the turn's budget.
 */
export class FrameReader implements AsyncIterableIterator<FrameBatch> {
  readonly #source: FrameSource;
  readonly #batchesPerTurn: number;
  readonly #signal: AbortSignal | undefined;
  #batch: FrameBatch;
  #budget: number;
  #ended = false;
  #pending: Promise<IteratorResult<FrameBatch, undefined>> | undefined;
  #abort: (() => void) | undefined;
  #endWait: (() => void) | undefined;

  constructor(source: FrameSource, batch: FrameBatch, options: FramesOptions) {
    const { batchesPerTurn = 16, signal } = options;
    if (!Number.isInteger(batchesPerTurn) || batchesPerTurn < 1) {
      throw new RangeError(`batchesPerTurn must be a positive integer, not ${String(batchesPerTurn)}`);
    }
    this.#source = source;
    this.#batch = batch;
    this.#batchesPerTurn = batchesPerTurn;
    this.#budget = batchesPerTurn;
    this.#signal = signal;
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  next(): Promise<IteratorResult<FrameBatch, undefined>> {
    // Calls made before the last one was answered are answered in order.
    if (this.#pending)
      return this.#pending.then(
        () => this.next(),
        () => this.next(),
      );
    if (this.#ended) return Promise.resolve(DONE);
    try {
      this.#signal?.throwIfAborted();
      if (this.#source.isClosed()) return Promise.resolve(this.#end());
      if (this.#budget > 0 && this.#fill()) return Promise.resolve({ value: this.#batch, done: false });
    } catch (error) {
      this.#end();
      return Promise.reject(error);
    }
    this.#pending = this.#wait().finally(() => (this.#pending = undefined));
    return this.#pending;
  }

  /** Ends the iteration: what leaving a `for await` calls. */
  return(): Promise<IteratorResult<FrameBatch, undefined>> {
    this.#end();
    this.#endWait?.();
    return Promise.resolve(DONE);
  }

  #fill(): boolean {
    this.#batch = this.#batch.renew();
    if (this.#source.tryRead(this.#batch) === 0) return false;
    this.#budget--;
    return true;
  }

  #wait(): Promise<IteratorResult<FrameBatch, undefined>> {
    return new Promise((resolve, reject) => {
      const finish = (settle: () => void): void => {
        if (this.#abort) this.#signal?.removeEventListener('abort', this.#abort);
        this.#abort = undefined;
        this.#endWait = undefined;
        settle();
      };
      this.#endWait = () => finish(() => resolve(DONE));
      const wake = (): void => {
        if (this.#ended || this.#source.isClosed()) {
          finish(() => resolve(this.#end()));
          return;
        }
        this.#budget = this.#batchesPerTurn;
        try {
          if (this.#fill()) finish(() => resolve({ value: this.#batch, done: false }));
          else this.#source.waitReadable(wake);
        } catch (error) {
          this.#end();
          finish(() => reject(error));
        }
      };
      if (this.#signal) {
        this.#abort = () => {
          this.#end();
          finish(() => reject(this.#signal?.reason));
        };
        this.#signal.addEventListener('abort', this.#abort, { once: true });
      }
      try {
        this.#source.waitReadable(wake);
      } catch (error) {
        this.#end();
        finish(() => reject(error));
      }
    });
  }

  #end(): IteratorReturnResult<undefined> {
    if (!this.#ended) {
      this.#ended = true;
      this.#source.done();
    }
    return DONE;
  }
}
