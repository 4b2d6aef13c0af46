import { NetError } from '../errors';
import { failed, loadNative, type NativeDescriptor, type NativeTunQueue } from '../native';
import { FRAME_HEADROOM, FrameBatch, MAX_FRAME_BYTES, type FrameBatchOptions } from './frame-batch';
import { FrameReader, type FramesOptions } from './frame-reader';
import { offloadMask, offloadNames, type Offload } from './offloads';

/** `IFF_*` flags of TUNSETIFF (linux/if_tun.h). */
export const IFF = {
  TUN: 0x1,
  TAP: 0x2,
  NAPI: 0x10,
  NAPI_FRAGS: 0x20,
  NO_CARRIER: 0x40,
  MULTI_QUEUE: 0x100,
  ATTACH_QUEUE: 0x200,
  DETACH_QUEUE: 0x400,
  PERSIST: 0x800,
  NO_PI: 0x1000,
  VNET_HDR: 0x4000,
  TUN_EXCL: 0x8000,
} as const;

const READABLE = 1;
const WRITABLE = 2;
const EAGAIN = -11;
const EBADF = -9;

/** What has passed through one queue, and what was refused. */
export interface FrameCounters {
  readonly rxFrames: number;
  /** Bytes of frames, virtio headers not counted. */
  readonly rxBytes: number;
  readonly txFrames: number;
  readonly txBytes: number;
  /** Frames the kernel refused, or that could not be taken because the queue was full and `write` was not repeated. */
  readonly txRejected: number;
  /** {@link txRejected} by errno name: `EIO` the interface was down, `EINVAL` the frame was malformed, `EMSGSIZE` it was a segment too large for a device without virtio headers. */
  readonly rejections: Readonly<Record<string, number>>;
}

export interface SendOptions {
  /** Which frames of the batch, in which order. All, in order, by default. */
  readonly order?: Uint32Array;
  readonly signal?: AbortSignal;
}

/** Which destinations the kernel passes to the reader of a TAP (`struct tun_filter`). */
export interface TxFilter {
  /** Pass all multicast. */
  readonly allMulticast?: boolean;
  /** MAC addresses to pass, six octets each. None: everything passes. */
  readonly addresses: readonly Uint8Array[];
}

/** How a queue was attached; what a further queue must ask for again. */
export interface Attachment {
  readonly queue: NativeTunQueue;
  readonly name: string;
  /** IFF_ flags read back with TUNGETIFF. */
  readonly flags: number;
  readonly vnetHeaderBytes: number;
  readonly offloadMask: number;
  /** The namespace the interface was made in, for further queues; not owned. */
  readonly netns: NativeDescriptor | undefined;
  readonly netnsLabel: string | undefined;
}

/**
 * One queue of a TUN or TAP interface: a descriptor to which the kernel hands the frames it sends out of the interface,
 * and through which frames come in. Unless it persists, the interface goes when its last queue is closed.
 */
export abstract class TunDevice implements AsyncDisposable {
  abstract readonly kind: 'tap' | 'tun';
  /** Name at the time of opening; see {@link currentName} for now. */
  readonly name: string;
  readonly netns: string | undefined;
  /** Whether each frame carries a virtio header ({@link FrameBatch.vnetHeader}). */
  readonly vnetHeader: boolean;
  readonly multiQueue: boolean;
  readonly #queue: NativeTunQueue;
  readonly #attachment: Attachment;
  #offloads: number;
  #closing: Promise<void> | undefined;
  /** Ioctls run one after another, and the descriptor is closed after the last. */
  #ioctls: Promise<unknown> = Promise.resolve();
  #waitingRead: (() => void) | undefined;
  #waitingWrite: Array<() => void> = [];
  #watched = 0;
  #watching = false;
  #reading = false;

  /** @internal */
  constructor(attachment: Attachment) {
    this.#attachment = attachment;
    this.#queue = attachment.queue;
    this.#queue.setVnetHeaderSize(attachment.vnetHeaderBytes);
    this.#offloads = attachment.offloadMask;
    this.name = attachment.name;
    this.netns = attachment.netnsLabel;
    this.vnetHeader = attachment.vnetHeaderBytes > 0;
    this.multiQueue = (attachment.flags & IFF.MULTI_QUEUE) !== 0;
  }

