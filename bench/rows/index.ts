import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

import { offloadsOff, type Ends } from '../namespaces';
import { program, run, runIn, script, start, type Background } from '../shell';

export type Offloads = 'on' | 'off';

/** One thing that joins the two ends. */
export interface Row {
  readonly name: string;
  readonly title: string;
  /** In which tables it stands. */
  readonly offloads: readonly Offloads[];
  /** Makes an interface `eth0` in each end and joins them. Returns what takes the middle down. */
  join(ends: Ends, offloads: Offloads): Promise<() => Promise<void>>;
}

const nothing = async (): Promise<void> => undefined;

function veth(netns: string, far: string, name: string): void {
  run('ip', '-n', netns, 'link', 'add', 'eth0', 'type', 'veth', 'peer', 'name', name, 'netns', far);
}

async function joinByProgram(command: string, args: readonly string[]): Promise<() => Promise<void>> {
  const background = await start(command, args, 'ready');
  return () => background.stop();
}

async function until(what: string, isReady: () => boolean): Promise<void> {
  for (let waited = 0; !isReady(); waited += 20) {
    if (waited > 10_000) throw new Error(`${what} did not get ready`);
    await sleep(20);
  }
}

async function joinByVde(ends: Ends): Promise<() => Promise<void>> {
  const folder = mkdtempSync(path.join(tmpdir(), 'el-bench-vde-'));
  const args = ['-s', path.join(folder, 'ctl'), '-M', path.join(folder, 'mgmt'), '--tap', 'tap0', '--tap', 'tap1'];
  const netns = ['netns', 'exec', ends.middle, 'vde_switch', ...args];
  const background: Background = await start('ip', netns, '');
  // It says nothing when it is ready; its TAPs do.
  await until('vde_switch', () => runIn(ends.middle, 'ls', '/sys/class/net').includes('tap1'));
  for (const [tap, end] of [
    ['tap0', ends.a],
    ['tap1', ends.b],
  ] as const) {
    run('ip', '-n', ends.middle, 'link', 'set', tap, 'netns', end, 'name', 'eth0');
    // vde_switch drops frames longer than 1504 bytes.
    offloadsOff(end, 'eth0');
  }
  return async () => {
    await background.stop();
    rmSync(folder, { recursive: true, force: true });
  };
}

async function joinByOvs(ends: Ends): Promise<() => Promise<void>> {
  const folder = mkdtempSync(path.join(tmpdir(), 'el-bench-ovs-'));
  const at = (name: string): string => path.join(folder, name);
  const env = [`OVS_RUNDIR=${folder}`, `OVS_LOGDIR=${folder}`, `OVS_DBDIR=${folder}`];
  const inside = (...command: string[]): Promise<Background> =>
    start('ip', ['netns', 'exec', ends.middle, 'env', ...env, ...command], '');
  const daemons: Background[] = [];
  const stop = async (): Promise<void> => {
    for (const daemon of daemons.reverse()) await daemon.stop();
    rmSync(folder, { recursive: true, force: true });
  };
  const vsctl = (...args: string[]): string => run('ovs-vsctl', `--db=unix:${at('db.sock')}`, '--timeout=10', ...args);
  try {
    run('ovsdb-tool', 'create', at('conf.db'), '/usr/share/openvswitch/vswitch.ovsschema');
    const quiet = '-vconsole:off';
    daemons.push(
      await inside(
        'ovsdb-server',
        at('conf.db'),
        `--remote=punix:${at('db.sock')}`,
        `--unixctl=${at('db.ctl')}`,
        quiet,
      ),
    );
    await until('ovsdb-server', () => existsSync(at('db.sock')));
    vsctl('--no-wait', 'init');
    const switchd = ['ovs-vswitchd', `unix:${at('db.sock')}`, `--unixctl=${at('vs.ctl')}`, quiet, '--disable-system'];
    daemons.push(await inside(...switchd));
    vsctl('add-br', 'br0', '--', 'set', 'bridge', 'br0', 'datapath_type=netdev', 'fail_mode=standalone');
    for (const [port, end] of [
      ['port0', ends.a],
      ['port1', ends.b],
    ] as const) {
      vsctl('add-port', 'br0', port, '--', 'set', 'interface', port, 'type=internal');
      run('ip', '-n', ends.middle, 'link', 'set', port, 'netns', end, 'name', 'eth0');
    }
    return stop;
  } catch (error) {
    await stop();
    throw error;
  }
}

export const rows: readonly Row[] = [
  {
    name: 'veth',
    title: 'veth',
    offloads: ['on', 'off'],
    join: async ({ a, b }, offloads) => {
      veth(a, b, 'eth0');
      if (offloads === 'off') for (const end of [a, b]) offloadsOff(end, 'eth0');
      return nothing;
    },
  },
  {
    name: 'bridge',
    title: 'kernel bridge',
    offloads: ['on', 'off'],
    join: async ({ a, b, middle }, offloads) => {
      run('ip', '-n', middle, 'link', 'add', 'br0', 'type', 'bridge');
      run('ip', '-n', middle, 'link', 'set', 'br0', 'up');
      for (const [end, port] of [
        [a, 'port0'],
        [b, 'port1'],
      ] as const) {
        veth(end, middle, port);
        run('ip', '-n', middle, 'link', 'set', port, 'master', 'br0', 'up');
        if (offloads === 'off') offloadsOff(end, 'eth0');
      }
      return async () => {
        run('ip', '-n', middle, 'link', 'delete', 'br0');
      };
    },
  },
  {
    name: 'c',
    title: 'C loop',
    offloads: ['on', 'off'],
    join: async ({ a, b }, offloads) => joinByProgram(program('c-loop'), [a, b, offloads]),
  },
  { name: 'vde', title: 'vde_switch', offloads: ['off'], join: joinByVde },
  { name: 'ovs', title: 'OVS netdev', offloads: ['off'], join: joinByOvs },
  {
    name: 'js',
    title: 'etherloom JS',
    offloads: ['on', 'off'],
    join: async ({ a, b }, offloads) => joinByProgram(process.execPath, [script('forward'), a, b, offloads]),
  },
  {
    name: 'callback',
    title: 'callback JS',
    offloads: ['off'],
    join: async ({ a, b }) => joinByProgram(program('tap-exec'), [a, b, process.execPath, script('callback')]),
  },
];
