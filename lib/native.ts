import { existsSync } from 'node:fs';
import path from 'node:path';

/** What a failed native call returns instead of a value: the errno is negative. */
export interface NativeFailure {
  readonly errno: number;
  readonly syscall: string;
}

/** An owned file descriptor. Closed by `close()` or, at the latest, when collected. */
export interface NativeDescriptor {
  /** -1 once closed. */
  readonly fd: number;
  close(): void;
}

/** One extended acknowledgement, as parsed from the wire (`enum nlmsgerr_attrs`). */
export interface NativeExtack {
  /** Index of the request message it belongs to. */
  readonly request: number;
  readonly message?: string;
  /** Byte offset into the request message (header included) of the offending attribute. */
  readonly offset?: number;
  readonly missType?: number;
  /** Byte offset of the nest that lacks `missType`; absent when it is the top level. */
  readonly missNest?: number;
  /** The `NL_POLICY_TYPE_ATTR_*` attributes, raw. */
  readonly policy?: Uint8Array;
}

/** Everything the kernel answered to one `NetlinkSocket.request()`. */
export interface NativeReply {
  /** All answering messages one after another, headers included, each 4-byte aligned. */
  readonly data: Uint8Array;
  /** Five numbers per answering message: request index, message type, flags, payload offset in `data`, payload length. */
  readonly messages: Uint32Array;
  /** One negative errno or 0 per request message. */
  readonly outcomes: Int32Array;
  /** 1 for each request whose dump carried `NLM_F_DUMP_INTR`. */
  readonly interrupted: Uint8Array;
  /** Extended acks of failures, and warnings of successes. */
  readonly extacks: readonly NativeExtack[];
}

export interface NativeNetlinkSocket {
  /**
   * Sends the concatenated, 4-byte aligned messages and resolves with the answers to all of them. Sequence numbers and
   * port ids are filled in here; each message must ask for an ack or be a dump. One call at a time.
   */
  request(messages: Uint8Array): Promise<NativeReply | NativeFailure>;
  close(): void;
}

/** What TUNGETIFF says of a queue: the interface's name now, and the IFF_ flags in force. */
export interface NativeTunIdentity {
  readonly name: string;
  readonly flags: number;
}

export interface NativeTunCounters {
  readonly rxFrames: number;
  readonly rxBytes: number;
  readonly txFrames: number;
  readonly txBytes: number;
  /** Pairs of negative errno and count. */
  readonly rejections: readonly number[];
}

/** One attached queue of a TUN or TAP device. */
export interface NativeTunQueue {
  /** -1 once closed or detached. */
  readonly fd: number;
  query(): NativeTunIdentity | NativeFailure;
  /** Runs one ioctl off the JavaScript thread. Resolves with its result (>= 0) or a negative errno. */
  ioctl(name: string, number: number, bytes?: Uint8Array): Promise<number>;
  /** 0, 10 or 12: what stands before each frame on the descriptor. */
  setVnetHeaderSize(size: number): void;
  /**
   * Reads frames until `slots` is full, the buffer is, `limit` is reached or nothing waits. Returns the number of frames, or
   * a negative errno when the first read failed.
   */
  read(buffer: Uint8Array, slots: Uint32Array, headroom: number, maxFrame: number, limit: number): number;
  /**
   * Writes the first `count` frames of `order` (of the batch itself without one); the batch has `frames` of them. Returns how
   * many were dealt with (sent, or refused and counted): less than `count` only when the device can take no more now. A
   * negative errno when the descriptor is of no use any more.
   */
  write(buffer: Uint8Array, slots: Uint32Array, frames: number, count: number, order?: Uint32Array): number;
  counters(): NativeTunCounters;
  /** Watches readiness: 1 readable, 2 writable, 0 pauses. The first call brings the callback. Returns 0 or a negative errno. */
  watch(events: number, callback?: (status: number, events: number) => void): number;
  /** Hands the descriptor to the caller and closes this object. Negative errno: EBUSY while an ioctl runs. */
  detach(): number;
  /** Closes the descriptor off the JavaScript thread; resolves when that is done. */
  close(): Promise<void>;
}

