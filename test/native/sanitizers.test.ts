import { execFileSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import path from 'node:path';

import { compileNative, projectRoot } from '../helpers/compile';

const linux = ['native/linux/netlink_socket.cc', 'native/linux/netns.cc', 'native/linux/tun.cc'];
const core = ['native/core/netlink_wire.cc', 'native/core/checksum.cc'];

describe('native code under sanitizers', () => {
  it('parses hostile netlink messages without a read out of bounds', () => {
    const fuzzer = ['test/fuzz/native/netlink_wire_fuzzer.cc', 'test/fuzz/native/replay_main.cc'];
    const program = compileNative([...fuzzer, ...core], 'address,undefined');
    const corpus = path.join(projectRoot, 'test/fuzz/native/corpus');
    const files = readdirSync(corpus).map((name) => path.join(corpus, name));
    const output = execFileSync(program, ['1', '200000', ...files], { encoding: 'utf8' });
    expect(output).toBe(`replayed ${files.length} files and 200000 mutations\n`);
  });

  it.each(['address,undefined', 'thread'] as const)('survives many threads with -fsanitize=%s', (sanitize) => {
    const program = compileNative(['test/native/stress.cc', ...linux, ...core], sanitize);
    const output = execFileSync(program, ['100'], { encoding: 'utf8', stdio: 'pipe' });
    expect(output).toBe('300 exchanges, 200 TAPs\n');
  });
});
