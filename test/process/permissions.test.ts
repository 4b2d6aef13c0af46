import { execFileSync } from 'node:child_process';
import path from 'node:path';

import { projectRoot } from '../helpers/compile';
import { useLab } from '../helpers/netns';

interface Failure {
  name: string;
  code: string;
  syscall: string;
  message: string;
}

const program = path.join(__dirname, 'programs', 'attempt.js');

/** In a namespace of its own, because a test that fails to fail would make what it tries to make. */
describe('without the means', () => {
  const lab = useLab();

  /** Runs an attempt after `prepare`, a shell command in a mount namespace of its own. */
  function attempt(what: string, prepare: string): Failure {
    const script = `set -e; ${prepare} "$0" "$1" "$2"`;
    const args = ['netns', 'exec', lab.name, 'unshare', '--mount', 'sh', '-c', script, process.execPath, program, what];
    const output = execFileSync('ip', args, {
      encoding: 'utf8',
      env: { ...process.env, ETHERLOOM: path.join(projectRoot, 'dist', 'index.js') },
    });
    return JSON.parse(output) as Failure;
  }

  const asNobody = 'exec setpriv --reuid 65534 --regid 65534 --clear-groups';
  const device = (mode: string) =>
    `mount -t tmpfs none /dev/net; mknod /dev/net/tun c 10 200; chmod ${mode} /dev/net/tun;`;

  it('EPERM names the capability and the way without root', () => {
    const failure = attempt('link', asNobody);
    expect(failure).toMatchObject({ name: 'NetError', code: 'EPERM', syscall: 'RTM_NEWLINK' });
    expect(failure.message).toMatch(/^cannot add bridge 'br0': Operation not permitted \(EPERM, RTM_NEWLINK\)/);
    expect(failure.message).toContain('CAP_NET_ADMIN');
    expect(failure.message).toContain('unshare --user --map-root-user --net');
    expect(attempt('tap', `${device('0666')} ${asNobody}`)).toMatchObject({
      code: 'EPERM',
      syscall: 'ioctl TUNSETIFF',
    });
    expect(attempt('netns', asNobody)).toMatchObject({ code: 'EPERM', syscall: 'unshare' });
  });

  it('a closed /dev/net/tun is told apart from a missing one, each with what to do', () => {
    expect(attempt('tap', `${device('0600')} ${asNobody}`)).toMatchObject({
      code: 'EACCES',
      syscall: 'open /dev/net/tun',
      message: expect.stringContaining('chmod 0666 /dev/net/tun') as unknown,
    });
    expect(attempt('tap', 'mount -t tmpfs none /dev/net; exec')).toMatchObject({
      code: 'ENOENT',
      syscall: 'open /dev/net/tun',
      message: expect.stringContaining('mknod /dev/net/tun c 10 200') as unknown,
    });
  });
});
