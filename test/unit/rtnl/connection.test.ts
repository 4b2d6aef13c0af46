// The connection against a socket that plays a script: what the kernel does too rarely, or too briefly, to wait for.
import { NetError } from '../../../lib/errors';
import type { NativeExtack, NativeFailure, NativeNetlinkSocket, NativeReply } from '../../../lib/native';
import {
  constants as k,
  DumpInterruptedError,
  linkFamily,
  RequestBuffer,
  RtnlConnection,
  type LinkAttributes,
  type LinkMessage,
  type Request,
  type RtnlWarning,
} from '../../../lib/rtnl';

interface Scripted {
  readonly names?: readonly string[];
  readonly errno?: number;
  readonly interrupted?: boolean;
  readonly extacks?: readonly NativeExtack[];
}

/** Answers every exchange with the next entry of the script; the last one stays. */
class ScriptedSocket implements NativeNetlinkSocket {
  requests = 0;
  active = 0;
  closed = false;
  readonly sent: Buffer[] = [];
  readonly #script: (Scripted | NativeFailure)[];

  constructor(script: (Scripted | NativeFailure)[]) {
    this.#script = script;
  }

  async request(messages: Uint8Array): Promise<NativeReply | NativeFailure> {
    expect(this.active).toBe(0);
    expect(this.closed).toBe(false);
    this.active += 1;
    this.sent.push(Buffer.from(messages));
    await new Promise(setImmediate);
    this.active -= 1;
    const step = this.#script[Math.min(this.requests, this.#script.length - 1)] as Scripted | NativeFailure;
    this.requests += 1;
    if ('syscall' in step) return step;
    const buffer = new RequestBuffer();
    const fields: number[] = [];
    for (const name of step.names ?? []) {
      const start = buffer.bytes.length;
      buffer.add(linkFamily, k.RTM_NEWLINK, 0, { index: start + 1 }, { ifname: name });
      fields.push(0, k.RTM_NEWLINK, 0, start + 16, buffer.bytes.length - start - 16);
    }
    return {
      data: buffer.bytes,
      messages: Uint32Array.from(fields),
      outcomes: Int32Array.of(step.errno ?? 0),
      interrupted: Uint8Array.of(step.interrupted === true ? 1 : 0),
      extacks: step.extacks ?? [],
    };
  }

  close(): void {
    this.closed = true;
  }
}

const listing: Request<LinkMessage['header'], LinkAttributes> = {
  family: linkFamily,
  type: k.RTM_GETLINK,
  header: {},
  attributes: {},
  action: 'list links',
  netns: 'lab',
};
const names = (message: LinkMessage): string | undefined => message.attributes.ifname;

describe('a dump', () => {
  it('is repeated until it is not interrupted', async () => {
    const socket = new ScriptedSocket([
      { names: ['a'], interrupted: true },
      { names: ['a', 'a'], interrupted: true },
      { names: ['a', 'b'] },
    ]);
    const connection = new RtnlConnection(socket);
    expect(await connection.dump(listing, names)).toEqual(['a', 'b']);
    expect(socket.requests).toBe(3);
  });

  it('fails with what it has when it is interrupted ten times', async () => {
    const socket = new ScriptedSocket([{ names: ['a', 'b'], interrupted: true }]);
    const error: unknown = await new RtnlConnection(socket).dump(listing, names).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(DumpInterruptedError);
    expect(error).toBeInstanceOf(NetError);
    expect(error).toMatchObject({
      code: 'EINTR',
      syscall: 'RTM_GETLINK',
      netns: 'lab',
      attempts: 10,
      partial: ['a', 'b'],
    });
    expect((error as Error).message).toMatch(/cannot list links.*changed during each of 10 attempts/);
    expect(socket.requests).toBe(10);
  });

  it('repeats what the kernel itself gave up with EINTR', async () => {
    const socket = new ScriptedSocket([{ errno: -4 }, { names: ['a'] }]);
    expect(await new RtnlConnection(socket).dump(listing, names)).toEqual(['a']);
  });

  it('leaves out what the caller does not want', async () => {
    const socket = new ScriptedSocket([{ names: ['a', 'b', 'c'] }]);
    const kept = await new RtnlConnection(socket).dump(listing, (message) =>
      message.attributes.ifname === 'b' ? undefined : names(message),
    );
    expect(kept).toEqual(['a', 'c']);
  });

  it('asks for a dump, without an ack', async () => {
    const socket = new ScriptedSocket([{}]);
    await new RtnlConnection(socket).dump(listing, names);
    expect(socket.sent[0]?.readUInt16LE(6)).toBe(k.NLM_F_REQUEST | k.NLM_F_DUMP);
  });
});

