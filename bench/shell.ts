import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

/** Programs compiled from bench/c. */
export const program = (name: string): string => path.join(__dirname, 'c', name);
/** A compiled program of bench/programs. */
export const script = (name: string): string => path.join(__dirname, 'programs', `${name}.js`);

export function run(command: string, ...args: string[]): string {
  return execFileSync(command, args, { encoding: 'utf8', maxBuffer: 1 << 28, stdio: ['ignore', 'pipe', 'pipe'] });
}

export function runIn(netns: string, command: string, ...args: string[]): string {
  return run('ip', 'netns', 'exec', netns, command, ...args);
}

const children = new Set<ChildProcess>();

/** A program in the background, until {@link stop}. */
export interface Background {
  readonly child: ChildProcess;
  stop(): Promise<void>;
}

/** Starts a program and waits until it prints `ready` (any output when that is undefined, nothing when it is ''). */
export async function start(command: string, args: readonly string[], ready: string): Promise<Background> {
  // Standard input stays open: vde_switch ends with it.
  const child = spawn(command, args, { stdio: ['pipe', 'pipe', 'pipe'] });
  children.add(child);
  let output = '';
  let errors = '';
  child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (errors += chunk.toString()));
  const closed = once(child, 'close').then(() => children.delete(child));
  for (let waited = 0; ready !== '' && !output.includes(ready); waited += 10) {
    if (child.exitCode !== null) throw new Error(`${command} ${args.join(' ')} ended: ${errors}${output}`);
    if (waited > 10_000) throw new Error(`${command} ${args.join(' ')} did not get ready: ${errors}${output}`);
    await sleep(10);
  }
  return {
    child,
    stop: async () => {
      child.kill('SIGTERM');
      const patience = setTimeout(() => child.kill('SIGKILL'), 2000);
      await closed;
      clearTimeout(patience);
    },
  };
}

/** Ends whatever still runs in the background: for the way out. */
export function killAll(): void {
  for (const child of children) child.kill('SIGKILL');
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}
