import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  closeSync,
  mkdtempSync,
  openSync,
  readFileSync,
  readdirSync,
  readlinkSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { ExecError, Host, netns } from '../../lib';
import { openLab, useLab } from '../helpers/netns';

const name = (suffix: string) => `el-host-${process.pid}-${suffix}`;

describe('Host.open', () => {
  it("opens this process's namespace", async () => {
    await using host = await Host.open();
    expect(host.netns).toBeUndefined();
    expect((await host.links.get('lo')).index).toBe(1);
  });

  it('opens the same namespace by name, path, pid and descriptor', async () => {
    await using lab = await openLab();
    await lab.host.links.add({ kind: 'bridge', name: 'mark0' });
    const file = `/run/netns/${lab.name}`;
    const child = spawn('ip', ['netns', 'exec', lab.name, 'sleep', '60']);
    await once(child, 'spawn');
    while (readlinkSync(`/proc/${child.pid}/ns/net`) === readlinkSync('/proc/self/ns/net'));
    const fd = openSync(file, 'r');
    for (const spec of [lab.name, { name: lab.name }, { path: file }, { pid: child.pid! }, { fd }]) {
      await using host = await Host.open({ netns: spec });
      expect((await host.links.get('mark0')).kind).toBe('bridge');
      expect(host.netns?.inode).toBe(statSync(file).ino);
    }
    closeSync(fd);
    child.kill();
    await once(child, 'close');
  });

  it('makes an unnamed namespace that goes with its last user', async () => {
    const host = await Host.open({ netns: { unnamed: true } });
    expect((await host.links.list()).map((link) => link.name)).toEqual(['lo']);
    expect(host.netns?.inode).not.toBe(statSync('/proc/self/ns/net').ino);
    await host.close();
    await host.close();
    expect(host.closed).toBe(true);
    await expect(host.links.list()).rejects.toThrow(/closed/);
  });

  it('makes a name on demand, or insists on making it', async () => {
    const made = name('made');
    await expect(Host.open({ netns: made })).rejects.toMatchObject({
      code: 'ENOENT',
      message: expect.stringContaining('create: true') as unknown,
    });
    const first = await Host.open({ netns: made, create: true });
    expect(execFileSync('ip', ['netns', 'list'], { encoding: 'utf8' })).toContain(made);
    const second = await Host.open({ netns: made, create: true });
    expect(second.netns?.inode).toBe(first.netns?.inode);
    await expect(Host.open({ netns: made, create: 'exclusive' })).rejects.toMatchObject({ code: 'EEXIST' });
    await first.close();
    await second.close();
    await netns.remove(made);
    expect((await netns.list()).map((entry) => entry.name)).not.toContain(made);
    await expect(netns.remove(made)).rejects.toMatchObject({ code: 'ENOENT' });
  });

  it('shares names with ip-netns, both ways', async () => {
    const ours = name('ours');
    await netns.create(ours);
    execFileSync('ip', ['netns', 'exec', ours, 'true']);
    execFileSync('ip', ['netns', 'delete', ours]);
    const theirs = name('theirs');
    execFileSync('ip', ['netns', 'add', theirs]);
    expect((await netns.list()).find((entry) => entry.name === theirs)?.inode).toBe(
      statSync(`/run/netns/${theirs}`).ino,
    );
    await netns.remove(theirs);
    expect(execFileSync('ip', ['netns', 'list'], { encoding: 'utf8' })).not.toContain(theirs);
  });

  it('outlives the name of its namespace', async () => {
    const gone = name('gone');
    await using host = await Host.open({ netns: gone, create: true });
    await netns.remove(gone);
    await host.links.add({ kind: 'bridge', name: 'br0' });
    expect((await host.links.get('br0')).kind).toBe('bridge');
  });

  it('is made by many at once under one name', async () => {
    const shared = name('shared');
    const hosts = await Promise.all(Array.from({ length: 16 }, () => Host.open({ netns: shared, create: true })));
    expect(new Set(hosts.map((host) => host.netns?.inode)).size).toBe(1);
    await Promise.all(hosts.map((host) => host.close()));
    await netns.remove(shared);
  });

  it('does not move the thread it is called on', async () => {
    const before = readlinkSync('/proc/self/ns/net');
    await using lab = await openLab();
    await lab.host.links.list();
    await using tap = await lab.host.openTap();
    expect(tap.fd).toBeGreaterThan(0);
    for (const task of readdirSync('/proc/self/task')) {
      expect(readlinkSync(`/proc/self/task/${task}/ns/net`)).toBe(before);
    }
  });

  it.each([
    ['', TypeError],
    ['a/b', TypeError],
    ['..', TypeError],
    ['x'.repeat(256), RangeError],
    [{ pid: 0 }, RangeError],
    [{ pid: 1.5 }, RangeError],
    [{ fd: -1 }, RangeError],
    [{ path: '' }, TypeError],
    [{}, TypeError],
  ])('refuses %j before the kernel sees it', async (spec, type) => {
    await expect(Host.open({ netns: spec as never, create: true })).rejects.toThrow(type);
  });

  it('refuses what is no network namespace', async () => {
    await expect(Host.open({ netns: { path: '/proc/self/ns/uts' } })).rejects.toMatchObject({ code: 'EINVAL' });
    await expect(Host.open({ netns: { path: '/etc/hostname' } })).rejects.toThrow(/not a network namespace/);
    await expect(Host.open({ netns: { pid: 0x7fff_fffe } })).rejects.toMatchObject({ code: 'ENOENT' });
    await expect(Host.open({ create: true })).rejects.toThrow(TypeError);
  });
});

