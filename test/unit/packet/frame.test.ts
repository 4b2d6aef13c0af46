import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { PcapngWriter } from '../../../lib/capture';
import {
  Arp,
  buildFrame,
  Ethernet,
  fillTransportChecksum,
  Icmp,
  internetChecksum,
  Ipv4,
  Ipv6,
  parseFrame,
  pseudoHeaderSum,
  Tcp,
  TcpFlag,
  Udp,
  updateChecksum,
  verifyTransportChecksum,
  VlanTag,
  walkExtensionHeaders,
  type FrameFields,
} from '../../../lib/packet';
import { random } from '../../helpers/random';

const ethernet = { destination: '52:54:00:00:00:02', source: '52:54:00:00:00:01' };
const ipv4 = { source: '10.0.0.1', destination: '10.0.0.2' };
const ipv6 = { source: 'fd00::1', destination: 'fd00::2' };
const payload = Buffer.from('odd length!');

/** What Wireshark makes of frames: the named fields, per frame. */
async function dissect(frames: readonly Uint8Array[], fields: readonly string[]): Promise<string[][]> {
  const folder = mkdtempSync(path.join(tmpdir(), 'etherloom-'));
  const file = path.join(folder, 'frames.pcapng');
  const writer = await PcapngWriter.open(file);
  const device = writer.addInterface({ name: 'test0' });
  for (const data of frames) writer.write({ interface: device, data });
  await writer.close();
  const checks = ['ip', 'tcp', 'udp'].flatMap((protocol) => ['-o', `${protocol}.check_checksum:TRUE`]);
  const args = ['-r', file, '-T', 'fields', '-E', 'separator=|', ...checks, ...fields.flatMap((name) => ['-e', name])];
  const output = execFileSync('tshark', args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });
  rmSync(folder, { recursive: true });
  return output
    .trimEnd()
    .split('\n')
    .map((line) => line.split('|'));
}

describe('buildFrame, as Wireshark sees it', () => {
  it('has right addresses, ports, lengths and checksums', async () => {
    const frames: FrameFields[] = [
      { ethernet, ipv4, udp: { sourcePort: 5000, destinationPort: 4242 }, payload },
      { ethernet, ipv6, udp: { sourcePort: 5000, destinationPort: 4242 }, payload },
      {
        ethernet,
        ipv4,
        tcp: {
          sourcePort: 5000,
          destinationPort: 4242,
          sequence: 0xfffffffe,
          flags: ['syn'],
          options: Uint8Array.of(2, 4, 5, 0xb4),
        },
      },
      { ethernet, ipv6, tcp: { sourcePort: 5000, destinationPort: 4242, flags: ['ack', 'psh'] }, payload },
      { ethernet, ipv4, icmp: { type: 8, identifier: 7, sequence: 9 }, payload },
      { ethernet, ipv6, icmpv6: { type: 128, identifier: 7, sequence: 9 }, payload },
      { ethernet, vlans: [{ id: 100, priority: 3 }], ipv4, udp: { sourcePort: 5000, destinationPort: 4242 }, payload },
    ];
    const seen = await dissect(
      frames.map((fields) => buildFrame(fields)),
      [
        'eth.src',
        'ip.src',
        'ipv6.dst',
        'udp.dstport',
        'tcp.dstport',
        'ip.checksum.status',
        'udp.checksum.status',
        'tcp.checksum.status',
        'icmp.checksum.status',
        'icmpv6.checksum.status',
        'vlan.id',
        'data.data',
        '_ws.malformed',
      ],
    );
    const mac = ethernet.source;
    const data = payload.toString('hex');
    expect(seen).toEqual([
      [mac, '10.0.0.1', '', '4242', '', '1', '1', '', '', '', '', data, ''],
      [mac, '', 'fd00::2', '4242', '', '', '1', '', '', '', '', data, ''],
      [mac, '10.0.0.1', '', '', '4242', '1', '', '1', '', '', '', '', ''],
      [mac, '', 'fd00::2', '', '4242', '', '', '1', '', '', '', data, ''],
      [mac, '10.0.0.1', '', '', '', '1', '', '', '1', '', '', data, ''],
      [mac, '', 'fd00::2', '', '', '', '', '', '', '1', '', data, ''],
      [mac, '10.0.0.1', '', '4242', '', '1', '1', '', '', '', '100', data, ''],
    ]);
  });

  it('builds ARP and doubly tagged frames', async () => {
    const arp = {
      operation: 'request',
      senderMac: ethernet.source,
      senderIp: '10.0.0.1',
      targetIp: '10.0.0.9',
    } as const;
    const vlans = [
      { id: 10, protocol: '802.1ad' },
      { id: 20, priority: 7, dropEligible: true },
    ] as const;
    const frames = [buildFrame({ ethernet, arp }), buildFrame({ ethernet, vlans, arp })];
    const seen = await dissect(frames, [
      'eth.type',
      'ieee8021ad.id',
      'vlan.id',
      'vlan.priority',
      'vlan.dei',
      'arp.opcode',
      'arp.src.hw_mac',
      'arp.dst.proto_ipv4',
    ]);
    expect(seen).toEqual(
      [
        ['0x0806', '', '', '', '', '1', ethernet.source, '10.0.0.9'],
        ['0x88a8', '10', '20', '7', 'True', '1', ethernet.source, '10.0.0.9'],
      ].map((row) => row.map((cell) => (cell === 'True' ? (expect.stringMatching(/^(True|1)$/) as unknown) : cell))),
    );
    expect(frames[0]).toHaveLength(60);
  });
});

