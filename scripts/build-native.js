'use strict';
// Builds the addon with node-gyp. Where this Node came with its headers (distribution packages, official tarballs), they
// are used, so that building needs no download. Options: --sanitize=address|thread.

const { spawnSync } = require('node:child_process');
const { existsSync } = require('node:fs');
const path = require('node:path');

const prefix = path.resolve(process.execPath, '../..');
const args = [require.resolve('node-gyp/bin/node-gyp.js'), 'rebuild'];
if (existsSync(path.join(prefix, 'include/node/node_api.h'))) args.push(`--nodedir=${prefix}`);
for (const option of process.argv.slice(2)) {
  const match = /^--sanitize=(address|thread)$/.exec(option);
  if (!match) {
    console.error(`build-native: unknown option ${option}`);
    process.exit(2);
  }
  args.push('--', `-Dsanitize=${match[1]}`);
}
const result = spawnSync(process.execPath, args, { stdio: 'inherit', cwd: path.resolve(__dirname, '..') });
process.exit(result.status ?? 1);
