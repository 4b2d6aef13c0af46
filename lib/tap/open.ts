import { NetError } from '../errors';
import type { LinkChanges, NetnsHost } from '../host';
import { failed, loadNative, type NativeDescriptor, type NativeFailure, type NativeTunQueue } from '../native';
import { findHolders } from './holders';
import { OFFLOAD_LADDER, offloadMask, type Offload } from './offloads';
import { IFF, TunDevice, type Attachment } from './tun-device';

/** A TAP: Ethernet frames. */
export class Tap extends TunDevice {
  readonly kind = 'tap';
}

/** A TUN: IP packets, without an Ethernet header. */
export class Tun extends TunDevice {
  readonly kind = 'tun';
}

/** What is set on the interface right after it was made; all of it, or the device is gone again. */
export type TunLinkOptions = Pick<LinkChanges, 'up' | 'mtu' | 'txQueueLength' | 'alias' | 'master' | 'mac' | 'group'>;

export interface TunOptions extends TunLinkOptions {
  /** Interface name of at most 15 bytes; `%d` stands for the first free number. Default `tap%d` or `tun%d`. */
  readonly name?: string;
  /**
   * `'create'` (default): a new interface; EBUSY when the name is taken. `'existing'`: a persistent one, or a further queue;
   * ENODEV without. `'any'`: whichever.
   */
  readonly attach?: 'create' | 'existing' | 'any';
  /** Precede each frame with a virtio header (`IFF_VNET_HDR`, 12 bytes, little-endian). Default: whether offloads are asked for. */
  readonly vnetHeader?: boolean;
  /** What the kernel may leave to the reader. `'all'` takes the most the running kernel knows. Default none. */
  readonly offloads?: readonly Offload[] | 'all' | 'none';
  /** Allow further queues ({@link openQueue}), up to 256. */
  readonly multiQueue?: boolean;
  /** Keep the interface when the last queue is closed. */
  readonly persist?: boolean;
  /** User id that may attach without CAP_NET_ADMIN. */
  readonly owner?: number;
  /** Group id whose members may attach without CAP_NET_ADMIN. */
  readonly ownerGroup?: number;
  /** Carrier from the start. Default on. */
  readonly carrier?: boolean;
  /** Index for the new interface (`TUNSETIFINDEX`). */
  readonly index?: number;
  /** Deliver written frames by NAPI polling (`IFF_NAPI`). */
  readonly napi?: boolean;
}

export type TapOptions = TunOptions;

type Mode = 'tap' | 'tun';

interface Context {
  readonly mode: Mode;
  readonly netns: NativeDescriptor | undefined;
  readonly netnsLabel: string | undefined;
}

const ENOENT = -2;
const EACCES = -13;
const EBUSY = -16;
const ENODEV = -19;
const EINVAL = -22;
const VNET_HEADER_BYTES = 12;

function checkName(name: string): void {
  if (typeof name !== 'string') throw new TypeError(`name must be a string, not ${typeof name}`);
  if (Buffer.byteLength(name) > 15) {
    throw new RangeError(`name '${name}' is ${Buffer.byteLength(name)} bytes long; interface names have at most 15`);
  }
  if (name === '' || name === '.' || name === '..' || /[/:\s\0]/.test(name)) {
    throw new TypeError(
      `name ${JSON.stringify(name)} must not be empty, '.' or '..', nor hold '/', ':' or white space`,
    );
  }
  if (/%(?!d)/.test(name) || name.indexOf('%d') !== name.lastIndexOf('%d')) {
    throw new TypeError(`name '${name}': '%' stands only in one '%d', the place of a number`);
  }
}