describe('a request', () => {
  it('fails with what the kernel said, in words', async () => {
    const policy = Buffer.from('0c000400' + '0100000000000000' + '0c000500' + 'ff0f000000000000', 'hex');
    const socket = new ScriptedSocket([
      { errno: -34, extacks: [{ request: 0, message: 'Out of range.', offset: 32, missType: k.IFLA_MTU, policy }] },
    ]);
    const request = { ...listing, type: k.RTM_NEWLINK, attributes: { ifname: 'x' }, action: "add bridge 'x'" };
    const error: unknown = await new RtnlConnection(socket).request(request).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(NetError);
    expect(error).toMatchObject({
      code: 'ERANGE',
      syscall: 'RTM_NEWLINK',
      extack: { message: 'Out of range.', attribute: 'ifname', missing: 'mtu', range: { min: 1n, max: 4095n } },
    });
    expect((error as Error).message).toBe(
      "cannot add bridge 'x': Numerical result out of range (ERANGE, RTM_NEWLINK) in network namespace 'lab': " +
        'Out of range [attribute ifname] [missing attribute mtu] [accepted range 1..4095]',
    );
  });

  it('passes on what the kernel remarked on a success', async () => {
    const warnings: RtnlWarning[] = [];
    const socket = new ScriptedSocket([{ extacks: [{ request: 0, message: 'deprecated' }] }]);
    const connection = new RtnlConnection(socket, { onWarning: (warning) => warnings.push(warning) });
    await connection.request(listing);
    expect(warnings).toEqual([{ action: 'list links', message: 'deprecated' }]);
  });

  it('says which call failed when the exchange broke down', async () => {
    const socket = new ScriptedSocket([{ errno: -105, syscall: 'recv AF_NETLINK' }]);
    await expect(new RtnlConnection(socket).request(listing)).rejects.toMatchObject({
      code: 'ENOBUFS',
      syscall: 'recv AF_NETLINK',
    });
  });
});

describe('a connection', () => {
  it('runs one exchange at a time, in the order they were asked for', async () => {
    const socket = new ScriptedSocket([{ names: ['a'] }, { names: ['b'] }, { errno: -19 }, { names: ['d'] }]);
    const connection = new RtnlConnection(socket);
    const ask = async (): Promise<string | undefined> =>
      (await connection.request(listing, k.RTM_NEWLINK))?.attributes.ifname;
    const results = await Promise.allSettled([ask(), ask(), ask(), ask()]);
    expect(results.map((result) => (result.status === 'fulfilled' ? result.value : 'failed'))).toEqual([
      'a',
      'b',
      'failed',
      'd',
    ]);
  });

  it('closes when what is under way has ended, and refuses what comes later', async () => {
    const socket = new ScriptedSocket([{ names: ['a'] }]);
    const connection = new RtnlConnection(socket);
    const pending = connection.request(listing, k.RTM_NEWLINK);
    const closing = connection.close();
    await expect(connection.request(listing)).rejects.toMatchObject({ code: 'EBADF' });
    expect((await pending)?.attributes.ifname).toBe('a');
    await closing;
    expect(socket.closed).toBe(true);
    await connection.close();
    expect(socket.requests).toBe(1);
  });
});
