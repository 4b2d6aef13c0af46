import {
  attributeAt,
  constants as k,
  linkFamily,
  missingAt,
  nsidFamily,
  policyRange,
  RequestBuffer,
  routeFamily,
  type AnyFamily,
} from '../../../lib/rtnl';

const family = linkFamily as unknown as AnyFamily;

/** Offset of a byte sequence in a message. */
function offsetOf(message: Uint8Array, hex: string): number {
  const offset = Buffer.from(message).indexOf(Buffer.from(hex, 'hex'));
  expect(offset).toBeGreaterThan(0);
  return offset;
}

describe('attributeAt', () => {
  const buffer = new RequestBuffer();
  buffer.add(
    linkFamily,
    k.RTM_NEWLINK,
    0,
    { index: 1 },
    {
      ifname: 'br0',
      linkInfo: { kind: 'bridge', data: { vlanFiltering: 1, priority: 0x4321 } },
      raw: [{ type: 73, data: Uint8Array.of(0xaa, 0xbb, 0xcc, 0xdd) }],
    },
  );
  const message = buffer.message(0);

  it('names an attribute by its path', () => {
    expect(attributeAt(message, family, 32)).toBe('ifname');
    expect(attributeAt(message, family, offsetOf(message, '05000700'))).toBe('linkInfo.data.vlanFiltering');
    expect(attributeAt(message, family, offsetOf(message, '06000600'))).toBe('linkInfo.data.priority');
    expect(attributeAt(message, family, offsetOf(message, '0b000100'))).toBe('linkInfo.kind');
  });

  it('names a nest by itself when the offset is its header', () => {
    expect(attributeAt(message, family, offsetOf(message, '05000700') - 12)).toBe('linkInfo.data');
  });

  it('names a byte inside a payload by the attribute around it', () => {
    expect(attributeAt(message, family, offsetOf(message, '21430000'))).toBe('linkInfo.data.priority');
  });

  it('gives the number of an attribute that no table knows', () => {
    expect(attributeAt(message, family, offsetOf(message, 'aabbccdd'))).toBe('#73');
  });

  it('names fields of the fixed header', () => {
    expect(attributeAt(message, family, 20)).toBe('header.index');
    expect(attributeAt(message, family, 16)).toBe('header.family');
  });

  it('says nothing of offsets that are nowhere', () => {
    expect(attributeAt(message, family, 4)).toBeUndefined();
    expect(attributeAt(message, family, message.length)).toBeUndefined();
    expect(attributeAt(message, family, 0xffffffff)).toBeUndefined();
  });

  it('finds its way through a veth peer, which has a header of its own', () => {
    const veth = new RequestBuffer();
    veth.add(
      linkFamily,
      k.RTM_NEWLINK,
      0,
      {},
      {
        linkInfo: { kind: 'veth', data: { peer: { attributes: { mtu: 0x123 } } } },
      },
    );
    const bytes = veth.message(0);
    expect(attributeAt(bytes, family, offsetOf(bytes, '08000400'))).toBe('linkInfo.data.peer.mtu');
  });

  it('works for the second request of a buffer and for a header of one byte', () => {
    const two = new RequestBuffer();
    two.add(routeFamily, k.RTM_NEWROUTE, 0, {}, { oif: 3 });
    two.add(nsidFamily, k.RTM_GETNSID, 0, {}, { fd: 5 });
    const bytes = two.message(1);
    expect(bytes.length).toBe(16 + 4 + 8);
    expect(attributeAt(bytes, nsidFamily as unknown as AnyFamily, 20)).toBe('fd');
    expect(attributeAt(two.message(0), routeFamily as unknown as AnyFamily, 28)).toBe('oif');
  });

  it('names what is missing, at the top or in a nest', () => {
    expect(missingAt(message, family, k.IFLA_MTU)).toBe('mtu');
    expect(missingAt(message, family, 999)).toBe('#999');
    const nest = offsetOf(message, '05000700') - 12;
    expect(missingAt(message, family, k.IFLA_BR_STP_STATE, nest)).toBe('linkInfo.data.stpState');
  });
});

describe('policyRange', () => {
  const attribute = (type: number, hex: string): string =>
    `${Buffer.from([4 + hex.length / 2, 0, type, 0]).toString('hex')}${hex}`;
  const policy = (hex: string) => policyRange(Buffer.from(hex, 'hex'));

  it('reads bounds of numbers, with and without sign, and of lengths', () => {
    expect(
      policy(
        attribute(1, '03000000') +
          attribute(k.NL_POLICY_TYPE_ATTR_MIN_VALUE_U, '0100000000000000') +
          attribute(k.NL_POLICY_TYPE_ATTR_MAX_VALUE_U, 'ffffffffffffffff'),
      ),
    ).toEqual({ min: 1n, max: 0xffffffffffffffffn });
    expect(policy(attribute(k.NL_POLICY_TYPE_ATTR_MIN_VALUE_S, 'ffffffffffffffff'))).toEqual({ min: -1n });
    expect(policy(attribute(k.NL_POLICY_TYPE_ATTR_MAX_LENGTH, '0f000000'))).toEqual({ max: 15n });
  });

  it('gives nothing for what has no bounds or is cut short', () => {
    expect(policy('')).toBeUndefined();
    expect(policy(attribute(1, '03000000'))).toBeUndefined();
    expect(policy(attribute(k.NL_POLICY_TYPE_ATTR_MAX_VALUE_U, 'ffff0000'))).toBeUndefined();
    expect(policy('ff000500')).toBeUndefined();
  });
});
