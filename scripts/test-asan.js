'use strict';
// `npm run test:asan`: the tests of the real kernel with the addon built for AddressSanitizer and UBSan, in a copy of the tree, so
// that the ordinary build stays. Arguments go to Jest.

const { execFileSync } = require('node:child_process');
const { cpSync, mkdtempSync, rmSync, symlinkSync } = require('node:fs');
const { tmpdir } = require('node:os');
const path = require('node:path');
const { ensureDependencies, ensurePrograms, root, run } = require('./setup');

ensurePrograms('build', 'test');
ensureDependencies();

const copy = mkdtempSync(path.join(tmpdir(), 'etherloom-asan-'));
process.on('exit', () => rmSync(copy, { recursive: true, force: true }));
const skip = new Set(['node_modules', 'build', 'dist', '.git', 'coverage'].map((name) => path.join(root, name)));
cpSync(root, copy, { recursive: true, filter: (from) => !skip.has(from) });
symlinkSync(path.join(root, 'node_modules'), path.join(copy, 'node_modules'));
if (!run(process.execPath, ['scripts/build-native.js', '--sanitize=address'], { cwd: copy })) process.exit(1);

const library = execFileSync('gcc', ['-print-file-name=libasan.so'], { encoding: 'utf8' }).trim();
const env = {
  ...process.env,
  LD_PRELOAD: library,
  // Node itself frees little at its end; leaks of native handles are counted by the tests instead.
  ASAN_OPTIONS: 'detect_leaks=0:halt_on_error=1',
  UBSAN_OPTIONS: 'halt_on_error=1:print_stacktrace=1',
};
// Jest's own file, not .bin/jest, and one process: what is preloaded must be what runs the tests.
const jest = ['node_modules/jest/bin/jest.js', '--runInBand', '--selectProjects', 'netns', ...process.argv.slice(2)];
process.exit(run(process.execPath, jest, { cwd: copy, env }) ? 0 : 1);