describe('buildFrame', () => {
  it.each<[string, object]>([
    ['one of arp, ipv4, ipv6', { ipv4, ipv6, udp: { sourcePort: 1, destinationPort: 2 } }],
    [
      'one of udp, tcp',
      { ipv4, udp: { sourcePort: 1, destinationPort: 2 }, tcp: { sourcePort: 1, destinationPort: 2 } },
    ],
    ['need ipv4 or ipv6', { udp: { sourcePort: 1, destinationPort: 2 } }],
    ['etherType', {}],
    ['icmp needs ipv4', { ipv6, icmp: { type: 8 } }],
    ['icmpv6 needs ipv6', { ipv4, icmpv6: { type: 128 } }],
    ['ipv4.protocol', { ipv4 }],
    ['sourcePort', { ipv4, udp: { sourcePort: 70000, destinationPort: 2 } }],
    ['vlan id', { ipv4, udp: { sourcePort: 1, destinationPort: 2 }, vlans: [{ id: 4096 }] }],
    ['ttl', { ipv4: { ...ipv4, ttl: 256 }, udp: { sourcePort: 1, destinationPort: 2 } }],
    ['flowLabel', { ipv6: { ...ipv6, flowLabel: 1 << 20 }, udp: { sourcePort: 1, destinationPort: 2 } }],
    ['options', { ipv4, tcp: { sourcePort: 1, destinationPort: 2, options: new Uint8Array(41) } }],
    ['too long', { ipv4, udp: { sourcePort: 1, destinationPort: 2 }, payload: new Uint8Array(65_508) }],
    ['not an IPv4 address', { ipv4: { ...ipv4, source: 'fd00::1' }, udp: { sourcePort: 1, destinationPort: 2 } }],
  ])('says what is wrong: %s', (message, fields) => {
    expect(() => buildFrame({ ethernet, ...fields })).toThrow(message);
  });
});

