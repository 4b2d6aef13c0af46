import { checkInteger } from './validate';

/**
 * A network namespace that links are made in or moved to: a process id, or anything that holds a descriptor of one (a
 * `Host`, what `host.netns` gives, `{ fd }`).
 */
export type NetnsRef = number | { readonly fd: number } | { readonly descriptor: { readonly fd: number } };

/** The attributes by which a link message names a namespace. */
export function netnsAttributes(option: string, ref: unknown): { netNsFd: number } | { netNsPid: number } {
  if (typeof ref === 'number') return { netNsPid: checkInteger(option, ref, 1, 0x7fff_ffff) };
  const holder = typeof ref === 'object' && ref !== null && 'descriptor' in ref ? ref.descriptor : ref;
  if (typeof holder === 'object' && holder !== null && 'fd' in holder && typeof holder.fd === 'number') {
    if (holder.fd < 0) {
      throw new RangeError(
        `${option} has no open descriptor: it was closed, or is this process's own namespace (use process.pid)`,
      );
    }
    return { netNsFd: holder.fd };
  }
  throw new TypeError(`${option} must be a process id or hold the descriptor of a namespace, not ${String(ref)}`);
}
