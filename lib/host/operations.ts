// Runs operations on the kernel's objects: one alone, or thousands in a batch, by the same code.
//
// Theory of operation: an operation says which interfaces it needs by index, and encodes itself once they are known.
// Names that the batch does not make itself are looked up all together, up front. A name that the batch makes gets its
// index from the echo of its own creation; only when a later operation needs it is what has been encoded so far sent
// ahead of the rest. Operations never change places.
import { NetError } from '../errors';
import { Pace, RequestBuffer, type Reply, type RequestContext, type RtnlConnection } from '../rtnl';
import type { HostContext } from './host-context';
import { BULK_REMOVAL_FROM, BULK_REMOVAL_MOST, removeTogether } from './bulk-removal';
import { resolveNames } from './names';

export type { HostContext } from './host-context';

const ENODEV = -19;
/** Sent at the latest when this much has been encoded, so that a large batch needs no memory to match. */
const FLUSH_BYTES = 1 << 20;

/** Gives the index of an interface that the operation declared in `needs`. */
export type IndexOf = (ref: string | number) => number;

/** One change, validated but not yet encoded. */
export interface Operation<T> extends RequestContext {
  /** Interfaces whose index it needs to be encoded. */
  readonly needs: readonly (string | number)[];
  /** Names of interfaces that it makes, in the order of the indices that `created` gives. */
  readonly makes?: readonly string[];
  /** Names that mean something else, or nothing, once it has run. */
  readonly unmakes?: readonly string[] | 'all';
  /** The link that it removes, when that is all it does: many of these in a row are removed together. */
  readonly removes?: string | number;
  /** Appends its requests. `echo` asks the kernel to say what came of it. */
  encode(buffer: RequestBuffer, indexOf: IndexOf, echo: boolean): void;
  /** What it returns; `first` is the number of its first request. */
  result?(reply: Reply, first: number): T | undefined;
  /** The indices of what it made, as far as the kernel echoed them. */
  created?(reply: Reply, first: number): readonly (number | undefined)[];
  /** Takes back what its first request did, because a later one failed. */
  undo?(buffer: RequestBuffer): void;
}

/** What became of one operation. */
export type Outcome<T> =
  | {
      readonly ok: true;
      readonly value?: T | undefined;
      /** What the kernel remarked on although it did as told. */
      readonly warnings?: readonly string[];
    }
  | { readonly ok: false; readonly error: NetError };

/** `made`: by an operation that has been encoded, but not sent. */
type Name = number | 'missing' | 'made';

interface Encoded {
  readonly operation: number;
  readonly first: number;
  readonly end: number;
}

class Run {
  readonly #connection: RtnlConnection;
  readonly #context: HostContext;
  readonly #operations: readonly Operation<unknown>[];
  readonly #outcomes: Outcome<unknown>[];
  /** What is known of names; one that is not here must be looked up. */
  readonly #names = new Map<string, Name>();
  readonly #echo: ReadonlySet<number>;
  readonly #pace = new Pace();
  #buffer: RequestBuffer;
  #encoded: Encoded[] = [];

  constructor(
    connection: RtnlConnection,
    context: HostContext,
    operations: readonly Operation<unknown>[],
    echo: 'where-needed' | 'always',
  ) {
    this.#connection = connection;
    this.#context = context;
    this.#operations = operations;
    this.#outcomes = new Array<Outcome<unknown>>(operations.length);
    this.#buffer = this.#freshBuffer();
    this.#echo = echo === 'always' ? new Set(operations.keys()) : whoMustEcho(operations);
  }

