import { execFileSync } from 'node:child_process';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

export const projectRoot = path.resolve(__dirname, '../..');

/** Compiles C++ sources of the project (paths from its top) into a program, with a sanitizer, and returns its path. */
export function compileNative(sources: readonly string[], sanitize: 'address,undefined' | 'thread'): string {
  const program = path.join(mkdtempSync(path.join(tmpdir(), 'etherloom-native-')), 'program');
  const flags = ['-std=c++20', '-O1', '-g', '-fno-exceptions', '-Inative', '-Wall', '-Wextra', '-Werror'];
  const sanitizer = [`-fsanitize=${sanitize}`, '-fno-sanitize-recover=all', '-fno-omit-frame-pointer'];
  execFileSync('g++', [...flags, ...sanitizer, '-o', program, ...sources, '-pthread'], {
    cwd: projectRoot,
    stdio: 'pipe',
  });
  return program;
}
