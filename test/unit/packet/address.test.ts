import { isIPv4, isIPv6 } from 'node:net';

import {
  formatIp,
  formatIpv4,
  formatIpv6,
  formatMac,
  isIp,
  isMac,
  parseIp,
  parseIpv4,
  parseIpv6,
  parseMac,
} from '../../../lib/packet';
import { random } from '../../helpers/random';

describe('MAC addresses', () => {
  it('are read with colons or dashes, and written with colons', () => {
    expect(parseMac('52:54:00:aB:cD:ff')).toEqual(Uint8Array.of(0x52, 0x54, 0, 0xab, 0xcd, 0xff));
    expect(parseMac('52-54-00-ab-cd-ff')).toEqual(parseMac('52:54:00:ab:cd:ff'));
    expect(formatMac(Uint8Array.of(9, 9, 0x52, 0x54, 0, 0xab, 0xcd, 0xff), 2)).toBe('52:54:00:ab:cd:ff');
  });

  it.each(['', '52:54:00:ab:cd', '52:54:00:ab:cd:fg', '52:54-00:ab:cd:ff', '5254.00ab.cdff', '52:54:00:ab:cd:ff '])(
    'refuse %j',
    (text) => {
      expect(() => parseMac(text)).toThrow(TypeError);
      expect(isMac(text)).toBe(false);
    },
  );
});

describe('IPv4 addresses', () => {
  it('are dotted quads', () => {
    expect(parseIpv4('10.0.255.1')).toEqual(Uint8Array.of(10, 0, 255, 1));
    expect(formatIpv4(Uint8Array.of(1, 10, 0, 255, 1), 1)).toBe('10.0.255.1');
  });

  it.each(['', '1.2.3', '1.2.3.4.5', '1.2.3.256', '01.2.3.4', '1.2.3.4 ', '1..3.4', '0x1.2.3.4', '1.2.3.-4'])(
    'refuse %j',
    (text) => {
      expect(() => parseIpv4(text)).toThrow(TypeError);
      expect(isIp(text)).toBe(false);
    },
  );
});

describe('IPv6 addresses', () => {
  // RFC 5952, section 4, and the forms of RFC 4291, section 2.2.
  it.each([
    ['2001:0DB8:0:0:1:0:0:1', '2001:db8::1:0:0:1'],
    ['2001:db8:0:1:1:1:1:1', '2001:db8:0:1:1:1:1:1'],
    ['2001:0:0:1:0:0:0:1', '2001:0:0:1::1'],
    ['0:0:0:0:0:0:0:0', '::'],
    ['::1', '::1'],
    ['1::', '1::'],
    ['fe80:0:0:0:200:5AFE:0:1', 'fe80::200:5afe:0:1'],
    ['::ffff:192.0.2.1', '::ffff:192.0.2.1'],
    ['::FFFF:c000:201', '::ffff:192.0.2.1'],
    ['64:ff9b::192.0.2.33', '64:ff9b::c000:221'],
    ['1:2:3:4:5:6:7::', '1:2:3:4:5:6:7:0'],
    ['::2:3:4:5:6:7:8', '0:2:3:4:5:6:7:8'],
  ])('%s is written %s', (text, canonical) => {
    expect(formatIpv6(parseIpv6(text))).toBe(canonical);
    expect(parseIpv6(canonical)).toEqual(parseIpv6(text));
  });

  it.each([
    '',
    ':',
    ':::',
    '1::2::3',
    '1:2:3:4:5:6:7',
    '1:2:3:4:5:6:7:8:9',
    '12345::',
    'g::',
    '1:2:3:4:5:6:7:8::',
    '::1.2.3',
    '1.2.3.4::',
    'fe80::1%eth0',
    '::1/64',
    ':1:2:3:4:5:6:7',
    '1:2:3:4:5:6:7:',
  ])('refuse %j', (text) => {
    expect(() => parseIpv6(text)).toThrow(TypeError);
  });

  it('survive any round trip', () => {
    const source = random(6);
    for (let i = 0; i < 5000; i++) {
      // Zeros are what the short form is about.
      const bytes = source.bytes(16).map((byte) => (source.below(3) > 0 ? 0 : byte));
      const text = formatIp(bytes, 0, 16);
      expect(isIPv6(text)).toBe(true);
      expect(parseIp(text)).toEqual(bytes);
    }
  });

  it("are judged as Node's own parser judges them", () => {
    const source = random(7);
    const alphabet = '0123456789abcdef:::::....';
    for (let i = 0; i < 50_000; i++) {
      const text = Array.from({ length: 2 + source.below(20) }, () => alphabet[source.below(alphabet.length)]).join('');
      expect([text, isIp(text)]).toEqual([text, isIPv4(text) || isIPv6(text)]);
    }
  });
});