describe('children', () => {
  const lab = useLab();

  it('run inside the namespace, and see its devices in /sys', async () => {
    await lab.host.links.add({ kind: 'bridge', name: 'inside0' });
    const { stdout } = await lab.host.exec('ls', ['/sys/class/net']);
    expect(stdout.split('\n')).toContain('inside0');
    expect(stdout.split('\n')).not.toContain('eth0');
  });

  it('get their arguments, input, environment and folder as given', async () => {
    const { stdout } = await lab.host.exec('sh', ['-c', 'cat; echo "$1" "$WHAT"; pwd', 'sh', 'a b;c'], {
      input: 'from stdin\n',
      env: { ...process.env, WHAT: 'ever' },
      cwd: '/usr',
    });
    expect(stdout).toBe('from stdin\na b;c ever\n/usr\n');
  });

  it('inherit no descriptor that they were not given', async () => {
    const { stdout } = await lab.host.exec('ls', ['/proc/self/fd']);
    // What this process itself was started with may be inherited; the namespace's descriptor is not.
    expect(stdout).toBe(execFileSync('ls', ['/proc/self/fd'], { encoding: 'utf8' }));
  });

  it('keep the numbers of the descriptors that they were given', async () => {
    const child = lab.host.spawn('sh', ['-c', 'readlink /proc/self/ns/net >&3'], {
      stdio: ['ignore', 'inherit', 'inherit', 'pipe'],
    });
    const [chunk] = (await once(child.stdio[3]!, 'data')) as [Buffer];
    expect(chunk.toString()).toContain(String(lab.host.netns?.inode));
    await once(child, 'close');
  });

  it('start even when the host is closed at once', async () => {
    const host = await Host.open({ netns: lab.name });
    const result = host.exec('readlink', ['/proc/self/ns/net']);
    await host.close();
    expect((await result).stdout).toContain(String(lab.host.netns?.inode));
  });

  it('see the files of /etc/netns/NAME', async () => {
    const folder = `/etc/netns/${lab.name}`;
    execFileSync('mkdir', ['-p', folder]);
    try {
      writeFileSync(path.join(folder, 'hostname'), 'from-netns\n');
      expect((await lab.host.exec('cat', ['/etc/hostname'])).stdout).toBe('from-netns\n');
      expect(readFileSync('/etc/hostname', 'utf8')).not.toBe('from-netns\n');
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it('fail with what they said', async () => {
    const attempt = lab.host.exec('sh', ['-c', 'echo out; echo bad luck >&2; exit 3']);
    await expect(attempt).rejects.toBeInstanceOf(ExecError);
    await expect(attempt).rejects.toMatchObject({
      status: 3,
      stdout: 'out\n',
      message: expect.stringContaining('exited with status 3: bad luck') as unknown,
    });
    await expect(lab.host.exec('no-such-program')).rejects.toMatchObject({ status: 127 });
    await expect(lab.host.exec('sh', ['-c', 'kill -TERM $$'])).rejects.toMatchObject({ signal: 'SIGTERM' });
    await expect(lab.host.exec('yes', [], { maxOutputBytes: 10_000 })).rejects.toThrow(/more than 10000 bytes/);
    const folder = mkdtempSync(path.join(tmpdir(), 'etherloom-'));
    writeFileSync(path.join(folder, 'file'), '');
    await expect(lab.host.exec(path.join(folder, 'file'))).rejects.toMatchObject({ status: 126 });
    rmSync(folder, { recursive: true });
    expect(() => lab.host.spawn('')).toThrow(TypeError);
  });

  it("run in this process's namespace when the host is that", async () => {
    await using host = await Host.open();
    expect((await host.exec('readlink', ['/proc/self/ns/net'])).stdout.trim()).toBe(readlinkSync('/proc/self/ns/net'));
  });
});
