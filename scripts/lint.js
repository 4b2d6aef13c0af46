'use strict';
// `npm run lint`: every linter, all of them even when one fails. `--fix` writes what can be mended.

const { readdirSync } = require('node:fs');
const path = require('node:path');
const { ensureBuild, ensureDependencies, ensurePrograms, root, run } = require('./setup');

ensurePrograms('lint');
ensureDependencies();
// Examples import the package by its name: their types are those of dist/.
ensureBuild();

const fix = process.argv.includes('--fix');
const sources = ['native', 'test', 'bench'].flatMap((folder) =>
  readdirSync(path.join(root, folder), { recursive: true })
    .filter((file) => /\.(cc|h|c)$/.test(file) && !file.includes('build/'))
    .map((file) => path.join(folder, file)),
);
const linters = [
  [
    'eslint',
    process.execPath,
    ['node_modules/eslint/bin/eslint.js', '--max-warnings=0', ...(fix ? ['--fix'] : []), '.'],
  ],
  [
    'prettier',
    process.execPath,
    ['node_modules/prettier/bin/prettier.cjs', fix ? '--write' : '--check', '--log-level=warn', '.'],
  ],
  ['clang-format', 'clang-format', [...(fix ? ['-i'] : ['--dry-run', '-Werror']), ...sources]],
];

const failures = linters.filter(([name, command, args]) => {
  const passed = run(command, args);
  console.log(`${name}: ${passed ? 'passed' : 'failed'}`);
  return !passed;
});
process.exit(failures.length);
