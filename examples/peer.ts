/** The far ends of the demonstration: ordinary programs with ordinary sockets, each in a network namespace of its own. */
import { createHash, randomBytes } from 'node:crypto';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { connect, createServer } from 'node:net';

const [role, address = '', count = '0'] = process.argv.slice(2);
const PORT = 7000;
const CHUNK = 1 << 20;

const say = (message: object): void => console.log(JSON.stringify(message));

/** Sends `bytes` of data of which no two mebibytes are alike, and says its hash. */
async function sendTcp(bytes: number): Promise<void> {
  const hash = createHash('sha256');
  const socket = connect(PORT, address);
  await once(socket, 'connect');
  const random = randomBytes(CHUNK);
  for (let sent = 0; sent < bytes; sent += CHUNK) {
    const chunk = Buffer.from(random.subarray(0, Math.min(CHUNK, bytes - sent)));
    chunk.writeDoubleLE(sent, 0);
    hash.update(chunk);
    if (!socket.write(chunk)) await once(socket, 'drain');
  }
  socket.end();
  await once(socket, 'close');
  say({ sent: bytes, sha256: hash.digest('hex') });
}

/** Receives one connection and says its hash and how long it took. */
async function receiveTcp(): Promise<void> {
  const server = createServer().listen(PORT, address);
  await once(server, 'listening');
  say({ listening: true });
  const [socket] = (await once(server, 'connection')) as [AsyncIterable<Buffer>];
  const hash = createHash('sha256');
  const start = process.hrtime.bigint();
  let received = 0;
  for await (const chunk of socket) {
    hash.update(chunk);
    received += chunk.length;
  }
  const seconds = Number(process.hrtime.bigint() - start) / 1e9;
  server.close();
  say({ received, seconds, sha256: hash.digest('hex') });
}

/** Answers every datagram, for as long as the parent lives. */
async function echoUdp(): Promise<void> {
  const socket = createSocket('udp4');
  socket.on('message', (data, from) => socket.send(data, from.port, from.address));
  socket.bind(PORT, address);
  await once(socket, 'listening');
  say({ listening: true });
}

/** Times `trips` request/answer pairs, one at a time, and says the p50 and p99 in microseconds. */
async function askUdp(trips: number): Promise<void> {
  const socket = createSocket('udp4');
  socket.connect(PORT, address);
  await once(socket, 'connect');
  const times: number[] = [];
  const request = Buffer.alloc(32);
  for (let i = 0; i < trips; i++) {
    request.writeUInt32LE(i, 0);
    const start = process.hrtime.bigint();
    socket.send(request);
    const [answer] = (await once(socket, 'message')) as [Buffer];
    if (!answer.equals(request)) throw new Error(`trip ${i} was answered with other data`);
    times.push(Number(process.hrtime.bigint() - start) / 1e3);
  }
  socket.close();
  times.sort((a, b) => a - b);
  say({ trips, p50: times[Math.floor(trips / 2)], p99: times[Math.floor(trips * 0.99)] });
}

// The parent holds the other end of standard input: when it goes, however it goes, so do we.
process.stdin.resume().once('close', () => process.exit(1));

const roles: Record<string, () => Promise<void>> = {
  'send-tcp': () => sendTcp(Number(count)),
  'receive-tcp': receiveTcp,
  'echo-udp': echoUdp,
  'ask-udp': () => askUdp(Number(count)),
};
const play = roles[role ?? ''];
if (!play) throw new Error(`unknown role ${role}`);
void play().then(() => {
  if (role !== 'echo-udp') process.exit(0);
});
