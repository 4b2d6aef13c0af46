import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

import { projectRoot } from '../helpers/compile';

/** What a stranger to the demonstration can see of this machine's network. */
function machine(): string {
  const show = (what: string): string => execFileSync('ip', [what], { encoding: 'utf8' });
  // Other tests make namespaces of their own meanwhile.
  const names = show('netns')
    .split('\n')
    .filter((name) => !name.startsWith('el-'));
  return [...['link', 'address', 'route'].map(show), ...names].join('---\n');
}

/** Processes of the demonstration that run now. */
function peers(): string[] {
  return readdirSync('/proc')
    .filter((entry) => /^\d+$/.test(entry))
    .filter((pid) => {
      try {
        return readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes(path.join(projectRoot, 'examples/build'));
      } catch {
        return false;
      }
    });
}

describe('npm start', () => {
  const before = machine();

  afterEach(async () => {
    for (let waited = 0; peers().length > 0 && waited < 5000; waited += 20) await sleep(20);
    expect(peers()).toEqual([]);
    expect(machine()).toBe(before);
  });

  it('does the whole job, and leaves the machine as it found it', () => {
    const output = execFileSync('npm', ['start', '--silent', '--', '--mib', '64', '--trips', '200'], {
      cwd: projectRoot,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    expect(output).toMatch(
      /bridge name\s+bridge id\s+STP enabled\s+interfaces\ntester\s+8000\.[0-9a-f]{12}\s+yes\s+vm-vnic/,
    );
    expect(output).toMatch(/TCP throughput\s+[\d.]+ Gbit\/s/);
    expect(output).toMatch(/TCP bytes\s+67108864 in .* verified/);
    expect(output).toMatch(/frames forwarded\s+[1-9]\d* \(2 addresses learned, 0 dropped\)/);
    expect(output).toMatch(/UDP round trips\s+200, p50 \d+ us, p99 \d+ us/);
    expect(output).toContain('nothing was left behind');
  });

  it.each([
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ] as const)('cleans up on %s, in the middle of the transfer', async (signal, status) => {
    const child = spawn(process.execPath, ['scripts/start.js', '--mib', '100000'], {
      cwd: projectRoot,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let output = '';
    child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
    while (!/GB .* Gbit\/s/.test(output)) await once(child.stdout, 'data');
    child.kill(signal);
    expect(await once(child, 'close')).toEqual([status, null]);
    expect(output).toContain(`${signal}: closing`);
  });

  it('leaves nothing when it is killed', async () => {
    const child = spawn(process.execPath, ['examples/build/start.js', '--mib', '100000'], {
      cwd: projectRoot,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let output = '';
    child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
    while (!/GB .* Gbit\/s/.test(output)) await once(child.stdout, 'data');
    child.kill('SIGKILL');
    await once(child, 'close');
  });

  it('refuses arguments that make no sense', () => {
    const run = () =>
      execFileSync(process.execPath, ['examples/build/start.js', '--mib', 'x'], { cwd: projectRoot, stdio: 'pipe' });
    expect(run).toThrow(expect.objectContaining({ status: 2, message: expect.stringContaining('usage:') as unknown }));
  });

  /** As nobody, in a mount namespace whose /dev/net/tun has the given mode. */
  const asNobody = (mode: string, ...command: string[]): string => {
    const script = `mount -t tmpfs none /dev/net && mknod /dev/net/tun c 10 200 && chmod ${mode} /dev/net/tun &&
      exec setpriv --reuid 65534 --regid 65534 --clear-groups "$@"`;
    return execFileSync('unshare', ['--mount', 'sh', '-c', script, 'sh', ...command], {
      cwd: projectRoot,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, HOME: '/nonexistent' },
    });
  };

  it('works without root where user namespaces and the device are open to users', () => {
    const output = asNobody('0666', process.execPath, 'scripts/start.js', '--mib', '16', '--trips', '50');
    expect(output).toContain('going on as the root of a user namespace');
    expect(output).toMatch(/TCP bytes\s+16777216 in .* verified/);
  });

  it('says exactly what to do where they are not', () => {
    const run = () => asNobody('0600', process.execPath, 'scripts/start.js');
    expect(run).toThrow(/chmod 0666 \/dev\/net\/tun/);
  });
});
