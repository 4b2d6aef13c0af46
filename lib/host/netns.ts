import { fstatSync } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import path from 'node:path';

import { NetError } from '../errors';
import { failed, loadNative, type NativeDescriptor, type NativeFailure } from '../native';

/** Where ip-netns(8) keeps the names of network namespaces. */
export const NETNS_DIRECTORY = '/run/netns';

/**
 * Which network namespace: a name as ip-netns(8) stores it, or an object that says how else to find it. `{ unnamed: true }`
 * makes a new one that lives only as long as it is used.
 */
export type NetnsSpec =
  | string
  | { readonly name: string }
  | { readonly path: string }
  | { readonly pid: number }
  | { readonly fd: number }
  | { readonly unnamed: true };

export interface NetnsOpenOptions {
  /** Make the name when there is none yet (`true`), or insist on making it (`'exclusive'`: EEXIST otherwise). */
  readonly create?: boolean | 'exclusive';
}

/** A network namespace that is held open: it lives on, whatever becomes of its name, until this is closed. */
export interface Netns {
  /** Its ip-netns(8) name, when it was opened by one. */
  readonly name: string | undefined;
  /** How to speak of it: the name, the path, `pid 42`, ... */
  readonly label: string;
  /** What tells one namespace from another: the inode number of its nsfs file, as `ls -i /run/netns` shows it. */
  readonly inode: number;
  readonly descriptor: NativeDescriptor;
}

function fail(action: string, failure: NativeFailure, hint?: string): never {
  throw new NetError({ action, ...failure, hint });
}

/** Checks a name before it becomes part of a path. @throws TypeError */
export function checkNetnsName(name: unknown): string {
  if (typeof name !== 'string') throw new TypeError(`netns name must be a string, not ${typeof name}`);
  if (name === '' || name === '.' || name === '..' || name.includes('/') || name.includes('\0')) {
    throw new TypeError(`netns name ${JSON.stringify(name)} must be a file name: not empty, no '/', not '.' or '..'`);
  }
  if (Buffer.byteLength(name) > 255) throw new RangeError('netns name must be at most 255 bytes');
  return name;
}

function checkNumber(option: string, value: unknown, min: number): number {
  if (typeof value !== 'number' || !Number.isInteger(value) || value < min) {
    throw new RangeError(`${option} must be an integer of at least ${min}, not ${String(value)}`);
  }
  return value;
}

async function openNamed(name: string, create: boolean | 'exclusive'): Promise<NativeDescriptor> {
  const native = loadNative();
  checkNetnsName(name);
  for (;;) {
    if (create !== 'exclusive') {
      const opened = await native.netnsOpenNamed(NETNS_DIRECTORY, name);
      if (!failed(opened)) return opened;
      const missing = opened.errno === -2;
      if (!missing || !create) {
        const hint = missing ? 'make it with { create: true } or `ip netns add`' : undefined;
        fail(`open network namespace '${name}'`, opened, hint);
      }
    }
    const created = await native.netnsCreateNamed(NETNS_DIRECTORY, name);
    if (!failed(created)) return created;
    // Another process made it between our two steps: open that one.
    if (created.errno === -17 && create === true) continue;
    fail(`create network namespace '${name}'`, created);
  }
}

async function openDescriptor(spec: NetnsSpec, options: NetnsOpenOptions): Promise<Omit<Netns, 'inode'>> {
  if (typeof spec === 'string' || 'name' in spec) {
    const name = typeof spec === 'string' ? spec : spec.name;
    return { name, label: name, descriptor: await openNamed(name, options.create ?? false) };
  }
  const native = loadNative();
  let label: string;
  let result: NativeDescriptor | NativeFailure;
  if ('path' in spec) {
    if (typeof spec.path !== 'string' || spec.path === '' || spec.path.includes('\0')) {
      throw new TypeError('netns.path must be the path of a file');
    }
    label = spec.path;
    result = await native.netnsOpen(spec.path);
  } else if ('pid' in spec) {
    label = `of process ${checkNumber('netns.pid', spec.pid, 1)}`;
    result = await native.netnsOpen(`/proc/${spec.pid}/ns/net`);
  } else if ('fd' in spec) {
    label = `on descriptor ${checkNumber('netns.fd', spec.fd, 0)}`;
    result = await native.netnsAdopt(spec.fd);
  } else if ('unnamed' in spec && spec.unnamed === true) {
    label = 'unnamed';
    result = await native.netnsCreate();
  } else {
    throw new TypeError('netns must be a name or one of { name }, { path }, { pid }, { fd }, { unnamed: true }');
  }
  if (failed(result)) {
    fail(`open network namespace ${label}`, result, result.errno === -22 ? 'it is not a network namespace' : undefined);
  }
  return { name: undefined, label, descriptor: result };
}

/** Opens (or makes) a network namespace. @throws NetError ENOENT for an unknown name, EINVAL for what is no namespace. */
export async function openNetns(spec: NetnsSpec, options: NetnsOpenOptions = {}): Promise<Netns> {
  const opened = await openDescriptor(spec, options);
  return { ...opened, inode: fstatSync(opened.descriptor.fd).ino };
}

/** One name in {@link NETNS_DIRECTORY}. */
export interface NamedNetns {
  readonly name: string;
  readonly path: string;
  readonly inode: number;
}

/** Named network namespaces of this host: what `ip netns` shows. */
export const netns = {
  /** All names, sorted. */
  async list(): Promise<NamedNetns[]> {
    let names: string[];
    try {
      names = await readdir(NETNS_DIRECTORY);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
      throw error;
    }
    const list = await Promise.all(
      names.sort().map(async (name) => {
        const file = path.join(NETNS_DIRECTORY, name);
        // A name may go between the two steps.
        const found = await stat(file).catch(() => undefined);
        return found && { name, path: file, inode: found.ino };
      }),
    );
    return list.filter((entry) => entry !== undefined);
  },

  /** Makes a named namespace, as `ip netns add`. @throws NetError EEXIST when the name is taken. */
  async create(name: string): Promise<void> {
    (await openNamed(name, 'exclusive')).close();
  },

  /**
   * Removes a name, as `ip netns delete`. The namespace itself goes when its last process, socket and {@link Netns} has.
   * @throws NetError ENOENT when there is no such name.
   */
  async remove(name: string): Promise<void> {
    const result = await loadNative().netnsDeleteNamed(NETNS_DIRECTORY, checkNetnsName(name));
    if (failed(result)) fail(`remove network namespace '${name}'`, result);
  },
} as const;
