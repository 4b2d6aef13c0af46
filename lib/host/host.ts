import type { ChildProcess } from 'node:child_process';

import { NetError } from '../errors';
import { failed, loadNative } from '../native';
import { RtnlConnection } from '../rtnl';
import { Addresses } from './addresses';
import { runBatch, type BatchBuilder, type BatchResult } from './batch';
import { Links } from './links';
import { Neighbors } from './neighbors';
import { openNetns, type Netns, type NetnsOpenOptions, type NetnsSpec } from './netns';
import { Routes } from './routes';
import { execIn, spawnIn, type ExecResult, type HostExecOptions, type HostSpawnOptions } from './spawn';

const NETLINK_ROUTE = 0;

export interface HostOptions extends NetnsOpenOptions {
  /** The network namespace to work in. This process's own by default. */
  readonly netns?: NetnsSpec;
}

/** What a {@link NetnsHost} is made of. @internal */
export interface HostParts {
  readonly netns: Netns | undefined;
  readonly connection: RtnlConnection;
}

/** Opens the namespace and the netlink socket of a host. @internal */
export async function openHostParts(options: HostOptions): Promise<HostParts> {
  if (options.netns === undefined && options.create !== undefined) {
    throw new TypeError('create needs netns: the name of the namespace to create');
  }
  const native = loadNative();
  const netns = options.netns === undefined ? undefined : await openNetns(options.netns, options);
  const socket = await native.NetlinkSocket.open(NETLINK_ROUTE, netns?.descriptor);
  if (failed(socket)) {
    netns?.descriptor.close();
    throw new NetError({ action: 'open a netlink socket', ...socket, netns: netns?.label });
  }
  return { netns, connection: new RtnlConnection(socket) };
}

/** The kernel's network objects in one network namespace. */
export class NetnsHost implements AsyncDisposable {
  /** Interfaces: bridges, veth pairs, ... */
  readonly links: Links;
  readonly addresses: Addresses;
  readonly routes: Routes;
  readonly neighbors: Neighbors;
  readonly #netns: Netns | undefined;
  readonly #connection: RtnlConnection;
  #closed = false;

  /** @internal */
  constructor(parts: HostParts) {
    this.#netns = parts.netns;
    this.#connection = parts.connection;
    const context = parts.netns ? { netns: parts.netns.label } : {};
    this.links = new Links(parts.connection, context);
    this.addresses = new Addresses(parts.connection, context);
    this.routes = new Routes(parts.connection, context);
    this.neighbors = new Neighbors(parts.connection, context);
  }

  /** The namespace, held open; `undefined` for this process's own. Usable as `netns` of links to be moved or made there. */
  get netns(): Netns | undefined {
    return this.#netns;
  }

  /** The descriptor of the namespace, -1 for this process's own: for `links.set(name, { netns: other })`. */
  get fd(): number {
    return this.#netns?.descriptor.fd ?? -1;
  }

  get closed(): boolean {
    return this.#closed;
  }

  /**
   * Sends many operations at once, in order, and reports what became of each. It is not atomic: the kernel runs what it can.
   * @example
   * const result = await host.batch((b) => {
   *   b.links.add({ kind: 'veth', name: 'v0', peer: { name: 'v1' } });
   *   b.links.set('v0', { master: 'br0', up: true });
   * });
   * result.throwIfFailed();
   */
  async batch(build: (batch: BatchBuilder) => void): Promise<BatchResult> {
    return runBatch(this.#connection, this.#netns ? { netns: this.#netns.label } : {}, build);
  }

  /** Starts a child process inside the namespace, as `child_process.spawn` does. */
  spawn(command: string, args: readonly string[] = [], options: HostSpawnOptions = {}): ChildProcess {
    return spawnIn(this.#netns, command, args, options);
  }

  /** Runs a child inside the namespace to its end. @throws ExecError when it ends with another status than 0. */
  async exec(command: string, args: readonly string[] = [], options: HostExecOptions = {}): Promise<ExecResult> {
    return execIn(this.#netns, command, args, options);
  }

  /** Closes the netlink socket and lets go of the namespace; idempotent. What was made in the kernel stays. */
  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    await this.#connection.close();
    this.#netns?.descriptor.close();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }
}
