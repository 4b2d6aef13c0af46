// From names to indices and back, many at a time. The kernel resolves; nothing is kept beyond one call.
import { NetError } from '../errors';
import { constants as k, linkFamily, RequestBuffer, type LinkAttributes, type RtnlConnection } from '../rtnl';
import type { HostContext } from './host-context';
import { checkInterfaceRef } from './validate';

const ENODEV = -19;

/** IFNAMSIZ: a name that does not fit with its NUL can only be an alternative one. */
const IFNAMSIZ = 16;
/** From this many on, one listing costs less than asking for each. */
const DUMP_FROM = 64;

/** Addresses a link by name: the kernel looks among names and alternative names alike. */
export function byName(name: string): LinkAttributes {
  return Buffer.byteLength(name) < IFNAMSIZ ? { ifname: name } : { altIfname: name };
}

/** Indices of those names that exist, asked for in one exchange. */
export async function resolveNames(connection: RtnlConnection, names: Iterable<string>): Promise<Map<string, number>> {
  const list = [...names];
  const found = new Map<string, number>();
  if (list.length === 0) return found;
  const buffer = new RequestBuffer(list.length * 64);
  for (const name of list) {
    buffer.add(linkFamily, k.RTM_GETLINK, 0, {}, { ...byName(name), extMask: k.RTEXT_FILTER_SKIP_STATS });
  }
  const reply = await connection.transact(buffer);
  list.forEach((name, request) => {
    const index = reply.find(request, k.RTM_NEWLINK, linkFamily)?.header.index;
    if (index !== undefined) found.set(name, index);
  });
  return found;
}

/** Names of those indices that exist. */
export async function namesOf(connection: RtnlConnection, indices: ReadonlySet<number>): Promise<Map<number, string>> {
  const names = new Map<number, string>();
  const extMask = k.RTEXT_FILTER_SKIP_STATS;
  if (indices.size >= DUMP_FROM) {
    await connection.dump(
      { family: linkFamily, type: k.RTM_GETLINK, header: {}, attributes: { extMask }, action: 'list links' },
      ({ header, attributes }) => {
        if (attributes.ifname !== undefined) names.set(header.index, attributes.ifname);
        return undefined;
      },
    );
    return names;
  }
  if (indices.size === 0) return names;
  const buffer = new RequestBuffer(indices.size * 40);
  for (const index of indices) buffer.add(linkFamily, k.RTM_GETLINK, 0, { index }, { extMask });
  const reply = await connection.transact(buffer);
  for (let request = 0; request < buffer.count; request += 1) {
    const answer = reply.find(request, k.RTM_NEWLINK, linkFamily);
    if (answer?.attributes.ifname !== undefined) names.set(answer.header.index, answer.attributes.ifname);
  }
  return names;
}

/** The index of an interface that a filter names. @throws TypeError, NetError ENODEV */
export async function indexOfInterface(
  connection: RtnlConnection,
  context: HostContext,
  action: string,
  value: unknown,
): Promise<number> {
  const ref = checkInterfaceRef('interface', value);
  if (typeof ref === 'number') return ref;
  const index = (await resolveNames(connection, [ref])).get(ref);
  if (index !== undefined) return index;
  throw new NetError({
    action,
    errno: ENODEV,
    syscall: 'RTM_GETLINK',
    interface: ref,
    netns: context.netns,
    hint: `no interface is called '${ref}'`,
  });
}

/** Fills in names beside the indices of rows just read. */
export async function nameRows<
  I extends string,
  N extends string,
  T extends { readonly [K in I]?: number | undefined },
>(connection: RtnlConnection, rows: T[], indexKey: I, nameKey: N): Promise<T[]> {
  const indices = new Set<number>();
  for (const row of rows) if (row[indexKey] !== undefined) indices.add(row[indexKey]);
  const names = await namesOf(connection, indices);
  for (const row of rows) {
    const index = row[indexKey];
    if (index !== undefined) (row as unknown as Record<N, string | undefined>)[nameKey] = names.get(index);
  }
  return rows;
}