  #freshBuffer(): RequestBuffer {
    return new RequestBuffer(Math.min(this.#operations.length * 128, FLUSH_BYTES) + 512);
  }

  async run(): Promise<Outcome<unknown>[]> {
    await this.#lookUp(foreignNames(this.#operations));
    let checked = 0;
    for (let i = 0; i < this.#operations.length; i += 1) {
      if (this.#pace.due()) await this.#pace.rest();
      if (i >= checked) checked = await this.#removeRow(i);
      if (this.#outcomes[i] !== undefined) continue;
      await this.#encode(i, this.#operations[i] as Operation<unknown>);
      if (this.#buffer.bytes.length > FLUSH_BYTES) await this.#flush();
    }
    await this.#flush();
    return this.#outcomes;
  }

  /** Removes a long row of links together, as far as that goes. Returns the number of the first operation behind the row. */
  async #removeRow(from: number): Promise<number> {
    const refs: (string | number)[] = [];
    for (let i = from; this.#operations[i]?.removes !== undefined && refs.length < BULK_REMOVAL_MOST; i += 1) {
      refs.push(this.#operations[i]?.removes as string | number);
    }
    if (refs.length < BULK_REMOVAL_FROM) return from + Math.max(refs.length, 1);
    await this.#flush();
    const removed = await removeTogether(this.#connection, refs);
    for (const position of removed) {
      this.#outcomes[from + position] = { ok: true };
      const ref = refs[position];
      if (typeof ref === 'string') this.#names.delete(ref);
      else this.#names.clear();
    }
    return from + refs.length;
  }

  async #encode(number: number, operation: Operation<unknown>): Promise<void> {
    const missing = await this.#settle(operation.needs);
    if (missing !== undefined) {
      this.#outcomes[number] = { ok: false, error: this.#noSuchInterface(operation, missing) };
    } else {
      const first = this.#buffer.count;
      operation.encode(this.#buffer, this.#indexOf, this.#echo.has(number));
      this.#encoded.push({ operation: number, first, end: this.#buffer.count });
    }
    if (operation.unmakes === 'all') this.#names.clear();
    else operation.unmakes?.forEach((name) => this.#names.delete(name));
    operation.makes?.forEach((name) => {
      if (missing === undefined) this.#names.set(name, 'made');
      else this.#names.delete(name);
    });
  }

  readonly #indexOf: IndexOf = (ref) => {
    const index = typeof ref === 'number' ? ref : this.#names.get(ref);
    // Not reached: what an operation needs has been settled before it is asked to encode.
    if (typeof index !== 'number') throw new TypeError(`interface '${ref}' was not declared in needs`);
    return index;
  };

  /** Finds out about names; returns one that does not exist. */
  async #settle(needs: readonly (string | number)[]): Promise<string | undefined> {
    for (const ref of needs) {
      if (typeof ref === 'number') continue;
      if (this.#names.get(ref) === 'made') await this.#flush();
      if (!this.#names.has(ref)) {
        await this.#flush();
        await this.#lookUp([ref]);
      }
      if (this.#names.get(ref) === 'missing') return ref;
    }
    return undefined;
  }

  async #lookUp(names: Iterable<string>): Promise<void> {
    const list = [...names];
    const found = await resolveNames(this.#connection, list);
    for (const name of list) this.#names.set(name, found.get(name) ?? 'missing');
  }

  #noSuchInterface(operation: Operation<unknown>, name: string): NetError {
    return new NetError({
      action: operation.action,
      errno: ENODEV,
      syscall: 'RTM_GETLINK',
      interface: name,
      netns: this.#context.netns,
      hint: `no interface is called '${name}'`,
    });
  }

  /** Sends what has been encoded and takes in what became of it. */
  async #flush(): Promise<void> {
    if (this.#encoded.length === 0) return;
    const encoded = this.#encoded;
    const buffer = this.#buffer;
    this.#encoded = [];
    this.#buffer = this.#freshBuffer();
    const reply = await this.#connection.transact(buffer);
    const undo = new RequestBuffer();
    for (const each of encoded) {
      if (this.#pace.due()) await this.#pace.rest();
      this.#takeIn(reply, each, undo);
    }
    if (undo.count > 0) await this.#connection.transact(undo);
  }

  /** Looks for failures; returns the warnings when there is none. */
  #check(reply: Reply, { operation: number, first, end }: Encoded, undo: RequestBuffer): string[] | undefined {
    const operation = this.#operations[number] as Operation<unknown>;
    const warnings: string[] = [];
    for (let request = first; request < end; request += 1) {
      const error = reply.error(request, { ...operation, netns: this.#context.netns });
      if (error !== undefined) {
        this.#outcomes[number] = { ok: false, error };
        if (request > first) operation.undo?.(undo);
        // What it should have made may exist all the same: EEXIST.
        operation.makes?.forEach((name) => this.#names.delete(name));
        return undefined;
      }
      const warning = reply.warning(request);
      if (warning !== undefined) {
        warnings.push(warning);
        this.#connection.warn(warning, operation.action);
      }
    }
    return warnings;
  }

  /** Notes what became of one operation. */
  #takeIn(reply: Reply, encoded: Encoded, undo: RequestBuffer): void {
    const { operation: number, first } = encoded;
    const operation = this.#operations[number] as Operation<unknown>;
    const warnings = this.#check(reply, encoded, undo);
    if (warnings === undefined) return;
    const created = operation.created?.(reply, first);
    operation.makes?.forEach((name, i) => {
      if (this.#names.get(name) !== 'made') return;
      const index = created?.[i];
      if (index === undefined) this.#names.delete(name);
      else this.#names.set(name, index);
    });
    const value = operation.result?.(reply, first);
    this.#outcomes[number] = {
      ok: true,
      ...(value !== undefined && { value }),
      ...(warnings.length > 0 && { warnings }),
    };
  }
}

/** Names that are needed before any operation makes them. */
function foreignNames(operations: readonly Operation<unknown>[]): Set<string> {
  const foreign = new Set<string>();
  const made = new Set<string>();
  for (const operation of operations) {
    for (const ref of operation.needs) if (typeof ref === 'string' && !made.has(ref)) foreign.add(ref);
    // From here on what was known before is worth nothing: such names are looked up when they are needed.
    if (operation.unmakes === 'all') break;
    operation.unmakes?.forEach((name) => made.add(name));
    operation.makes?.forEach((name) => made.add(name));
  }
  return foreign;
}

/** Operations that make what a later one needs. */
function whoMustEcho(operations: readonly Operation<unknown>[]): Set<number> {
  const maker = new Map<string, number>();
  const echo = new Set<number>();
  operations.forEach((operation, number) => {
    for (const ref of operation.needs) {
      const by = typeof ref === 'string' ? maker.get(ref) : undefined;
      if (by !== undefined) echo.add(by);
    }
    operation.makes?.forEach((name) => maker.set(name, number));
  });
  return echo;
}

/** Runs operations in order; each has an outcome, whatever became of the others. */
export async function runOperations(
  connection: RtnlConnection,
  context: HostContext,
  operations: readonly Operation<unknown>[],
): Promise<Outcome<unknown>[]> {
  return new Run(connection, context, operations, 'where-needed').run();
}

/** Runs one operation: a batch of one that throws. */
export async function runOne<T>(
  connection: RtnlConnection,
  context: HostContext,
  operation: Operation<T>,
): Promise<T | undefined> {
  const [outcome] = (await new Run(connection, context, [operation], 'always').run()) as [Outcome<T>];
  if (!outcome.ok) throw outcome.error;
  return outcome.value;
}