describe('header views', () => {
  it('read and write every field in place', () => {
    const bytes = new Uint8Array(200);
    const roundTrip = (view: object, fields: Record<string, unknown>): void => {
      const target = view as Record<string, unknown>;
      for (const [name, value] of Object.entries(fields)) target[name] = value;
      for (const [name, value] of Object.entries(fields)) expect([name, target[name]]).toEqual([name, value]);
    };
    roundTrip(new Ethernet(bytes, 3), {
      destination: 'ff:ff:ff:ff:ff:ff',
      source: '52:54:00:80:00:01',
      etherType: 0x0806,
    });
    expect(new Ethernet(bytes, 3)).toMatchObject({
      destinationKey: 0xffff_ffff_ffff,
      sourceKey: 0x5254_0080_0001,
      isMulticast: true,
    });
    roundTrip(new VlanTag(bytes, 40), { id: 4095, priority: 5, dropEligible: true, etherType: 0x86dd });
    roundTrip(new Arp(bytes, 50).initialize(), {
      operation: 2,
      senderMac: '02:00:00:00:00:01',
      senderIp: '1.2.3.4',
      targetMac: '02:00:00:00:00:02',
      targetIp: '5.6.7.8',
    });
    expect(new Arp(bytes, 50).isEthernetIpv4).toBe(true);
    roundTrip(new Ipv4(bytes, 80), {
      version: 4,
      headerLength: 24,
      dscp: 46,
      ecn: 3,
      totalLength: 1500,
      identification: 0xfffe,
      dontFragment: true,
      moreFragments: true,
      fragmentOffset: 65_528,
      ttl: 1,
      protocol: 17,
      checksum: 0xabcd,
      source: '1.2.3.4',
      destination: '255.255.255.255',
    });
    expect(new Ipv4(bytes, 80).destinationKey).toBe(0xffff_ffff);
    roundTrip(new Ipv6(bytes, 104), {
      version: 6,
      trafficClass: 0xab,
      flowLabel: 0xfedcb,
      payloadLength: 65_535,
      nextHeader: 58,
      hopLimit: 255,
      source: 'fe80::1',
      destination: 'ff02::1',
    });
    roundTrip(new Udp(bytes, 150), { sourcePort: 1, destinationPort: 65_535, length: 8, checksum: 0xffff });
    roundTrip(new Tcp(bytes, 160), {
      sourcePort: 1,
      destinationPort: 2,
      sequence: 0xffff_ffff,
      acknowledgement: 0x8000_0000,
      headerLength: 60,
      flags: TcpFlag.cwr | TcpFlag.fin,
      window: 3,
      checksum: 4,
      urgentPointer: 5,
    });
    roundTrip(new Icmp(bytes, 190), { type: 255, code: 1, checksum: 2, identifier: 3, sequence: 4 });
    expect(() => (new Ipv4(bytes, 80).fragmentOffset = 12)).toThrow(RangeError);
    expect(() => (new Tcp(bytes, 160).headerLength = 22)).toThrow(RangeError);
    expect(() => (new VlanTag(bytes, 40).id = 4096)).toThrow(/vlan id/);
  });

  it('are moved from header to header', () => {
    const first = buildFrame({ ethernet, ipv4, udp: { sourcePort: 1, destinationPort: 2 } });
    const second = buildFrame({ ethernet, ipv4, udp: { sourcePort: 3, destinationPort: 4 } });
    const udp = new Udp(first, 34);
    expect(udp.sourcePort).toBe(1);
    expect(udp.at(second, 34).sourcePort).toBe(3);
  });
});

describe('checksums', () => {
  /** RFC 1071 as it is written: words, one by one, carries added at once. */
  function slow(bytes: Uint8Array): number {
    let sum = 0;
    for (let i = 0; i < bytes.length; i += 2) {
      sum += bytes[i]! * 256 + (bytes[i + 1] ?? 0);
      if (sum > 0xffff) sum -= 0xffff;
    }
    return 0xffff - sum;
  }

  it('agree with the definition, for any length and offset', () => {
    const source = random(1071);
    for (let i = 0; i < 2000; i++) {
      const bytes = source.bytes(1 + source.below(200));
      const offset = source.below(bytes.length);
      const expected = slow(bytes.subarray(offset));
      expect(internetChecksum(bytes, offset) % 0xffff).toBe(expected % 0xffff);
    }
    expect(internetChecksum(new Uint8Array(65_535).fill(0xff))).toBe(slow(new Uint8Array(65_535).fill(0xff)));
  });

  it('are brought up to date when a word changes', () => {
    const source = random(1624);
    for (let i = 0; i < 1000; i++) {
      const bytes = source.bytes(40);
      const before = internetChecksum(bytes);
      const at = 2 * source.below(20);
      const oldWord = bytes[at]! * 256 + bytes[at + 1]!;
      const newWord = source.below(65_536);
      bytes[at] = newWord >> 8;
      bytes[at + 1] = newWord & 0xff;
      expect(updateChecksum(before, oldWord, newWord) % 0xffff).toBe(internetChecksum(bytes) % 0xffff);
    }
  });

  it('are verified, and a damaged byte is found', () => {
    const frame = buildFrame({ ethernet, ipv4, udp: { sourcePort: 1, destinationPort: 2 }, payload });
    const span = { ipOffset: 14, offset: 34, length: 8 + payload.length, protocol: 17 };
    expect(verifyTransportChecksum(frame, span)).toBe(true);
    expect(new Ipv4(frame, 14).checksumIsValid).toBe(true);
    frame[45]! ^= 1;
    frame[20]! ^= 1;
    expect(verifyTransportChecksum(frame, span)).toBe(false);
    expect(new Ipv4(frame, 14).checksumIsValid).toBe(false);
    // None at all is allowed over IPv4.
    frame[40] = frame[41] = 0;
    expect(verifyTransportChecksum(frame, span)).toBe(true);
    expect(() => fillTransportChecksum(frame, { ...span, protocol: 47 })).toThrow(RangeError);
  });

  it('never leave a UDP checksum of zero', () => {
    // A payload chosen so that the sum comes out as zero.
    const fields = { ethernet, ipv4, udp: { sourcePort: 1, destinationPort: 2 } };
    const probe = buildFrame({ ...fields, payload: Uint8Array.of(0, 0) });
    const sum = new Udp(probe, 34).checksum;
    const frame = buildFrame({ ...fields, payload: Uint8Array.of(sum >> 8, sum & 0xff) });
    expect(new Udp(frame, 34).checksum).toBe(0xffff);
    expect(pseudoHeaderSum(frame, 14, 17, 10)).toBeGreaterThan(0);
  });
});

