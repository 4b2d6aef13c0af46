import { NetError, type ExtendedAck } from '../errors';
import type { NativeExtack, NativeReply } from '../native';
import type { Message, MessageFamily } from './attributes';
import * as k from './constants/netlink';
import { describeExtack, type AnyFamily } from './extack';
import { Reader, Writer } from './wire';

const typeNames = new Map<number, string>(
  Object.entries(k)
    .filter(([name]) => name.startsWith('RTM_'))
    .map(([name, value]) => [value, name]),
);

/** `RTM_NEWLINK` for 16. */
export function messageTypeName(type: number): string {
  return typeNames.get(type) ?? `netlink message ${type}`;
}

/** What errors about one request say: the parts of a NetError that the connection cannot know. */
export interface RequestContext {
  /** Verb phrase: `add bridge 'br0'`. */
  readonly action: string;
  readonly interface?: string | undefined;
  readonly netns?: string | undefined;
  /** What to tell the user, by negative errno. */
  readonly hints?: Readonly<Record<number, string>> | undefined;
}

interface Pending {
  readonly start: number;
  readonly type: number;
  readonly family: AnyFamily;
}

/** Requests encoded one after another into one buffer, to be sent together. */
export class RequestBuffer {
  readonly #writer: Writer;
  readonly #requests: Pending[] = [];

  constructor(capacity = 512) {
    this.#writer = new Writer(capacity);
  }

  get count(): number {
    return this.#requests.length;
  }

  get bytes(): Uint8Array {
    return this.#writer.finish();
  }

  /**
   * Appends a request and returns its number. `NLM_F_REQUEST` goes without saying, and so does `NLM_F_ACK`, but for dumps.
   * @throws TypeError, RangeError when a value cannot be encoded; the buffer is then as it was.
   */
  add<H extends object, A extends object>(
    family: MessageFamily<H, A>,
    type: number,
    flags: number,
    header: Partial<H>,
    attributes: A,
  ): number {
    const writer = this.#writer;
    const ack = isDump(type, flags) ? 0 : k.NLM_F_ACK;
    const start = writer.length;
    try {
      writer.beginMessage(type, flags | k.NLM_F_REQUEST | ack);
      family.header.put(writer, header);
      // NLMSG_ALIGN: a one-byte header (struct rtgenmsg) is padded before the attributes.
      writer.reserve((4 - (writer.length & 3)) & 3);
      family.attributes.encode(writer, attributes);
      writer.endMessage(start);
    } catch (error) {
      writer.truncate(start);
      throw error;
    }
    return this.#requests.push({ start, type, family: family as unknown as AnyFamily }) - 1;
  }

  type(request: number): number {
    return (this.#requests[request] as Pending).type;
  }

  family(request: number): AnyFamily {
    return (this.#requests[request] as Pending).family;
  }

  /** The bytes of one request. */
  message(request: number): Uint8Array {
    const { start } = this.#requests[request] as Pending;
    return this.bytes.subarray(start, this.#requests[request + 1]?.start);
  }
}

/** On NEW and DEL the bits of NLM_F_DUMP mean REPLACE|EXCL. The kind of a message is in its two lowest bits. */
function isDump(type: number, flags: number): boolean {
  return (flags & k.NLM_F_DUMP) === k.NLM_F_DUMP && (type & 3) === 2;
}

const FIELDS = 5;

/** Everything the kernel answered to the requests of one buffer. */
export class Reply {
  readonly reader: Reader;
  readonly #native: NativeReply;
  readonly #buffer: RequestBuffer;
  #extacks: Map<number, NativeExtack> | undefined;
  /** For each request, the number of its first answering message plus one. */
  #first: Uint32Array | undefined;

  constructor(native: NativeReply, buffer: RequestBuffer) {
    this.#native = native;
    this.#buffer = buffer;
    this.reader = new Reader(native.data);
  }

  /** 0, or a negative errno. */
  errno(request: number): number {
    return this.#native.outcomes[request] ?? 0;
  }

  interrupted(request: number): boolean {
    return this.#native.interrupted[request] === 1;
  }

  /** What the kernel had to say beyond the errno: with errno 0 it is a warning. */
  extack(request: number): ExtendedAck | undefined {
    if (this.#native.extacks.length === 0) return undefined;
    this.#extacks ??= new Map(this.#native.extacks.map((extack) => [extack.request, extack]));
    const extack = this.#extacks.get(request);
    return extack && describeExtack(extack, this.#buffer.message(request), this.#buffer.family(request));
  }

  error(request: number, context: RequestContext): NetError | undefined {
    const errno = this.errno(request);
    if (errno === 0) return undefined;
    const syscall = messageTypeName(this.#buffer.type(request));
    const { action, netns, hints } = context;
    return new NetError({
      action,
      errno,
      syscall,
      interface: context.interface,
      netns,
      extack: this.extack(request),
      hint: hints?.[errno],
    });
  }

  /** The text that came along with a success. */
  warning(request: number): string | undefined {
    return this.errno(request) === 0 ? this.extack(request)?.message : undefined;
  }

  /** How many messages answered, to all requests together. */
  get count(): number {
    return this.#native.messages.length / FIELDS;
  }

  messageType(index: number): number {
    return this.#native.messages[index * FIELDS + 1] as number;
  }

  decode<H extends object, A extends object>(index: number, family: MessageFamily<H, A>): Message<H, A> | undefined {
    const { messages } = this.#native;
    return family.decode(this.reader, messages[index * FIELDS + 3] as number, messages[index * FIELDS + 4] as number);
  }

  /** The first message of `type` that answers `request`. */
  find<H extends object, A extends object>(
    request: number,
    type: number,
    family: MessageFamily<H, A>,
  ): Message<H, A> | undefined {
    const { messages } = this.#native;
    this.#first ??= this.#index();
    for (let i = (this.#first[request] ?? 0) - 1; i >= 0 && i < this.count; i += 1) {
      if (messages[i * FIELDS] !== request) return undefined;
      if (this.messageType(i) === type) return this.decode(i, family);
    }
    return undefined;
  }

  /** Answers come in the order of the requests, each request's together. */
  #index(): Uint32Array {
    const { messages, outcomes } = this.#native;
    const first = new Uint32Array(outcomes.length);
    for (let i = this.count - 1; i >= 0; i -= 1) first[messages[i * FIELDS] as number] = i + 1;
    return first;
  }
}
