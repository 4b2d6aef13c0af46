/** `npm run bench`: see docs/benchmarks.md. */
import { rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';

import { controlPlane, dumps, misc } from './control';
import { configureEnds, makeEnds, offloadsInForce, removeAll } from './namespaces';
import { environment, report, type FrameTable, type Results } from './report';
import { rows, type Offloads, type Row } from './rows';
import { killAll } from './shell';
import { measure, verify, type Sample, type WorkloadOptions } from './workloads';

const PARTS = ['frames', 'control', 'dump', 'misc'];

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '5' },
    seconds: { type: 'string', default: '5' },
    trips: { type: 'string', default: '20000' },
    rows: { type: 'string' },
    only: { type: 'string' },
    links: { type: 'string', default: '1000' },
    json: { type: 'string' },
  },
});

function number(name: 'rounds' | 'seconds' | 'trips' | 'links', least: number): number {
  const value = Number(values[name]);
  if (!Number.isInteger(value) || value < least)
    throw new RangeError(`--${name} must be an integer of at least ${least}`);
  return value;
}

function chosen(option: 'rows' | 'only', all: readonly string[]): string[] {
  const names = values[option]?.split(',') ?? [...all];
  for (const name of names)
    if (!all.includes(name)) throw new RangeError(`--${option} takes some of ${all.join(',')}, not '${name}'`);
  return names;
}

const progress = (text: string): void => void process.stderr.write(`${text}\n`);

async function once(
  row: Row,
  offloads: Offloads,
  options: WorkloadOptions,
  check: boolean,
): Promise<[Sample, string[]]> {
  const ends = makeEnds();
  let stop: (() => Promise<void>) | undefined;
  try {
    stop = await row.join(ends, offloads);
    configureEnds(ends);
    if (check) await verify(ends);
    return [await measure(ends, options), offloadsInForce(ends)];
  } finally {
    await stop?.();
    removeAll();
  }
}

async function frames(
  offloads: Offloads,
  names: readonly string[],
  rounds: number,
  options: WorkloadOptions,
): Promise<FrameTable> {
  const table: Record<string, { title: string; inForce: string[]; samples: Sample[] }> = {};
  const taking = rows.filter((row) => names.includes(row.name) && row.offloads.includes(offloads));
  for (let round = 0; round < rounds; round++) {
    for (const row of taking) {
      const [sample, inForce] = await once(row, offloads, options, round === 0);
      progress(
        `offloads ${offloads}, round ${round + 1} of ${rounds}, ${row.title}: ${sample.tcp1.toFixed(2)} Gbit/s, ` +
          `${sample.mpps.toFixed(3)} Mframes/s, p50 ${sample.p50.toFixed(1)} us`,
      );
      const entry = (table[row.name] ??= { title: row.title, inForce, samples: [] });
      if (round > 0) entry.samples.push(sample);
    }
  }
  return { offloads, rows: table };
}

async function main(): Promise<void> {
  const rounds = number('rounds', 2);
  const options = { seconds: number('seconds', 1), trips: number('trips', 100) };
  const links = number('links', 2);
  const parts = chosen('only', PARTS);
  const names = chosen(
    'rows',
    rows.map((row) => row.name),
  );
  const results: Results = {
    environment: environment(rounds, options.seconds),
    frames: parts.includes('frames')
      ? [await frames('on', names, rounds, options), await frames('off', names, rounds, options)]
      : [],
    ...(parts.includes('control') && { control: { pairs: links, ...controlPlane(links, rounds) } }),
    ...(parts.includes('dump') && { dumps: dumps(1000, 10_000, rounds + 5) }),
    ...(parts.includes('misc') && { misc: misc(path.resolve(__dirname, '../../dist/index.mjs'), rounds) }),
  };
  const json = JSON.stringify(results, null, 2);
  if (values.json === '-') console.log(json);
  else {
    if (values.json !== undefined) writeFileSync(values.json, `${json}\n`);
    console.log(report(results));
  }
}

function cleanUp(): void {
  killAll();
  removeAll();
  for (const name of ['batch', 'links', 'routes']) rmSync(`/tmp/el-bench-${process.pid}-${name}`, { force: true });
}

for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => {
    cleanUp();
    process.exit(signal === 'SIGINT' ? 130 : 143);
  });
}

main()
  .catch((error: Error) => {
    console.error(`bench: ${error.message}`);
    process.exitCode = 1;
  })
  .finally(cleanUp);