async function openHint(failure: NativeFailure, name: string, mode: Mode): Promise<string | undefined> {
  if (failure.syscall === 'open /dev/net/tun') {
    switch (failure.errno) {
      case ENOENT:
        return 'make the device node: mkdir -p /dev/net && mknod /dev/net/tun c 10 200 && chmod 0666 /dev/net/tun';
      case ENODEV:
        return 'the kernel has no TUN driver loaded: modprobe tun (CONFIG_TUN)';
      case EACCES:
        return 'this user may not open /dev/net/tun: its usual mode is 0666 (chmod 0666 /dev/net/tun)';
      default:
        return undefined;
    }
  }
  if (failure.errno === EBUSY) {
    const holders = await findHolders(name);
    return holders.length > 0
      ? `it is held by ${holders.join(', ')}; a persistent one that is free can be attached to with attach: 'existing'`
      : `the name is taken; attach to a persistent ${mode} with attach: 'existing', to a further queue with multiQueue: true`;
  }
  if (failure.errno === EINVAL) {
    return 'an interface of that name is of another kind, or was made with another multiQueue setting';
  }
  return undefined;
}

async function attachQueue(context: Context, name: string, flags: number, index: number): Promise<NativeTunQueue> {
  const result = await loadNative().TunQueue.attach(name, flags, index, context.netns);
  if (!failed(result)) return result;
  const action = `open ${context.mode} '${name}'`;
  const hint = await openHint(result, name, context.mode);
  throw new NetError({ action, ...result, interface: name, netns: context.netnsLabel, hint });
}

/** Sets what belongs to the device, in the order the kernel wants, and reads back what can be read. */
async function configure(context: Context, queue: NativeTunQueue, options: TunOptions): Promise<Attachment> {
  const identity = queue.query();
  const fail = (action: string, errno: number, syscall: string, hint?: string): never => {
    const name = failed(identity) ? undefined : identity.name;
    throw new NetError({
      action: `${action} '${name ?? ''}'`,
      errno,
      syscall,
      interface: name,
      netns: context.netnsLabel,
      hint,
    });
  };
  if (failed(identity)) return fail('look up the new interface', identity.errno, identity.syscall);
  const ioctl = async (name: string, number: number): Promise<number> => {
    const result = await queue.ioctl(name, number);
    if (result < 0) fail(`configure ${context.mode}`, result, `ioctl ${name}`);
    return result;
  };

  const offloads = options.offloads ?? 'none';
  const wantsHeader = options.vnetHeader ?? offloads !== 'none';
  // A further queue that asks for the header on a device made without it gets none, and no error: so it is read back.
  const hasHeader = (identity.flags & IFF.VNET_HDR) !== 0;
  if (wantsHeader !== hasHeader || (identity.flags & IFF.NO_PI) === 0) {
    const hint = `it was made ${hasHeader ? 'with' : 'without'} a virtio header: open it with vnetHeader: ${hasHeader}`;
    fail(`attach to ${context.mode}`, EINVAL, 'ioctl TUNSETIFF', hint);
  }
  if (hasHeader) {
    await ioctl('TUNSETVNETHDRSZ', VNET_HEADER_BYTES);
    await ioctl('TUNSETVNETLE', 1);
    const size = await ioctl('TUNGETVNETHDRSZ', 0);
    if (size !== VNET_HEADER_BYTES || (await ioctl('TUNGETVNETLE', 0)) !== 1) {
      fail(
        `set the virtio header of ${context.mode}`,
        EINVAL,
        'ioctl TUNGETVNETHDRSZ',
        `the kernel reports ${size} bytes`,
      );
    }
  }
  const mask = await setOffloads(queue, offloads, (errno) =>
    fail(
      `set offloads ${String(offloads)} of`,
      errno,
      'ioctl TUNSETOFFLOAD',
      "the running kernel does not know them all: offloads: 'all' takes those it knows",
    ),
  );
  if (options.owner !== undefined) await ioctl('TUNSETOWNER', options.owner);
  if (options.ownerGroup !== undefined) await ioctl('TUNSETGROUP', options.ownerGroup);
  if (options.carrier !== undefined) await ioctl('TUNSETCARRIER', options.carrier ? 1 : 0);
  return {
    queue,
    name: identity.name,
    flags: identity.flags,
    vnetHeaderBytes: hasHeader ? VNET_HEADER_BYTES : 0,
    offloadMask: mask,
    netns: context.netns,
    netnsLabel: context.netnsLabel,
  };
}

