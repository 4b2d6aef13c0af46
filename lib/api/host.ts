import { NetnsHost, openHostParts, type HostOptions } from '../host';
import { openTap, openTun, type Tap, type TapOptions, type Tun, type TunOptions } from '../tap';

/**
 * The front door: one network namespace of this machine, its kernel objects and the devices opened in it.
 *
 * @example
 * await using host = await Host.open();
 * await host.links.add({ kind: 'bridge', name: 'br0', up: true });
 * const tap = await host.openTap({ name: 'vm0', master: 'br0', up: true });
 */
export class Host extends NetnsHost {
  /**
   * Opens this process's network namespace, or another one.
   * @throws NetError ENOENT for an unknown name, EPERM without CAP_SYS_ADMIN over the namespace.
   * @throws AddonError where etherloom has no addon.
   */
  static async open(options: HostOptions = {}): Promise<Host> {
    return new Host(await openHostParts(options));
  }

  /** Makes a TAP, or attaches to one; it goes when closed, unless persistent. */
  async openTap(options: TapOptions = {}): Promise<Tap> {
    return openTap(this, options);
  }

  /** Makes a TUN, or attaches to one; it goes when closed, unless persistent. */
  async openTun(options: TunOptions = {}): Promise<Tun> {
    return openTun(this, options);
  }
}