  /** The descriptor, -1 once closed. Put it into a child's `stdio` to share the queue with the child. */
  get fd(): number {
    return this.closed ? -1 : this.#queue.fd;
  }

  /** Whether it was closed or given away. */
  get closed(): boolean {
    return this.#closing !== undefined;
  }

  /** What the kernel may leave undone in frames read from this device. */
  get offloads(): readonly Offload[] {
    return offloadNames(this.#offloads);
  }

  /** @internal */
  get attachment(): Attachment {
    return { ...this.#attachment, offloadMask: this.#offloads };
  }

  /** The interface's name now: it may have been renamed. @throws NetError EBADFD when the interface is gone. */
  currentName(): string {
    this.#checkOpen('look up the interface', 'ioctl TUNGETIFF');
    const identity = this.#queue.query();
    if (failed(identity)) throw this.#error('look up the interface', identity.errno, identity.syscall);
    return identity.name;
  }

  /**
   * Reads the frames that wait now, as many as fit, without waiting. The batch's earlier frames are gone.
   * @returns how many were read; 0 when none waits.
   * @throws NetError EBADFD when the interface was deleted, EBADF after `close()`.
   */
  tryRead(batch: FrameBatch, options: { readonly limit?: number } = {}): number {
    this.#checkOpen('read frames', 'read');
    const limit = options.limit ?? batch.capacity;
    if (!Number.isInteger(limit) || limit < 1) {
      throw new RangeError(`limit must be a positive integer, not ${String(limit)}`);
    }
    const count = batch.refill((bytes, slots) =>
      this.#queue.read(bytes, slots, FRAME_HEADROOM, MAX_FRAME_BYTES, limit),
    );
    if (count < 0) throw this.#error('read frames', count, 'read');
    return count;
  }

  /**
   * Writes frames, in order, without waiting. A frame that the kernel refuses costs that frame only and is counted in
   * {@link counters}.
   * @param order which frames of the batch, in which order; all by default.
   * @param count how many of `order` count; all by default.
   * @returns how many were dealt with. Less than all means that the device can take no more now: keep the rest and wait
   * ({@link send} does), or drop it.
   * @throws NetError EBADFD when the interface was deleted, EBADF after `close()`.
   */
  write(batch: FrameBatch, order?: Uint32Array, count = order?.length ?? batch.length): number {
    this.#checkOpen('write frames', 'write');
    const { bytes, slots } = batch.storage;
    const frames = batch.length;
    const most = order ? order.length : frames;
    if (!Number.isInteger(count) || count < 0 || count > most) {
      throw new RangeError(`count must be an integer from 0 to ${most}, not ${String(count)}`);
    }
    const done = this.#queue.write(bytes, slots, frames, count, order);
    if (done < 0) throw this.#error('write frames', done, 'write');
    return done;
  }

  /**
   * Writes one frame. Convenient, not fast: use a batch where there is more than one.
   * @throws NetError EIO when the interface is down, EINVAL when the kernel finds the frame malformed, EAGAIN when it can take
   * no more now.
   */
  writeFrame(frame: Uint8Array): void {
    const batch = (this.#single ??= new FrameBatch({ frames: 1, poolBytes: FRAME_HEADROOM + MAX_FRAME_BYTES }));
    batch.clear();
    batch.push(frame);
    const before = this.#queue.counters();
    if (this.write(batch) === 0) throw this.#error('write a frame', EAGAIN, 'write');
    const after = this.#queue.counters();
    if (after.txFrames > before.txFrames) return;
    const errno = after.rejections.find((_, i) => i % 2 === 0 && after.rejections[i + 1] !== before.rejections[i + 1]);
    throw this.#error(`write a frame of ${frame.length} bytes`, errno ?? EAGAIN, 'write');
  }
  #single: FrameBatch | undefined;

  /** Writes all frames, waiting whenever the device can take no more. Ends early, without an error, when it is closed. */
  async send(batch: FrameBatch, options: SendOptions = {}): Promise<void> {
    let order = options.order ?? Uint32Array.from({ length: batch.length }, (_, i) => i);
    for (;;) {
      options.signal?.throwIfAborted();
      order = order.subarray(this.write(batch, order));
      if (order.length === 0) return;
      await this.#writable(options.signal);
      if (this.closed) return;
    }
  }

  /**
   * Reads frames as they come. Each batch is valid until the next is asked for. Reads ahead of the event loop at most
   * `batchesPerTurn` times, so that timers and other sockets of the program go on; what waits longer waits in the kernel's
   * ring, which drops (`tx_dropped`) when full. The iteration ends when the device is closed, and fails when `signal` fires
   * or the interface is deleted. One at a time.
   */
  frames(options: FramesOptions & FrameBatchOptions = {}): AsyncIterableIterator<FrameBatch> {
    this.#checkOpen('read frames', 'read');
    if (this.#reading) throw new Error(`frames of '${this.name}' are being read already: one reader per queue`);
    const reader = new FrameReader(
      {
        isClosed: () => this.closed,
        tryRead: (batch) => this.tryRead(batch),
        waitReadable: (wake) => this.#waitReadable(wake),
        done: () => {
          this.#reading = false;
          this.#waitingRead = undefined;
          this.#updateWatch();
        },
      },
      new FrameBatch(options),
      options,
    );
    this.#reading = true;
    return reader;
  }

  /** What passed since the queue was opened. */
  counters(): FrameCounters {
    const { rxFrames = 0, rxBytes = 0, txFrames = 0, txBytes = 0, rejections = [] } = this.#queue.counters();
    const byCode: Record<string, number> = {};
    let txRejected = 0;
    for (let i = 0; i + 1 < rejections.length; i += 2) {
      const { code } = new NetError({ action: 'write', errno: rejections[i]!, syscall: 'write' });
      byCode[code] = rejections[i + 1]!;
      txRejected += rejections[i + 1]!;
    }
    return { rxFrames, rxBytes, txFrames, txBytes, txRejected, rejections: byCode };
  }

  /** Carrier on or off, as a cable plugged or not (`TUNSETCARRIER`, Linux 5.0). */
  async setCarrier(on: boolean): Promise<void> {
    await this.ioctl('TUNSETCARRIER', on ? 1 : 0);
  }

  /** Whether the interface stays when its last queue is closed (`TUNSETPERSIST`). */
  async setPersist(on: boolean): Promise<void> {
    await this.ioctl('TUNSETPERSIST', on ? 1 : 0);
  }

  /** The user who may attach without CAP_NET_ADMIN (`TUNSETOWNER`). */
  async setOwner(uid: number): Promise<void> {
    await this.ioctl('TUNSETOWNER', checkId('uid', uid));
  }

  /** The group whose members may attach without CAP_NET_ADMIN (`TUNSETGROUP`). */
  async setGroup(gid: number): Promise<void> {
    await this.ioctl('TUNSETGROUP', checkId('gid', gid));
  }

  /**
   * What the kernel may leave to the reader (`TUNSETOFFLOAD`). It belongs to the interface, not to the queue.
   * @throws NetError EINVAL when the running kernel does not know one of them.
   */
  async setOffloads(list: readonly Offload[]): Promise<void> {
    const mask = offloadMask(list);
    if (mask !== 0 && !this.vnetHeader) throw new TypeError('offloads need a device opened with vnetHeader: true');
    await this.ioctl('TUNSETOFFLOAD', mask);
    this.#offloads = mask;
  }

  /** Pauses (`false`) or resumes this queue of a multi-queue device (`TUNSETQUEUE`). */
  async setQueueEnabled(on: boolean): Promise<void> {
    if (!this.multiQueue) throw new TypeError(`'${this.name}' has one queue: open it with multiQueue: true`);
    await this.ioctl('TUNSETQUEUE', on ? IFF.ATTACH_QUEUE : IFF.DETACH_QUEUE);
  }

  /**
   * Chooses the queue of each outgoing frame by an eBPF program: the result modulo the number of queues
   * (`TUNSETSTEERINGEBPF`). `null` removes it. A program is the bytes of its instructions (`struct bpf_insn`, 8 each), or
   * the descriptor of one that is loaded already (`BPF_PROG_TYPE_SOCKET_FILTER`).
   */
  async setSteering(program: Uint8Array | number | null): Promise<void> {
    await this.#setProgram('TUNSETSTEERINGEBPF', program);
  }

  /** Drops or truncates outgoing frames by an eBPF program: the result is the length to keep (`TUNSETFILTEREBPF`). `null` removes it. */
  async setFilter(program: Uint8Array | number | null): Promise<void> {
    await this.#setProgram('TUNSETFILTEREBPF', program);
  }

  /** Filters what this TAP's reader gets by a classic BPF program (`struct sock_filter`, 8 bytes each; `TUNATTACHFILTER`). */
  async attachClassicFilter(program: Uint8Array): Promise<void> {
    if (program.length === 0 || program.length % 8 !== 0)
      throw new RangeError('program must be 8 bytes per instruction');
    await this.ioctl('TUNATTACHFILTER', 0, program);
  }

  /** Removes what {@link attachClassicFilter} set (`TUNDETACHFILTER`). */
  async detachClassicFilter(): Promise<void> {
    await this.ioctl('TUNDETACHFILTER', 0);
  }

  /**
   * Passes only frames to these destinations, and broadcasts where listed, to the reader (`TUNSETTXFILTER`).
   * @returns how many addresses are matched exactly; the kernel hashes the multicast ones beyond eight.
   */
  async setTxFilter({ addresses, allMulticast = false }: TxFilter): Promise<number> {
    if (addresses.length > 0xffff) throw new RangeError(`addresses must be at most 65535, not ${addresses.length}`);
    if (addresses.some((address) => address.length !== 6)) throw new TypeError('addresses must be six octets each');
    const filter = new Uint8Array(4 + 6 * addresses.length);
    const view = new DataView(filter.buffer);
    const littleEndian = new Uint8Array(new Uint16Array([1]).buffer)[0] === 1;
    view.setUint16(0, allMulticast ? 1 : 0, littleEndian);
    view.setUint16(2, addresses.length, littleEndian);
    addresses.forEach((address, i) => filter.set(address, 4 + 6 * i));
    return this.ioctl('TUNSETTXFILTER', 0, filter);
  }

  /** Bytes of frames in flight towards the kernel before writes wait (`TUNGETSNDBUF`). */
  async sendBufferBytes(): Promise<number> {
    return this.ioctl('TUNGETSNDBUF', 0);
  }

  /**
   * Bounds them (`TUNSETSNDBUF`). Any value but the default (2^31 - 1, no bound) also turns the kernel's fast write path off.
   */
  async setSendBufferBytes(bytes: number): Promise<void> {
    if (!Number.isInteger(bytes) || bytes < 1 || bytes > 0x7fff_ffff)
      throw new RangeError('bytes must be 1 to 2^31 - 1');
    await this.ioctl('TUNSETSNDBUF', bytes);
  }

  /** Hardware type of a TUN or TAP that is down: an `ARPHRD_*` number (`TUNSETLINK`). @throws NetError EBUSY while up. */
  async setLinkType(type: number): Promise<void> {
    if (!Number.isInteger(type) || type < 0 || type > 0xffff) throw new RangeError('type must be an ARPHRD_ number');
    await this.ioctl('TUNSETLINK', type);
  }

  /**
   * Gives the descriptor away: this object is closed, the interface lives on. The caller must close the descriptor or hand it
   * to what will. (To share a queue with a child, put {@link fd} into the child's `stdio` instead.)
   */
  detach(): number {
    this.#checkOpen('give the descriptor away', 'detach');
    const fd = this.#queue.detach();
    if (fd < 0) throw this.#error('give the descriptor away', fd, 'detach');
    this.#closing = Promise.resolve();
    this.#wakeAll();
    return fd;
  }

  /**
   * Closes the queue; idempotent. Ends `frames()` and `send()` that wait, at once. Resolves when the descriptor is closed: with
   * its last queue the interface is gone by then, unless it persists. (The kernel takes milliseconds for that, off this thread.)
   */
  async close(): Promise<void> {
    if (this.#closing === undefined) {
      this.#closing = this.#ioctls.then(() => this.#queue.close());
      this.#wakeAll();
    }
    return this.#closing;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  /** Runs one ioctl and makes an error of a failure. @internal */
  async ioctl(name: string, number: number, bytes?: Uint8Array): Promise<number> {
    this.#checkOpen('configure', `ioctl ${name}`);
    const turn = this.#ioctls.then(async () => this.#queue.ioctl(name, number, bytes));
    this.#ioctls = turn.catch(() => undefined);
    const result = await turn;
    if (result < 0) throw this.#error('configure', result, `ioctl ${name}`);
    return result;
  }

  async #setProgram(ioctl: string, program: Uint8Array | number | null): Promise<void> {
    if (program instanceof Uint8Array) {
      const loaded = loadNative().TunQueue.loadFilter(program);
      if (failed(loaded)) throw this.#error('load a BPF program for', loaded.errno, loaded.syscall);
      try {
        await this.ioctl(ioctl, loaded.fd);
      } finally {
        // The device holds the program by itself.
        loaded.close();
      }
    } else {
      await this.ioctl(ioctl, program ?? -1);
    }
  }

  #checkOpen(action: string, syscall: string): void {
    if (this.#closing !== undefined) throw this.#error(action, EBADF, syscall);
  }

  #wakeAll(): void {
    this.#waitingRead?.();
    this.#waitingRead = undefined;
    for (const wake of this.#waitingWrite.splice(0)) wake();
  }

  #waitReadable(wake: () => void): void {
    this.#waitingRead = wake;
    this.#updateWatch();
  }

  async #writable(signal: AbortSignal | undefined): Promise<void> {
    await new Promise<void>((resolve) => {
      const wake = (): void => {
        signal?.removeEventListener('abort', wake);
        resolve();
      };
      this.#waitingWrite.push(wake);
      signal?.addEventListener('abort', wake, { once: true });
      this.#updateWatch();
    });
  }

  #updateWatch(): void {
    if (this.closed) return;
    const events = (this.#waitingRead ? READABLE : 0) | (this.#waitingWrite.length > 0 ? WRITABLE : 0);
    if (events === this.#watched || (events === 0 && !this.#watching)) return;
    const result = this.#watching
      ? this.#queue.watch(events)
      : this.#queue.watch(events, (status, ready) => this.#onReady(status, ready));
    if (result < 0) throw this.#error('wait for frames', result, 'epoll_ctl');
    this.#watching = true;
    this.#watched = events;
  }

  #onReady(status: number, ready: number): void {
    // A failed descriptor is no longer watched by libuv; the next read says why.
    if (status < 0) this.#watched = 0;
    if (status < 0 || (ready & READABLE) !== 0) {
      const wake = this.#waitingRead;
      this.#waitingRead = undefined;
      // The watch stays on while the reader reads: it mostly comes back to wait within this very turn.
      if (wake) wake();
      else this.#updateWatch();
    }
    if (status < 0 || (ready & WRITABLE) !== 0) {
      for (const wake of this.#waitingWrite.splice(0)) wake();
      this.#updateWatch();
    }
  }

  #error(action: string, errno: number, syscall: string): NetError {
    const hint = readWriteHints.get(errno);
    return new NetError({
      action: `${action} '${this.name}'`,
      errno,
      syscall,
      interface: this.name,
      netns: this.netns,
      hint,
    });
  }
}

const readWriteHints = new Map<number, string>([
  [-5, 'the interface is down: set it up with links.set(name, { up: true })'],
  [-9, 'the device is closed'],
  [-77, 'the interface was deleted'],
]);

function checkId(option: string, id: number): number {
  if (!Number.isInteger(id) || id < 0 || id > 0xffff_fffe) throw new RangeError(`${option} must be a user or group id`);
  return id;
}