async function setOffloads(
  queue: NativeTunQueue,
  offloads: NonNullable<TunOptions['offloads']>,
  fail: (errno: number) => never,
): Promise<number> {
  const masks = offloads === 'all' ? OFFLOAD_LADDER : [offloads === 'none' ? 0 : offloadMask(offloads)];
  // The mask belongs to the device and survives its users: it is set even when nothing is wanted.
  for (const mask of masks) {
    const result = await queue.ioctl('TUNSETOFFLOAD', mask);
    if (result >= 0) return mask;
    if (result !== EINVAL || mask === masks.at(-1)) fail(result);
  }
  return 0;
}

function checkOptions(options: TunOptions): void {
  checkName(options.name ?? 'tap%d');
  const offloads = options.offloads ?? 'none';
  if (typeof offloads === 'string' && offloads !== 'all' && offloads !== 'none') {
    throw new TypeError(`offloads must be 'all', 'none' or a list, not '${String(offloads)}'`);
  }
  if (Array.isArray(offloads)) offloadMask(offloads as readonly Offload[]);
  if (options.vnetHeader === false && offloads !== 'none' && offloads.length > 0) {
    throw new TypeError('offloads need vnetHeader: the header says what was left undone');
  }
  if (options.attach !== undefined && !['create', 'existing', 'any'].includes(options.attach)) {
    throw new TypeError(`attach must be 'create', 'existing' or 'any', not '${String(options.attach)}'`);
  }
  for (const option of ['owner', 'ownerGroup'] as const) {
    const id = options[option];
    if (id !== undefined && (!Number.isInteger(id) || id < 0 || id > 0xffff_fffe)) {
      throw new RangeError(`${option} must be a numeric id, not ${String(id)}`);
    }
  }
  const { index } = options;
  if (index !== undefined && (!Number.isInteger(index) || index < 1 || index > 0x7fff_ffff)) {
    throw new RangeError(`index must be an interface index, not ${String(index)}`);
  }
}

function linkChanges(options: TunOptions): LinkChanges {
  const { up, mtu, txQueueLength, alias, master, mac, group } = options;
  const wanted = { up, mtu, txQueueLength, alias, master, mac, group };
  return Object.fromEntries(Object.entries(wanted).filter(([, value]) => value !== undefined));
}

async function open(host: NetnsHost, mode: Mode, options: TunOptions): Promise<Attachment> {
  checkOptions(options);
  const name = options.name ?? `${mode}%d`;
  const attach = options.attach ?? 'create';
  const context: Context = { mode, netns: host.netns?.descriptor, netnsLabel: host.netns?.label };
  if (attach === 'existing') await host.links.get(name);
  const vnetHeader = options.vnetHeader ?? (options.offloads !== undefined && options.offloads !== 'none');
  const flags =
    (mode === 'tap' ? IFF.TAP : IFF.TUN) |
    IFF.NO_PI |
    (vnetHeader ? IFF.VNET_HDR : 0) |
    (options.multiQueue ? IFF.MULTI_QUEUE : 0) |
    (options.napi ? IFF.NAPI : 0) |
    (attach === 'create' ? IFF.TUN_EXCL : 0);
  const queue = await attachQueue(context, name, flags, options.index ?? 0);
  try {
    const attachment = await configure(context, queue, options);
    const changes = linkChanges(options);
    if (Object.keys(changes).length > 0) await host.links.set(attachment.name, changes);
    // Last: what fails before this leaves nothing behind.
    if (options.persist !== undefined) {
      const result = await queue.ioctl('TUNSETPERSIST', options.persist ? 1 : 0);
      if (result < 0) {
        throw new NetError({
          action: `make '${attachment.name}' persistent`,
          errno: result,
          syscall: 'ioctl TUNSETPERSIST',
        });
      }
    }
    return attachment;
  } catch (error) {
    await queue.close();
    throw error;
  }
}

