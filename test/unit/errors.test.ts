import { NetError } from '../../lib/errors';

describe('NetError', () => {
  it('reads as a sentence', () => {
    const error = new NetError({ action: "add bridge 'br0'", errno: -17, syscall: 'RTM_NEWLINK', interface: 'br0' });
    expect(error.message).toBe("cannot add bridge 'br0': File exists (EEXIST, RTM_NEWLINK)");
    expect(error).toMatchObject({
      name: 'NetError',
      code: 'EEXIST',
      errno: -17,
      syscall: 'RTM_NEWLINK',
      interface: 'br0',
    });
    expect(error).toBeInstanceOf(Error);
    expect('netns' in error).toBe(false);
  });

  it('says what the kernel said', () => {
    const error = new NetError({
      action: "change link 'v0'",
      errno: -22,
      syscall: 'RTM_NEWLINK',
      netns: 'lab',
      extack: { message: 'mtu less than device minimum.', attribute: 'mtu', range: { min: 68n, max: 65535n } },
    });
    expect(error.message).toBe(
      "cannot change link 'v0': Invalid argument (EINVAL, RTM_NEWLINK) in network namespace 'lab': " +
        'mtu less than device minimum [attribute mtu] [accepted range 68..65535]',
    );
    expect(error.extack?.attribute).toBe('mtu');
  });

  it('names the capability that is missing, and the way without root', () => {
    const { message } = new NetError({ action: 'open tap', errno: -1, syscall: 'ioctl TUNSETIFF' });
    expect(message).toContain('CAP_NET_ADMIN');
    expect(message).toContain('unshare --user --map-root-user --net');
  });

  it('points at the kernel configuration when something is not supported', () => {
    expect(new NetError({ action: 'x', errno: -95, syscall: 'y' }).message).toMatch(/EOPNOTSUPP, y\).*CONFIG_/);
  });

  it('keeps its cause and prefers the hint it is given', () => {
    const cause = new Error('why');
    const error = new NetError({ action: 'x', errno: -1, syscall: 'y', hint: 'try z', cause });
    expect(error.cause).toBe(cause);
    expect(error.message).toBe('cannot x: Operation not permitted (EPERM, y); try z');
  });

  it.each([
    [-77, 'EBADFD'],
    [-105, 'ENOBUFS'],
    [-524, 'ENOTSUPP'],
    [-11, 'EAGAIN'],
    [-9999, 'E9999'],
  ])('names errno %i', (errno, code) => {
    expect(new NetError({ action: 'x', errno, syscall: 'y' }).code).toBe(code);
  });
});
