import { buildFrame, parseFrame, parseIp, parseMac } from '../../lib/packet';
import { mutate, random } from '../helpers/random';

const ethernet = { destination: '52:54:00:00:00:02', source: '52:54:00:00:00:01' };
const ipv4 = { source: '10.0.0.1', destination: '10.0.0.2' };
const ipv6 = { source: 'fd00::1', destination: 'fd00::2' };
const udp = { sourcePort: 1, destinationPort: 2 };
const chain = Uint8Array.from([
  60, 0, 0, 0, 0, 0, 0, 0, 44, 0, 0, 0, 0, 0, 0, 0, 17, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 2, 0, 8, 0, 0,
]);
const seeds = [
  buildFrame({ ethernet, ipv4, udp, payload: new Uint8Array(50) }),
  buildFrame({ ethernet, vlans: [{ id: 5 }, { id: 6 }], ipv6, tcp: udp, payload: new Uint8Array(50) }),
  buildFrame({ ethernet, ipv6: { ...ipv6, nextHeader: 0 }, payload: chain }),
  buildFrame({
    ethernet,
    arp: { operation: 'request', senderMac: ethernet.source, senderIp: '10.0.0.1', targetIp: '10.0.0.2' },
  }),
];

it('parseFrame never throws, and never points outside the frame', () => {
  const source = random(20_231);
  const reuse = parseFrame(new Uint8Array());
  for (let i = 0; i < 50_000; i++) {
    const frame = i % 5 === 0 ? source.bytes(source.below(120)) : mutate(seeds[source.below(seeds.length)]!, source);
    const { l3Offset, l4Offset, payloadOffset, end } = parseFrame(frame, reuse);
    for (const offset of [l3Offset, l4Offset, payloadOffset, end]) {
      if (!(offset >= -1 && offset <= frame.length))
        throw new Error(`offset ${offset} in ${Buffer.from(frame).toString('hex')}`);
    }
    if (payloadOffset > end) throw new Error(`payload behind the end in ${Buffer.from(frame).toString('hex')}`);
  }
});

it('address parsers throw TypeError alone', () => {
  const source = random(20_232);
  const alphabet = '0123456789abcdefABCDEFg:.-%/ \0é';
  for (let i = 0; i < 50_000; i++) {
    const text = Array.from({ length: source.below(48) }, () => alphabet[source.below(alphabet.length)]).join('');
    for (const parse of [parseIp, parseMac]) {
      try {
        const bytes = parse(text);
        if (![4, 6, 16].includes(bytes.length)) throw new Error(`${bytes.length} bytes of ${text}`);
      } catch (error) {
        if (!(error instanceof TypeError)) throw error;
      }
    }
  }
});
