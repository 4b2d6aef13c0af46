import { execFileSync } from 'node:child_process';
import { performance } from 'node:perf_hooks';

import { makeNetns, writeInput } from './namespaces';
import { median, run, script } from './shell';

export interface ControlResult {
  /** Seconds per round, the first dropped. */
  readonly seconds: Readonly<Record<string, readonly number[]>>;
  /** Longest stall of the event loop, milliseconds, over all rounds. */
  readonly stallMs: Readonly<Record<string, number>>;
}

interface ControlSample {
  readonly seconds: number;
  readonly stallMs: number;
}

const modes = ['etherloom batch', 'etherloom one by one', 'ip -batch', 'ip process each'];
/** Those that run in a process of their own, which also watches its event loop. */
const programModes: Readonly<Record<string, string>> = {
  'etherloom batch': 'batch',
  'etherloom one by one': 'single',
  'ip -batch': 'ip',
};

function ipLines(pairs: number): string[] {
  const names = Array.from({ length: pairs }, (_, i) => `v${i}`);
  return [
    ...names.map((name) => `link add ${name} type veth peer name p${name}`),
    ...names.map((name) => `link set ${name} master br0`),
    ...names.map((name) => `link set ${name} up`),
    'link show',
    ...names.map((name) => `link delete ${name}`),
  ];
}

function timed(work: () => void): number {
  const start = performance.now();
  work();
  return (performance.now() - start) / 1000;
}

/** Veth pairs made, put into a bridge, set up, listed and deleted, in four ways, interleaved. */
export function controlPlane(pairs: number, rounds: number): ControlResult {
  const lines = ipLines(pairs);
  const file = writeInput('batch', lines);
  const seconds: Record<string, number[]> = {};
  const stallMs: Record<string, number> = {};
  for (let round = 0; round < rounds; round++) {
    for (const mode of modes) {
      // A namespace of its own each time: what the kernel still cleans up behind one row is not charged to the next.
      const netns = makeNetns(`c${round}`);
      let taken: number;
      const how = programModes[mode];
      if (how === undefined) {
        run('ip', '-n', netns, 'link', 'add', 'br0', 'type', 'bridge');
        run('ip', '-n', netns, 'link', 'set', 'br0', 'up');
        taken = timed(() => {
          for (const line of lines) run('ip', '-n', netns, ...line.split(' '));
        });
      } else {
        const args = [script('control'), how, netns, String(pairs), file];
        const result = JSON.parse(execFileSync(process.execPath, args, { encoding: 'utf8' })) as ControlSample;
        taken = result.seconds;
        if (round > 0) stallMs[mode] = Math.max(stallMs[mode] ?? 0, result.stallMs);
      }
      run('ip', 'netns', 'delete', netns);
      if (round > 0) (seconds[mode] ??= []).push(taken);
    }
  }
  return { seconds, stallMs };
}

export interface DumpResult {
  /** Milliseconds per listing, the first dropped. */
  readonly times: Readonly<Record<string, readonly number[]>>;
  readonly counts: Readonly<Record<string, number>>;
  readonly stallMs: number;
}

/** Listings of links and of routes, by etherloom, by `ip -j` with JSON.parse, and by pyroute2, interleaved. */
export function dumps(links: number, routes: number, rounds: number): Record<'links' | 'routes', DumpResult> {
  const netns = makeNetns('dump');
  const linkLines = Array.from({ length: links / 2 }, (_, i) => `link add v${i} type veth peer name p${i}`);
  run('ip', '-n', netns, '-batch', writeInput('links', linkLines));
  run('ip', '-n', netns, 'link', 'set', 'v0', 'up');
  run('ip', '-n', netns, 'link', 'set', 'p0', 'up');
  run('ip', '-n', netns, 'address', 'add', '10.0.0.1/8', 'dev', 'v0');
  const routeLines = Array.from(
    { length: routes },
    (_, i) => `route add 172.${16 + (i >> 16)}.${(i >> 8) & 255}.${i & 255} via 10.0.0.2`,
  );
  run('ip', '-n', netns, '-batch', writeInput('routes', routeLines));
  const list = (what: string): DumpResult => {
    const output = execFileSync(process.execPath, [script('dump'), what, netns, String(rounds)], { encoding: 'utf8' });
    const { times, counts, stallMs } = JSON.parse(output) as DumpResult;
    const kept = Object.fromEntries(Object.entries(times).map(([name, all]) => [name, all.slice(1)]));
    return { times: kept, counts, stallMs };
  };
  const result = { links: list('links'), routes: list('routes') };
  run('ip', 'netns', 'delete', netns);
  return result;
}

export interface MiscResult {
  /** Milliseconds that `import 'etherloom'` adds to starting Node: median, interleaved with an empty start. */
  readonly importMs: number;
  readonly kibPerTap: number;
  readonly heapBefore: number;
  readonly heapAfter: number;
  readonly frames: number;
}

/** What it costs to import the package, to hold TAPs open, and to read a million frames. */
export function misc(entry: string, rounds: number): MiscResult {
  const starts: Record<'empty' | 'import', number[]> = { empty: [], import: [] };
  for (let round = 0; round <= 3 * rounds; round++) {
    for (const [name, code] of [
      ['empty', ''],
      ['import', `import ${JSON.stringify(entry)}`],
    ] as const) {
      const taken = timed(() => execFileSync(process.execPath, ['--input-type=module', '-e', code])) * 1000;
      if (round > 0) starts[name].push(taken);
    }
  }
  const memory = (what: string, count: number): unknown =>
    JSON.parse(
      execFileSync(process.execPath, ['--expose-gc', script('memory'), what, String(count)], { encoding: 'utf8' }),
    );
  const { kibPerTap } = memory('taps', 1000) as { kibPerTap: number };
  const heap = memory('frames', 1_000_000) as { frames: number; heapBefore: number; heapAfter: number };
  return { importMs: median(starts.import) - median(starts.empty), kibPerTap, ...heap };
}