/** Opens a TAP in the host's namespace. See {@link TunOptions}. */
export async function openTap(host: NetnsHost, options: TapOptions = {}): Promise<Tap> {
  return new Tap(await open(host, 'tap', options));
}

/** Opens a TUN in the host's namespace. See {@link TunOptions}. */
export async function openTun(host: NetnsHost, options: TunOptions = {}): Promise<Tun> {
  return new Tun(await open(host, 'tun', options));
}

/**
 * Opens a further queue of a multi-queue device. The kernel spreads outgoing frames over the queues by flow; each queue is
 * read and written on its own.
 */
export async function openQueue<T extends TunDevice>(device: T): Promise<T> {
  const { flags, netns, netnsLabel, offloadMask: mask, vnetHeaderBytes } = device.attachment;
  if (!device.multiQueue) throw new TypeError(`'${device.name}' has one queue: open it with multiQueue: true`);
  const name = device.currentName();
  const keep = IFF.TUN | IFF.TAP | IFF.NO_PI | IFF.VNET_HDR | IFF.MULTI_QUEUE | IFF.NAPI;
  const queue = await attachQueue({ mode: device.kind, netns, netnsLabel }, name, flags & keep, 0);
  const make = device.constructor as new (attachment: Attachment) => T;
  return new make({ queue, name, flags, vnetHeaderBytes, offloadMask: mask, netns, netnsLabel });
}

export interface AdoptOptions {
  /** The mask that is in force: the kernel does not tell. Default none. */
  readonly offloads?: readonly Offload[];
}

/**
 * Takes over a descriptor of an attached TUN or TAP that was opened elsewhere and passed in: by a parent process, over a UNIX
 * socket, by systemd. From now on it is closed by the returned object.
 * @throws NetError EBADFD or ENOTTY when it is none (it stays the caller's), EINVAL when it carries packet-information headers.
 */
export async function adoptTun(fd: number, options: AdoptOptions = {}): Promise<Tap | Tun> {
  if (!Number.isInteger(fd) || fd < 0) throw new RangeError(`fd must be a descriptor, not ${String(fd)}`);
  const native = loadNative();
  const mask = offloadMask(options.offloads ?? []);
  const refuse = (errno: number, syscall: string, hint: string): never => {
    throw new NetError({ action: `adopt descriptor ${fd}`, errno, syscall, hint });
  };
  const queue = native.TunQueue.adopt(fd);
  if (failed(queue)) return refuse(queue.errno, queue.syscall, 'it is not the descriptor of an attached TUN or TAP');
  const identity = queue.query();
  if (failed(identity) || (identity.flags & IFF.NO_PI) === 0) {
    queue.detach();
    return refuse(
      EINVAL,
      'ioctl TUNGETIFF',
      'its frames have packet-information headers: it must be opened with IFF_NO_PI',
    );
  }
  const hasHeader = (identity.flags & IFF.VNET_HDR) !== 0;
  const attachment: Attachment = {
    queue,
    name: identity.name,
    flags: identity.flags,
    vnetHeaderBytes: hasHeader ? await queue.ioctl('TUNGETVNETHDRSZ', 0) : 0,
    offloadMask: mask,
    netns: undefined,
    netnsLabel: undefined,
  };
  if (![0, 10, 12].includes(attachment.vnetHeaderBytes)) {
    queue.detach();
    return refuse(
      EINVAL,
      'ioctl TUNGETVNETHDRSZ',
      `its virtio header has ${attachment.vnetHeaderBytes} bytes, not 10 or 12`,
    );
  }
  return (identity.flags & IFF.TAP) !== 0 ? new Tap(attachment) : new Tun(attachment);
}
