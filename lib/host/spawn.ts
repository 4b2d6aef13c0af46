import { spawn, type ChildProcess, type SpawnOptions, type StdioOptions } from 'node:child_process';

import { launcherPath } from '../native';
import type { Netns } from './netns';

/** As `child_process.spawn` takes them, without `shell`: the command is a program and its arguments, never text to parse. */
export type HostSpawnOptions = Omit<SpawnOptions, 'shell'>;

export interface HostExecOptions extends Omit<HostSpawnOptions, 'stdio'> {
  /** Written to the child's standard input. */
  readonly input?: string | Uint8Array;
  /** Bytes of output kept per stream; more ends the child. Default 64 MiB. */
  readonly maxOutputBytes?: number;
}

export interface ExecResult {
  readonly stdout: string;
  readonly stderr: string;
}

/** A child ended with a status other than 0, by a signal, or could not be started. */
export class ExecError extends Error {
  constructor(
    message: string,
    /** Exit status, or `undefined` when a signal ended the child. */
    readonly status: number | undefined,
    readonly signal: NodeJS.Signals | undefined,
    readonly stdout: string,
    readonly stderr: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
    this.name = 'ExecError';
  }
}

function stdioList(stdio: StdioOptions | undefined): Extract<StdioOptions, unknown[]> {
  const list = Array.isArray(stdio) ? [...stdio] : new Array<typeof stdio>(3).fill(stdio ?? 'pipe');
  while (list.length < 3) list.push('pipe');
  return list;
}

/**
 * Starts a child in a namespace. Node forks from its main thread, which must not move; the child is first `netns-exec`,
 * which enters the namespace by an inherited descriptor and then becomes the program.
 */
export function spawnIn(
  netns: Netns | undefined,
  command: string,
  args: readonly string[],
  options: HostSpawnOptions,
): ChildProcess {
  if (typeof command !== 'string' || command === '') throw new TypeError('command must be the name of a program');
  if (netns === undefined) return spawn(command, args, options);
  const stdio = stdioList(options.stdio);
  const inherited = stdio.length;
  stdio.push(netns.descriptor.fd);
  return spawn(launcherPath(), [String(inherited), netns.name ?? '', command, ...args], { ...options, stdio });
}

/** Runs a child to its end and resolves with what it printed. @throws ExecError */
export async function execIn(
  netns: Netns | undefined,
  command: string,
  args: readonly string[],
  options: HostExecOptions,
): Promise<ExecResult> {
  const { input, maxOutputBytes = 64 << 20, ...rest } = options;
  const child = spawnIn(netns, command, args, { ...rest, stdio: 'pipe' });
  const output = { stdout: [] as Buffer[], stderr: [] as Buffer[] };
  const text = (stream: 'stdout' | 'stderr'): string => Buffer.concat(output[stream]).toString();
  let overflow = false;
  for (const stream of ['stdout', 'stderr'] as const) {
    let bytes = 0;
    child[stream]?.on('data', (chunk: Buffer) => {
      bytes += chunk.length;
      if (bytes > maxOutputBytes) {
        overflow = true;
        child.kill('SIGKILL');
      } else {
        output[stream].push(chunk);
      }
    });
  }
  // A child that does not read its input closes the pipe: its exit status tells the story.
  child.stdin?.on('error', () => undefined);
  child.stdin?.end(input);
  return new Promise((resolve, reject) => {
    child.once('error', (cause) => {
      reject(new ExecError(`cannot run ${command}: ${cause.message}`, undefined, undefined, '', '', { cause }));
    });
    child.once('close', (status, signal) => {
      const stdout = text('stdout');
      const stderr = text('stderr');
      if (status === 0) {
        resolve({ stdout, stderr });
        return;
      }
      const how = overflow
        ? `printed more than ${maxOutputBytes} bytes`
        : status === null
          ? `was ended by ${signal}`
          : `exited with status ${status}`;
      const said = stderr.trim().split('\n').slice(-3).join('; ');
      const message = `${[command, ...args].join(' ')} ${how}${said === '' ? '' : `: ${said}`}`;
      reject(new ExecError(message, status ?? undefined, signal ?? undefined, stdout, stderr));
    });
  });
}
