// Extended acknowledgements speak in byte offsets and attribute numbers; users speak in names. This file translates.
import type { ExtendedAck } from '../errors';
import type { NativeExtack } from '../native';
import type { AttributeTable, MessageFamily } from './attributes';
import * as k from './constants/netlink';
import { ATTRIBUTE_HEADER, ATTRIBUTE_TYPE_MASK, LITTLE_ENDIAN, MESSAGE_HEADER, Reader, align4 } from './wire';

/** The family of a request, of which only names are wanted here. */
export type AnyFamily = MessageFamily<never, never>;

interface Place {
  readonly path: string | undefined;
  /** Where the attributes live that a further number would be looked up in. */
  readonly table: AttributeTable<object> | undefined;
}

function join(path: string | undefined, name: string): string {
  return path === undefined ? name : `${path}.${name}`;
}

function locate(
  reader: Reader,
  table: AttributeTable<object>,
  start: number,
  end: number,
  offset: number,
  path: string | undefined,
): Place | undefined {
  for (let at = start; end - at >= ATTRIBUTE_HEADER;) {
    const length = reader.view.getUint16(at, LITTLE_ENDIAN);
    if (length < ATTRIBUTE_HEADER || length > end - at) return undefined;
    if (offset < at + length) {
      if (offset < at) return undefined;
      const type = reader.view.getUint16(at + 2, LITTLE_ENDIAN) & ATTRIBUTE_TYPE_MASK;
      const entry = table.entry(type);
      const here = join(path, entry?.name ?? `#${type}`);
      const siblings = table.decode(reader, start, at) as Readonly<Record<string, unknown>>;
      const nest = entry?.codec.nest?.(siblings);
      const inner =
        nest &&
        offset > at &&
        locate(reader, nest.table, at + ATTRIBUTE_HEADER + nest.prefix, at + length, offset, here);
      return inner || { path: here, table: nest?.table };
    }
    at += align4(length);
  }
  return undefined;
}

function find(message: Uint8Array, family: AnyFamily, offset: number): Place | undefined {
  const { attributes, header } = family as unknown as MessageFamily<object, object>;
  const start = MESSAGE_HEADER + align4(header.size);
  if (offset >= MESSAGE_HEADER && offset < start) {
    const field = header.layout.find(([, at, size]) => offset < MESSAGE_HEADER + at + size);
    return { path: `header.${field?.[0] ?? 'padding'}`, table: undefined };
  }
  return locate(new Reader(message), attributes, start, message.length, offset, undefined);
}

/**
 * The path of the attribute at a byte offset of a request, header included: `linkInfo.data.vlanFiltering`. A number no
 * table knows reads `#73`; `undefined` when the offset is nowhere.
 */
export function attributeAt(message: Uint8Array, family: AnyFamily, offset: number): string | undefined {
  return find(message, family, offset)?.path;
}

/** The path of an attribute that the kernel missed, in the nest at `nest` or at the top. */
export function missingAt(message: Uint8Array, family: AnyFamily, type: number, nest?: number): string {
  const place = nest === undefined ? undefined : find(message, family, nest);
  const table = nest === undefined ? (family.attributes as unknown as AttributeTable<object>) : place?.table;
  return join(place?.path, table?.entry(type)?.name ?? `#${type}`);
}

/** The range inside `NLMSGERR_ATTR_POLICY`, be it of values or of lengths. */
export function policyRange(policy: Uint8Array): { min?: bigint; max?: bigint } | undefined {
  const { view } = new Reader(policy);
  const range: { min?: bigint; max?: bigint } = {};
  for (let at = 0; policy.length - at >= ATTRIBUTE_HEADER;) {
    const length = view.getUint16(at, LITTLE_ENDIAN);
    if (length < ATTRIBUTE_HEADER || length > policy.length - at) break;
    const payload = length - ATTRIBUTE_HEADER;
    const from = at + ATTRIBUTE_HEADER;
    switch (view.getUint16(at + 2, LITTLE_ENDIAN) & ATTRIBUTE_TYPE_MASK) {
      case k.NL_POLICY_TYPE_ATTR_MIN_VALUE_S:
        if (payload >= 8) range.min = view.getBigInt64(from, LITTLE_ENDIAN);
        break;
      case k.NL_POLICY_TYPE_ATTR_MAX_VALUE_S:
        if (payload >= 8) range.max = view.getBigInt64(from, LITTLE_ENDIAN);
        break;
      case k.NL_POLICY_TYPE_ATTR_MIN_VALUE_U:
        if (payload >= 8) range.min = view.getBigUint64(from, LITTLE_ENDIAN);
        break;
      case k.NL_POLICY_TYPE_ATTR_MAX_VALUE_U:
        if (payload >= 8) range.max = view.getBigUint64(from, LITTLE_ENDIAN);
        break;
      case k.NL_POLICY_TYPE_ATTR_MIN_LENGTH:
        if (payload >= 4) range.min = BigInt(view.getUint32(from, LITTLE_ENDIAN));
        break;
      case k.NL_POLICY_TYPE_ATTR_MAX_LENGTH:
        if (payload >= 4) range.max = BigInt(view.getUint32(from, LITTLE_ENDIAN));
        break;
      default:
        break;
    }
    at += align4(length);
  }
  return range.min === undefined && range.max === undefined ? undefined : range;
}

/** Puts one extended acknowledgement into words, with the request it answers at hand. */
export function describeExtack(extack: NativeExtack, message: Uint8Array, family: AnyFamily): ExtendedAck {
  const attribute = extack.offset === undefined ? undefined : attributeAt(message, family, extack.offset);
  const range = extack.policy === undefined ? undefined : policyRange(extack.policy);
  return {
    ...(extack.message === undefined ? {} : { message: extack.message }),
    ...(attribute === undefined ? {} : { attribute }),
    ...(extack.missType === undefined ? {} : { missing: missingAt(message, family, extack.missType, extack.missNest) }),
    ...(range === undefined ? {} : { range }),
  };
}
