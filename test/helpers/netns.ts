import { execFileSync } from 'node:child_process';

import { Host } from '../../lib/api';

let serial = 0;

/** A network namespace for one test file, gone afterwards: a host in it, and the tools of iproute2 as independent witnesses. */
export interface Lab {
  readonly host: Host;
  /** Its ip-netns(8) name. */
  readonly name: string;
  /** Runs `ip -j ARGS` (or `ip -d -j ...`) in it and parses what that prints. */
  ip(...args: string[]): unknown[];
  /** Runs a program in it and returns its standard output. */
  run(program: string, ...args: string[]): string;
}

/** Opens a fresh namespace. `await using lab = await openLab()` removes it at the end of the block. */
export async function openLab(): Promise<Lab & AsyncDisposable> {
  const name = `el-test-${process.pid}-${++serial}`;
  const host = await Host.open({ netns: name, create: 'exclusive' });
  const run = (program: string, ...args: string[]): string =>
    execFileSync('ip', ['netns', 'exec', name, program, ...args], { encoding: 'utf8', maxBuffer: 1 << 28 });
  return {
    host,
    name,
    run,
    ip: (...args) => JSON.parse(run('ip', '-j', ...args) || '[]') as unknown[],
    async [Symbol.asyncDispose]() {
      await host.close();
      execFileSync('ip', ['netns', 'delete', name]);
    },
  };
}

/** A lab shared by the tests of the calling file. */
export function useLab(): Lab {
  let lab: (Lab & AsyncDisposable) | undefined;
  beforeAll(async () => {
    lab = await openLab();
  });
  afterAll(async () => {
    await lab?.[Symbol.asyncDispose]();
  });
  const get = (): Lab => {
    if (!lab) throw new Error('the lab is open only while tests run');
    return lab;
  };
  return {
    get host() {
      return get().host;
    },
    get name() {
      return get().name;
    },
    ip: (...args) => get().ip(...args),
    run: (program, ...args) => get().run(program, ...args),
  };
}
