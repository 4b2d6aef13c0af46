import { cpus, release, totalmem } from 'node:os';

import type { ControlResult, DumpResult, MiscResult } from './control';
import type { Offloads } from './rows';
import { median } from './shell';
import type { Sample } from './workloads';

/** All that was measured: what `--json` writes. */
export interface Results {
  readonly environment: Environment;
  readonly frames: readonly FrameTable[];
  readonly control?: { readonly pairs: number } & ControlResult;
  readonly dumps?: Readonly<Record<'links' | 'routes', DumpResult>>;
  readonly misc?: MiscResult;
}

export interface Environment {
  readonly kernel: string;
  readonly node: string;
  readonly processor: string;
  readonly cores: number;
  readonly memoryGib: number;
  readonly rounds: number;
  readonly seconds: number;
}

export interface FrameTable {
  readonly offloads: Offloads;
  readonly rows: Readonly<
    Record<string, { readonly title: string; readonly inForce: readonly string[]; readonly samples: readonly Sample[] }>
  >;
}

export function environment(rounds: number, seconds: number): Environment {
  const [first] = cpus();
  return {
    kernel: release(),
    node: process.version,
    processor: first?.model.trim() ?? '?',
    cores: cpus().length,
    memoryGib: Math.round(totalmem() / 2 ** 30),
    rounds,
    seconds,
  };
}

function table(header: readonly string[], body: readonly (readonly string[])[]): string {
  const all = [header, ...body];
  const widths = header.map((_, i) => Math.max(...all.map((row) => row[i]!.length)));
  const line = (row: readonly string[]): string =>
    `| ${row.map((cell, i) => (i === 0 ? cell.padEnd(widths[i]!) : cell.padStart(widths[i]!))).join(' | ')} |`;
  const rule = `|${widths.map((width, i) => (i === 0 ? '-'.repeat(width + 2) : `${'-'.repeat(width + 1)}:`)).join('|')}|`;
  return [line(header), rule, ...body.map(line)].join('\n');
}

/** `12.3 (11.0-13.1)`: median, least and most. */
function spread(values: readonly number[], digits: number): string {
  const text = (value: number): string => value.toFixed(digits);
  return `${text(median(values))} (${text(Math.min(...values))}-${text(Math.max(...values))})`;
}

const columns: readonly { key: keyof Sample; title: string; digits: number }[] = [
  { key: 'tcp1', title: 'TCP 1 flow Gbit/s', digits: 2 },
  { key: 'tcp4', title: 'TCP 4 flows Gbit/s', digits: 2 },
  { key: 'mpps', title: '60 B Mframes/s', digits: 3 },
  { key: 'p50', title: 'RTT p50 us', digits: 1 },
  { key: 'p99', title: 'RTT p99 us', digits: 1 },
  { key: 'cpuPerGb', title: 'CPU s/GB', digits: 2 },
];

function frameTable({ offloads, rows }: FrameTable): string {
  const names = Object.keys(rows);
  const body = names.map((name) => {
    const { title, samples } = rows[name]!;
    return [
      title,
      ...columns.map(({ key, digits }) =>
        spread(
          samples.map((sample) => sample[key]),
          digits,
        ),
      ),
    ];
  });
  const lines = [`Frames, offloads ${offloads}`, '', table(['row', ...columns.map(({ title }) => title)], body)];
  const reference = rows['c'];
  if (reference) {
    // Round by round: the two were measured within seconds of each other.
    const ratios = names.map((name) => {
      const { title, samples } = rows[name]!;
      const of = (key: keyof Sample): string =>
        spread(
          samples.map((sample, round) => sample[key] / reference.samples[round]![key]),
          2,
        );
      return [title, ...columns.map(({ key }) => of(key))];
    });
    lines.push(
      '',
      'The same as ratios to the C loop',
      '',
      table(['row', ...columns.map(({ title }) => title.replace(/ (Gbit\/s|Mframes\/s|us|s\/GB)$/, ''))], ratios),
    );
  }
  for (const name of names) lines.push(`  ${rows[name]!.title}: ${rows[name]!.inForce.join(', ') || 'no offloads'}`);
  return lines.join('\n');
}

function controlTable({ pairs, seconds, stallMs }: NonNullable<Results['control']>): string {
  const reference = seconds['ip -batch']!;
  const body = Object.entries(seconds).map(([name, values]) => [
    name,
    spread(values, 2),
    spread(
      values.map((value, round) => value / reference[round]!),
      2,
    ),
    stallMs[name] === undefined ? '' : stallMs[name].toFixed(1),
  ]);
  const title = `${pairs} veth pairs made, put into a bridge, set up, listed, deleted`;
  return [title, '', table(['row', 'seconds', 'of ip -batch', 'longest stall ms'], body)].join('\n');
}

function dumpTable(what: string, { times, counts, stallMs }: DumpResult): string {
  const reference = times['etherloom']!;
  const body = Object.entries(times).map(([name, values]) => [
    name === 'ip' ? 'ip -j, JSON.parse' : name,
    String(counts[name]),
    spread(values, 1),
    spread(
      values.map((value, round) => value / reference[round]!),
      2,
    ),
  ]);
  return [
    `Listing ${what} (longest stall of the event loop ${stallMs.toFixed(1)} ms)`,
    '',
    table(['row', 'objects', 'ms', 'of etherloom'], body),
  ].join('\n');
}

function miscTable({ importMs, kibPerTap, frames, heapBefore, heapAfter }: MiscResult): string {
  const kib = (bytes: number): string => `${(bytes / 1024).toFixed(0)} KiB`;
  return table(
    ['cost', 'figure'],
    [
      ["import 'etherloom', above an empty start", `${importMs.toFixed(1)} ms`],
      ['resident memory per open TAP', `${kibPerTap.toFixed(1)} KiB`],
      [`heap before and after ${frames} frames`, `${kib(heapBefore)}, ${kib(heapAfter)}`],
    ],
  );
}

export function report(results: Results): string {
  const { kernel, node, processor, cores, memoryGib, rounds, seconds } = results.environment;
  const parts = [
    `Linux ${kernel}, Node ${node}, ${cores} x ${processor}, ${memoryGib} GiB; ${rounds} interleaved rounds, the first dropped, ` +
      `${seconds} s each: median (least-most)`,
    ...results.frames.map(frameTable),
  ];
  if (results.control) parts.push(controlTable(results.control));
  if (results.dumps) parts.push(dumpTable('links', results.dumps.links), dumpTable('routes', results.dumps.routes));
  if (results.misc) parts.push(miscTable(results.misc));
  return parts.join('\n\n');
}
