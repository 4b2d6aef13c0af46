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

export interface NativeTunOpen {
  readonly name: string;
  /** IFF_ flags for TUNSETIFF. */
  readonly flags: number;
  /** Flags asked for only when the kernel offers them (TUNGETFEATURES). */
  readonly ifindex?: number;
}

export interface NativeTun {
  readonly fd: number;
  /** Name given by the kernel at attach time, and the IFF_ flags read back with TUNGETIFF. */
  readonly name: string;
  readonly flags: number;
  readonly framesRead: number;
  readonly bytesRead: number;
  readonly framesWritten: number;
  readonly bytesWritten: number;
  /** Runs one ioctl off the JavaScript thread. Resolves with its result (>= 0) or a negative errno. */
  ioctl(operation: number, argument: number | Uint8Array): Promise<number>;
  /** Name and flags read back with TUNGETIFF. */
  query(): { name: string; flags: number } | NativeFailure;
  /**
   * Reads frames until `slots` is full, the buffer is, or nothing is waiting. Returns the number of frames, or a negative
   * errno when the first read failed for another reason than EAGAIN (0 then).
   */
  read(buffer: Uint8Array, slots: Uint32Array, headroom: number, maxFrame: number, limit: number): number;
  /** Writes `count` frames named by `order` (or 0..count-1). Returns how many were accepted; see `writeErrors`. */
  write(buffer: Uint8Array, slots: Uint32Array, order: Uint32Array | undefined, count: number): number;
  /** Calls back on the JavaScript thread whenever the descriptor is ready, until stopped. */
  watch(events: number, callback: (status: number, events: number) => void): number;
  unwatch(): void;
  /** Takes the descriptor out of this object: the caller owns it from now on. */
  detach(): number;
  close(): void;
}

/** Surface of the compiled addon. Only this file knows it. */
export interface Native {
  NetlinkSocket: {
    open(protocol: number, netns: NativeDescriptor | undefined): Promise<NativeNetlinkSocket | NativeFailure>;
  };
}

interface BindingsModule {
  (options: { bindings: string; module_root: string; try: readonly (readonly string[])[] }): Native;
}

let addon: Native | undefined;
