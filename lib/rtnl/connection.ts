// One rtnetlink socket, shared by all that work in one namespace.
//
// Theory of operation: callers encode requests into a RequestBuffer; exchanges run one after another off this thread;
// answers are decoded here in slices. A dump that the kernel marks as interrupted (objects came or went meanwhile) is
// repeated a bounded number of times, each a fresh exchange, so that others get their turn in between.
import { setTimeout } from 'node:timers/promises';

import { NetError, type NetErrorDetails } from '../errors';
import type { NativeFailure, NativeNetlinkSocket } from '../native';
import type { Message, MessageFamily } from './attributes';
import * as k from './constants/netlink';
import { Pace } from './pace';
import { Reply, RequestBuffer, messageTypeName, type RequestContext } from './request';

const EINTR = -4;
const EBADF = -9;
/** A dump that is still interrupted after this many attempts is reported as it is. */
const DUMP_ATTEMPTS = 10;
const LONGEST_PAUSE_MS = 64;

/** Something the kernel remarked on although it did as it was told. */
export interface RtnlWarning {
  readonly action: string;
  readonly message: string;
}

export interface RtnlConnectionOptions {
  /** Told of every warning that comes with a successful request. */
  readonly onWarning?: (warning: RtnlWarning) => void;
}

/** A listing kept changing under the kernel's hands: `partial` is what the last attempt gave, with gaps or repetitions. */
export class DumpInterruptedError<T = unknown> extends NetError {
  readonly partial: readonly T[];
  readonly attempts: number;

  constructor(details: Omit<NetErrorDetails, 'errno'>, partial: readonly T[], attempts: number) {
    super({
      ...details,
      errno: EINTR,
      hint: `the objects changed during each of ${attempts} attempts; \`partial\` holds the last one's ${partial.length}`,
    });
    this.name = 'DumpInterruptedError';
    this.partial = partial;
    this.attempts = attempts;
  }
}

/** One request in the making. */
export interface Request<H extends object, A extends object> extends RequestContext {
  readonly family: MessageFamily<H, A>;
  /** `RTM_*`. */
  readonly type: number;
  /** `NLM_F_*`, without REQUEST, ACK and DUMP. */
  readonly flags?: number;
  readonly header: Partial<H>;
  readonly attributes: A;
}

function isFailure(result: object): result is NativeFailure {
  return 'errno' in result;
}

export class RtnlConnection implements AsyncDisposable {
  readonly #socket: NativeNetlinkSocket;
  readonly #onWarning: ((warning: RtnlWarning) => void) | undefined;
  #tail: Promise<unknown> = Promise.resolve();
  #closed = false;

  constructor(socket: NativeNetlinkSocket, options: RtnlConnectionOptions = {}) {
    this.#socket = socket;
    this.#onWarning = options.onWarning;
  }

  get closed(): boolean {
    return this.#closed;
  }

  /**
   * Sends all requests of a buffer and collects the answers; calls queue up. What became of each request is in the reply.
   * @throws NetError when the exchange as a whole failed: what the kernel has done by then is unknown.
   */
  async transact(buffer: RequestBuffer): Promise<Reply> {
    const action = 'talk to the kernel over rtnetlink';
    if (this.#closed) {
      throw new NetError({ action, errno: EBADF, syscall: 'send AF_NETLINK', hint: 'the host has been closed' });
    }
    const turn = this.#tail.then(async () => this.#socket.request(buffer.bytes));
    this.#tail = turn.catch(() => undefined);
    const result = await turn;
    if (isFailure(result)) throw new NetError({ action, ...result });
    return new Reply(result, buffer);
  }

  /**
   * Sends one request. Resolves with the message of `answer` type among the answers, if there is one.
   * @throws NetError
   */
  async request<H extends object, A extends object>(
    request: Request<H, A>,
    answer?: number,
  ): Promise<Message<H, A> | undefined> {
    const buffer = new RequestBuffer();
    buffer.add(request.family, request.type, request.flags ?? 0, request.header, request.attributes);
    const reply = await this.transact(buffer);
    const error = reply.error(0, request);
    if (error) throw error;
    this.warn(reply.warning(0), request.action);
    return answer === undefined ? undefined : reply.find(0, answer, request.family);
  }

  /**
   * Lists objects. `convert` sees each decoded message and returns what to keep of it, or `undefined` to leave it out.
   * @throws DumpInterruptedError when the objects do not hold still for long enough.
   */
  async dump<H extends object, A extends object, T>(
    request: Request<H, A>,
    convert: (message: Message<H, A>) => T | undefined,
  ): Promise<T[]> {
    for (let attempt = 1; ; attempt += 1) {
      const buffer = new RequestBuffer();
      const flags = (request.flags ?? 0) | k.NLM_F_DUMP;
      buffer.add(request.family, request.type, flags, request.header, request.attributes);
      const reply = await this.transact(buffer);
      const error = reply.error(0, request);
      const interrupted = reply.interrupted(0) || error?.errno === EINTR;
      if (error && !interrupted) throw error;
      if (interrupted && attempt < DUMP_ATTEMPTS) {
        await setTimeout(Math.min(2 ** (attempt - 1), LONGEST_PAUSE_MS));
        continue;
      }
      this.warn(reply.warning(0), request.action);
      const objects = await decodeAll(reply, request, convert);
      if (!interrupted) return objects;
      throw new DumpInterruptedError<T>({ ...request, syscall: messageTypeName(request.type) }, objects, attempt);
    }
  }

  /** Passes a warning on to whoever wanted to know. */
  warn(message: string | undefined, action: string): void {
    if (message !== undefined) this.#onWarning?.({ action, message });
  }

  /** Lets requests under way come to their end, then closes the socket; idempotent. */
  async close(): Promise<void> {
    this.#closed = true;
    await this.#tail;
    this.#socket.close();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }
}

async function decodeAll<H extends object, A extends object, T>(
  reply: Reply,
  request: Request<H, A>,
  convert: (message: Message<H, A>) => T | undefined,
): Promise<T[]> {
  // RTM_GETx answers with RTM_NEWx (enum rtnl_kinds).
  const wanted = request.type & ~3;
  const pace = new Pace();
  const out: T[] = [];
  for (let i = 0; i < reply.count; i += 1) {
    if (pace.due()) await pace.rest();
    if (reply.messageType(i) !== wanted) continue;
    const message = reply.decode(i, request.family);
    const object = message && convert(message);
    if (object !== undefined) out.push(object);
  }
  return out;
}