/** Kernel resources held by native objects of this thread. */
export interface LiveHandles {
  readonly descriptors: number;
  readonly sockets: number;
  readonly queues: number;
  readonly watchers: number;
}

type Outcome<T> = Promise<T | NativeFailure>;

/** Surface of the compiled addon. Only this file knows it. */
export interface Native {
  readonly NetlinkSocket: {
    /** `protocol`: NETLINK_ROUTE (0), ... The socket belongs to `netns`, or to this process's namespace. */
    open(protocol: number, netns: NativeDescriptor | undefined): Outcome<NativeNetlinkSocket>;
  };
  readonly TunQueue: {
    attach(name: string, flags: number, ifindex: number, netns?: NativeDescriptor): Outcome<NativeTunQueue>;
    adopt(fd: number): NativeTunQueue | NativeFailure;
    loadFilter(instructions: Uint8Array): NativeDescriptor | NativeFailure;
  };
  netnsOpen(path: string): Outcome<NativeDescriptor>;
  netnsAdopt(fd: number): Outcome<NativeDescriptor>;
  netnsCreate(): Outcome<NativeDescriptor>;
  netnsOpenNamed(directory: string, name: string): Outcome<NativeDescriptor>;
  netnsCreateNamed(directory: string, name: string): Outcome<NativeDescriptor>;
  netnsDeleteNamed(directory: string, name: string): Outcome<undefined>;
  liveHandles(): LiveHandles;
}

/** Whether a native call failed. */
export function failed(result: unknown): result is NativeFailure {
  return typeof result === 'object' && result !== null && 'errno' in result;
}

interface BindingsOptions {
  readonly bindings: string;
  readonly module_root: string;
  readonly try: readonly (readonly string[])[];
}

const root = path.resolve(__dirname, '..');
const platform = `${process.platform}-${process.arch}`;

/** The addon for this platform cannot be loaded: nothing of etherloom but its pure helpers works here. */
export class AddonError extends Error {
  readonly code = 'ERR_ETHERLOOM_ADDON';

  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'AddonError';
  }
}

function cLibrary(): 'glibc' | 'musl' {
  return existsSync('/etc/alpine-release') ? 'musl' : 'glibc';
}

let addon: Native | undefined;

/**
 * Loads the addon, once, on first use: importing the package works anywhere, so that programs for several platforms can.
 * @throws AddonError naming what is missing.
 */
export function loadNative(): Native {
  if (addon) return addon;
  if (process.platform !== 'linux') {
    throw new AddonError(
      `etherloom drives the Linux kernel's networking; this is ${process.platform}, where it can be imported but not used`,
    );
  }
  const libc = cLibrary();
  // eslint-disable-next-line @typescript-eslint/no-require-imports -- loaded on first use, not on import
  const bindings = require('bindings') as (options: BindingsOptions) => Native;
  try {
    addon = bindings({
      bindings: 'etherloom.node',
      module_root: root,
      try: [
        ['module_root', 'build', 'Release', 'bindings'],
        ['module_root', 'prebuilds', platform, `etherloom.${libc}.node`],
      ],
    });
  } catch (cause) {
    throw new AddonError(
      `etherloom has no compiled addon for ${platform} with ${libc} (Node-API 8): neither build/Release/etherloom.node nor ` +
        `prebuilds/${platform}/etherloom.${libc}.node loads. To build it (needs python3, make and g++): ` +
        'npm explore etherloom -- npm run build:native',
      { cause },
    );
  }
  return addon;
}

/** Path of the program that runs a child inside a namespace; beside the addon. */
export function launcherPath(): string {
  const candidates = [
    path.join(root, 'build', 'Release', 'netns-exec'),
    path.join(root, 'prebuilds', platform, `netns-exec.${cLibrary()}`),
  ];
  const found = candidates.find((candidate) => existsSync(candidate));
  if (found === undefined)
    throw new AddonError(`etherloom's netns-exec program is missing: looked for ${candidates.join(', ')}`);
  return found;
}