describe('parseFrame', () => {
  it('finds the layers', () => {
    const vlans = [{ id: 10, protocol: '802.1ad' }, { id: 20 }] as const;
    const frame = buildFrame({
      ethernet,
      vlans,
      ipv6,
      tcp: { sourcePort: 1, destinationPort: 2, options: Uint8Array.of(1) },
      payload,
    });
    expect(parseFrame(frame)).toEqual({
      etherType: 0x86dd,
      vlans: [10, 20],
      l3Offset: 22,
      protocol: 6,
      l4Offset: 62,
      payloadOffset: 86,
      end: 86 + payload.length,
      fragment: false,
      truncated: undefined,
    });
  });

  it('takes padding for what it is', () => {
    const layout = parseFrame(buildFrame({ ethernet, ipv4, udp: { sourcePort: 1, destinationPort: 2 } }));
    expect(layout).toMatchObject({ payloadOffset: 42, end: 42, truncated: undefined });
  });

  it('walks IPv6 extension headers', () => {
    // Hop-by-hop, routing, fragment (the first), destination options, UDP.
    const chain = [
      43,
      0,
      0,
      0,
      0,
      0,
      0,
      0,
      44,
      1,
      ...new Array<number>(14).fill(0),
      60,
      0,
      0,
      1,
      0,
      0,
      0,
      1,
      17,
      0,
      0,
      0,
      0,
      0,
      0,
      0,
    ];
    const body = Uint8Array.from([...chain, 0, 1, 0, 2, 0, 8, 0, 0]);
    const frame = buildFrame({ ethernet, ipv6: { ...ipv6, nextHeader: 0 }, payload: body });
    expect(parseFrame(frame)).toMatchObject({
      protocol: 17,
      l4Offset: 54 + chain.length,
      fragment: true,
      truncated: undefined,
    });
    expect(walkExtensionHeaders(frame, 54, 0, 54 + 20)).toMatchObject({ truncated: true, protocol: 43 });
    // A later fragment has no transport header.
    frame[54 + 8 + 16 + 3] = 8;
    expect(parseFrame(frame)).toMatchObject({ l4Offset: -1, fragment: true, truncated: undefined });
  });

  it('says which layer is cut short', () => {
    const udp = buildFrame({
      ethernet,
      ipv4,
      udp: { sourcePort: 1, destinationPort: 2 },
      payload: new Uint8Array(100),
    });
    expect(parseFrame(udp.subarray(0, 13)).truncated).toBe('ethernet');
    expect(parseFrame(udp.subarray(0, 33)).truncated).toBe('ipv4');
    expect(parseFrame(udp.subarray(0, 60)).truncated).toBe('ipv4');
    const tagged = buildFrame({ ethernet, vlans: [{ id: 1 }], ipv4, udp: { sourcePort: 1, destinationPort: 2 } });
    expect(parseFrame(tagged.subarray(0, 16)).truncated).toBe('vlan');
    const short = buildFrame({ ethernet, ipv4: { ...ipv4, protocol: 6 }, payload: new Uint8Array(19) });
    expect(parseFrame(short).truncated).toBe('tcp');
    const arp = buildFrame({ ethernet: { ...ethernet, etherType: 0x0806 } });
    expect(parseFrame(arp.subarray(0, 41)).truncated).toBe('arp');
    expect(
      parseFrame(buildFrame({ ethernet, ipv6: { ...ipv6, nextHeader: 58 }, payload: new Uint8Array(7) })).truncated,
    ).toBe('icmpv6');
  });
});
