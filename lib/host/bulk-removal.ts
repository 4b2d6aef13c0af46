// Removing many links at once.
//
// The kernel waits for all processors (synchronize_net) each time it takes a link down, milliseconds a link; but it takes
// down all links of a group for one such wait. So the links are put into a group that nothing else is in, and the group is
// removed by one message (RTM_DELLINK with IFLA_GROUP). Whatever goes wrong on the way, the links get their own groups
// back and are left to be removed one by one, which also gives each its own error.
import { randomInt } from 'node:crypto';

import { constants as k, linkFamily, RequestBuffer, type RtnlConnection } from '../rtnl';
import { byName } from './names';

/** From this many on it pays. */
export const BULK_REMOVAL_FROM = 8;

/** At most this many at a time: the kernel keeps a processor to itself while it takes them down. */
export const BULK_REMOVAL_MOST = 128;

const extMask = k.RTEXT_FILTER_SKIP_STATS;

interface Candidate {
  /** Position in the list that was given. */
  readonly position: number;
  readonly index: number;
  readonly group: number;
}

/** Positions of those links of a list that are gone now, removed together. None when that was not possible. */
export async function removeTogether(
  connection: RtnlConnection,
  refs: readonly (string | number)[],
): Promise<ReadonlySet<number>> {
  const candidates = await lookUp(connection, refs);
  if (candidates.length < BULK_REMOVAL_FROM) return new Set();
  // Groups are for administrators to choose, and they choose small numbers; that it is free is checked below.
  const group = randomInt(2 ** 30, 2 ** 31 - 1);
  const joined = await setGroups(connection, candidates, () => group);
  if (joined && (await holdsExactly(connection, group, candidates)) && (await removeGroup(connection, group))) {
    return new Set(candidates.map(({ position }) => position));
  }
  await setGroups(connection, candidates, (candidate) => candidate.group);
  return new Set();
}

/** The links that exist, each once. */
async function lookUp(connection: RtnlConnection, refs: readonly (string | number)[]): Promise<Candidate[]> {
  const buffer = new RequestBuffer(refs.length * 64);
  for (const ref of refs) {
    const named = typeof ref === 'string' ? byName(ref) : {};
    buffer.add(linkFamily, k.RTM_GETLINK, 0, typeof ref === 'number' ? { index: ref } : {}, { ...named, extMask });
  }
  const reply = await connection.transact(buffer);
  const seen = new Set<number>();
  const candidates: Candidate[] = [];
  refs.forEach((_, position) => {
    const answer = reply.find(position, k.RTM_NEWLINK, linkFamily);
    if (answer === undefined || seen.has(answer.header.index)) return;
    seen.add(answer.header.index);
    candidates.push({ position, index: answer.header.index, group: answer.attributes.group ?? 0 });
  });
  return candidates;
}

async function setGroups(
  connection: RtnlConnection,
  candidates: readonly Candidate[],
  groupOf: (candidate: Candidate) => number,
): Promise<boolean> {
  const buffer = new RequestBuffer(candidates.length * 40);
  for (const candidate of candidates) {
    buffer.add(linkFamily, k.RTM_SETLINK, 0, { index: candidate.index }, { group: groupOf(candidate) });
  }
  const reply = await connection.transact(buffer);
  return candidates.every((_, request) => reply.error(request, { action: 'set the group of a link' }) === undefined);
}

async function holdsExactly(
  connection: RtnlConnection,
  group: number,
  candidates: readonly Candidate[],
): Promise<boolean> {
  const members = await connection.dump(
    { family: linkFamily, type: k.RTM_GETLINK, header: {}, attributes: { extMask }, action: 'list links' },
    ({ header, attributes }) => (attributes.group === group ? header.index : undefined),
  );
  const wanted = new Set(candidates.map(({ index }) => index));
  return members.length === wanted.size && members.every((index) => wanted.has(index));
}

async function removeGroup(connection: RtnlConnection, group: number): Promise<boolean> {
  const buffer = new RequestBuffer();
  buffer.add(linkFamily, k.RTM_DELLINK, 0, {}, { group });
  const reply = await connection.transact(buffer);
  return reply.error(0, { action: 'remove a group of links' }) === undefined;
}
