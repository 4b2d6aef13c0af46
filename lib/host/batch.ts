import type { NetError } from '../errors';
import { Pace, type RtnlConnection } from '../rtnl';
import { addAddress, removeAddress, type AddressRef, type AddressSpec } from './address-operations';
import type { Link } from './link';
import { addLink } from './link-add';
import { removeLink, setLink } from './link-operations';
import type { LinkChanges, LinkSpec } from './link-spec';
import { addNeighbor, removeNeighbor, type NeighborRef, type NeighborSpec } from './neighbor-operations';
import { runOperations, type HostContext, type Operation, type Outcome } from './operations';
import { addRoute, removeRoute, type RouteRef, type RouteSpec } from './route-operations';

/**
 * What became of one operation of a batch. The `value` of an added link is there when the batch itself had to know it,
 * because a later operation names the link; it is as the kernel first made it.
 */
export type BatchOutcome = Outcome<Link>;

/** What became of a batch, operation by operation. */
export interface BatchResult {
  /** In the order in which the operations were given. */
  readonly outcomes: readonly BatchOutcome[];
  /** Whether all succeeded. */
  readonly ok: boolean;
  /** @throws NetError the first failure, or AggregateError when there were several. */
  throwIfFailed(): void;
}

/**
 * Collects operations. When the function given to `host.batch()` has returned they are checked, all of them, and then
 * sent in this order. What is given to them must not change until then.
 */
export interface BatchBuilder {
  readonly links: {
    add(spec: LinkSpec): void;
    set(link: string | number, changes: LinkChanges): void;
    remove(link: string | number): void;
  };
  readonly addresses: {
    add(spec: AddressSpec): void;
    replace(spec: AddressSpec): void;
    remove(address: AddressRef): void;
  };
  readonly routes: {
    add(spec: RouteSpec): void;
    replace(spec: RouteSpec): void;
    remove(route: RouteRef): void;
  };
  readonly neighbors: {
    add(spec: NeighborSpec): void;
    replace(spec: NeighborSpec): void;
    remove(neighbor: NeighborRef): void;
  };
}

class Result implements BatchResult {
  readonly outcomes: readonly BatchOutcome[];
  readonly ok: boolean;

  constructor(outcomes: readonly BatchOutcome[]) {
    this.outcomes = outcomes;
    this.ok = outcomes.every((outcome) => outcome.ok);
  }

  throwIfFailed(): void {
    const errors: NetError[] = [];
    for (const outcome of this.outcomes) if (!outcome.ok) errors.push(outcome.error);
    const [first] = errors;
    if (first === undefined) return;
    if (errors.length === 1) throw first;
    throw new AggregateError(
      errors,
      `${errors.length} of ${this.outcomes.length} operations failed, the first of them: ${first.message}`,
      { cause: first },
    );
  }
}

type Draft = () => Operation<unknown>;

/** Drafts, not operations: checking thousands is work to be done in slices. */
function builder(drafts: Draft[]): BatchBuilder {
  const push = (draft: Draft): void => {
    drafts.push(draft);
  };
  return {
    links: {
      add: (spec) => push(() => addLink(spec)),
      set: (link, changes) => push(() => setLink(link, changes)),
      remove: (link) => push(() => removeLink(link)),
    },
    addresses: {
      add: (spec) => push(() => addAddress(spec, 'add')),
      replace: (spec) => push(() => addAddress(spec, 'replace')),
      remove: (address) => push(() => removeAddress(address)),
    },
    routes: {
      add: (spec) => push(() => addRoute(spec, 'add')),
      replace: (spec) => push(() => addRoute(spec, 'replace')),
      remove: (route) => push(() => removeRoute(route)),
    },
    neighbors: {
      add: (spec) => push(() => addNeighbor(spec, 'add')),
      replace: (spec) => push(() => addNeighbor(spec, 'replace')),
      remove: (neighbor) => push(() => removeNeighbor(neighbor)),
    },
  };
}

async function checkAll(drafts: readonly Draft[]): Promise<Operation<unknown>[]> {
  const pace = new Pace();
  const operations: Operation<unknown>[] = [];
  for (const draft of drafts) {
    if (pace.due()) await pace.rest();
    try {
      operations.push(draft());
    } catch (error) {
      if (error instanceof Error) error.message = `batch operation ${operations.length}: ${error.message}`;
      throw error;
    }
  }
  return operations;
}

/**
 * Runs what `build` asks for.
 * @throws TypeError, RangeError for what is not valid, before anything is sent; NetError only when the exchange with the
 * kernel itself breaks down.
 */
export async function runBatch(
  connection: RtnlConnection,
  context: HostContext,
  build: (batch: BatchBuilder) => void,
): Promise<BatchResult> {
  const drafts: Draft[] = [];
  build(builder(drafts));
  const operations = await checkAll(drafts);
  return new Result((await runOperations(connection, context, operations)) as BatchOutcome[]);
}
