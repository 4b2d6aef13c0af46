import { getSystemErrorMap } from 'node:util';

/** What the kernel said about a refused netlink request (`NETLINK_EXT_ACK`). */
export interface ExtendedAck {
  /** The kernel's own sentence (`NLMSGERR_ATTR_MSG`). */
  readonly message?: string;
  /** Path of the attribute the kernel objects to, such as `linkInfo.data.vlanFiltering`. */
  readonly attribute?: string;
  /** Path of a required attribute that was absent (`NLMSGERR_ATTR_MISS_TYPE`). */
  readonly missing?: string;
  /** The range the kernel would accept (`NLMSGERR_ATTR_POLICY`). */
  readonly range?: { readonly min?: bigint; readonly max?: bigint };
}

/** Where and why an operation failed; the parts a {@link NetError} is built from. */
export interface NetErrorDetails {
  /** What was being done, as a verb phrase: `add bridge 'br0'`. */
  readonly action: string;
  /** Negative errno, as the kernel and libuv give it. */
  readonly errno: number;
  /** The system call, ioctl or netlink message: `RTM_NEWLINK`, `ioctl TUNSETIFF`. */
  readonly syscall: string;
  readonly interface?: string | undefined;
  readonly netns?: string | undefined;
  readonly extack?: ExtendedAck | undefined;
  /** One more sentence that tells the user what to do. A default exists for common codes. */
  readonly hint?: string | undefined;
  readonly cause?: unknown;
}

let systemErrors: Map<number, [string, string]> | undefined;

/** Code and text of a negative errno; numbers libuv does not map keep the kernel's own names. */
export function describeErrno(errno: number): readonly [code: string, text: string] {
  systemErrors ??= getSystemErrorMap();
  return kernelErrors.get(errno) ?? systemErrors.get(errno) ?? [`E${-errno}`, `error ${-errno}`];
}

/** Errnos of asm-generic/errno.h that libuv does not map, and those it maps to a text of its own. */
const kernelErrors = new Map<number, readonly [string, string]>([
  [-2, ['ENOENT', 'No such file or directory']],
  [-17, ['EEXIST', 'File exists']],
  [-16, ['EBUSY', 'Device or resource busy']],
  [-1, ['EPERM', 'Operation not permitted']],
  [-19, ['ENODEV', 'No such device']],
  [-22, ['EINVAL', 'Invalid argument']],
  [-33, ['EDOM', 'Numerical argument out of domain']],
  [-34, ['ERANGE', 'Numerical result out of range']],
  [-42, ['ENOMSG', 'No message of desired type']],
  [-61, ['ENODATA', 'No data available']],
  [-62, ['ETIME', 'Timer expired']],
  [-67, ['ENOLINK', 'Link has been severed']],
  [-71, ['EPROTO', 'Protocol error']],
  [-74, ['EBADMSG', 'Bad message']],
  [-75, ['EOVERFLOW', 'Value too large for defined data type']],
  [-76, ['ENOTUNIQ', 'Name not unique on network']],
  [-77, ['EBADFD', 'File descriptor in bad state']],
  [-95, ['EOPNOTSUPP', 'Operation not supported']],
  [-105, ['ENOBUFS', 'No buffer space available']],
  [-524, ['ENOTSUPP', 'Operation is not supported']],
]);

const defaultHints = new Map<string, string>([
  [
    'EPERM',
    'this needs CAP_NET_ADMIN: run as root, grant it with `setcap cap_net_admin+ep` on the node binary, ' +
      'or work without root inside a user namespace (`unshare --user --map-root-user --net`)',
  ],
  [
    'EOPNOTSUPP',
    'the running kernel lacks this feature, or its module is not loaded (see the CONFIG_ option of that name)',
  ],
]);

function sentence(details: NetErrorDetails, code: string, text: string): string {
  const { action, syscall, netns, extack } = details;
  let message = `cannot ${action}: ${text} (${code}, ${syscall})`;
  if (netns !== undefined) message += ` in network namespace '${netns}'`;
  if (extack?.message !== undefined) message += `: ${extack.message.replace(/\.$/, '')}`;
  if (extack?.attribute !== undefined) message += ` [attribute ${extack.attribute}]`;
  if (extack?.missing !== undefined) message += ` [missing attribute ${extack.missing}]`;
  const range = extack?.range;
  if (range && (range.min !== undefined || range.max !== undefined)) {
    message += ` [accepted range ${range.min ?? ''}..${range.max ?? ''}]`;
  }
  const hint = details.hint ?? defaultHints.get(code);
  if (hint !== undefined) message += `; ${hint}`;
  return message;
}

/**
 * Every failure that comes from the operating system. Bad arguments are `TypeError` or `RangeError` instead, and are
 * thrown before the kernel sees them.
 */
export class NetError extends Error {
  /** The errno's name: `EEXIST`. */
  readonly code: string;
  /** Negative errno: `-17`. */
  readonly errno: number;
  /** The system call, ioctl or netlink message type that failed. */
  readonly syscall: string;
  declare readonly interface?: string;
  declare readonly netns?: string;
  declare readonly extack?: ExtendedAck;

  constructor(details: NetErrorDetails) {
    const [code, text] = describeErrno(details.errno);
    super(sentence(details, code, text), details.cause === undefined ? undefined : { cause: details.cause });
    this.name = 'NetError';
    this.code = code;
    this.errno = details.errno;
    this.syscall = details.syscall;
    if (details.interface !== undefined) this.interface = details.interface;
    if (details.netns !== undefined) this.netns = details.netns;
    if (details.extack !== undefined) this.extack = details.extack;
  }
}
