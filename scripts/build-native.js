'use strict';
// Builds the addon with node-gyp. Where this Node came with its headers (distribution packages, official tarballs), they
// are used, so that building needs no download. Options: --sanitize=address|thread.

const { spawnSync } = require('node:child_process');
const { existsSync } = require('node:fs');
const path = require('node:path');

const prefix = path.resolve(process.execPath, '../..');
/** The development dependency, or the copy that npm brings along, where etherloom is itself a dependency. */
function nodeGyp() {
  try {
    return require.resolve('node-gyp/bin/node-gyp.js');
  } catch {
    const own = process.env.npm_config_node_gyp;
    if (own) return own;
    console.error('build-native: node-gyp is missing: run this through npm (`npm run build:native`)');
    process.exit(1);
  }
}

const args = [nodeGyp(), 'rebuild'];
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
