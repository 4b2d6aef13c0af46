'use strict';
// `npm run bench`: compiles the benchmark and runs it. `npm run bench:setup` (--setup): installs the peers it measures against.

const { existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } = require('node:fs');
const path = require('node:path');
const { ensureBuild, ensureDependencies, ensurePrograms, onPath, root, run } = require('./setup');

const peers = [
  ['iperf3', 'iperf3'],
  ['vde_switch', 'vde2'],
  ['ovs-vswitchd', 'openvswitch-switch'],
  ['ovsdb-server', 'openvswitch-switch'],
  ['ethtool', 'ethtool'],
  ['ip', 'iproute2'],
];
const PYROUTE2 = '/usr/lib/python3/dist-packages/pyroute2';

function missing() {
  const packages = peers.filter(([program]) => !onPath(program)).map(([, name]) => name);
  if (!existsSync(PYROUTE2)) packages.push('python3-pyroute2');
  return [...new Set(packages)];
}

function setUp() {
  const packages = missing();
  if (packages.length === 0) return;
  if (process.getuid() !== 0 || !onPath('apt-get')) {
    console.error(`bench: missing packages. On Debian or Ubuntu: sudo apt-get install ${packages.join(' ')}`);
    process.exit(1);
  }
  // The peers' services must not start by themselves: they would touch this machine's network (policy-rc.d, invoke-rc.d(8)).
  const policy = '/usr/sbin/policy-rc.d';
  const ours = !existsSync(policy);
  if (ours) writeFileSync(policy, '#!/bin/sh\nexit 101\n', { mode: 0o755 });
  try {
    const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
    const install = () => run('apt-get', ['install', '-y', '-qq', '--no-install-recommends', ...packages], { env });
    if (!install() && !(run('apt-get', ['update', '-qq'], { env }) && install())) process.exitCode = 1;
  } finally {
    if (ours) rmSync(policy);
  }
}

if (process.argv[2] === '--setup') {
  setUp();
  process.exit();
}

ensurePrograms('build');
ensureDependencies();
ensureBuild();
if (process.getuid() !== 0) {
  console.error('bench: needs root: it makes network namespaces');
  process.exit(1);
}
if (missing().length > 0) {
  console.error(`bench: missing ${missing().join(', ')}: npm run bench:setup`);
  process.exit(1);
}
mkdirSync(path.join(root, 'bench/build/c'), { recursive: true });
for (const source of readdirSync(path.join(root, 'bench/c'))) {
  const target = path.join('bench/build/c', path.basename(source, '.c'));
  if (!run('gcc', ['-O2', '-Wall', '-Wextra', '-o', target, path.join('bench/c', source)])) process.exit(1);
}
if (!run(process.execPath, ['node_modules/typescript/bin/tsc', '-p', 'bench/tsconfig.json'])) process.exit(1);
process.exit(run(process.execPath, ['bench/build/main.js', ...process.argv.slice(2)]) ? 0 : 1);
