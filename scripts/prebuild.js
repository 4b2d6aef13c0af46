'use strict';
// Makes prebuilds/PLATFORM/ for the npm tarball: the addon and the program netns-exec, each with the C library in its name.

const { chmodSync, copyFileSync, existsSync, readdirSync, rmSync } = require('node:fs');
const path = require('node:path');
const { ensureDependencies, ensurePrograms, root, run } = require('./setup');

ensurePrograms('build');
ensureDependencies();
const target = path.join(root, 'prebuilds', `${process.platform}-${process.arch}`);
rmSync(target, { recursive: true, force: true });

const prefix = path.resolve(process.execPath, '../..');
const headers = existsSync(path.join(prefix, 'include/node/node_api.h')) ? { npm_config_nodedir: prefix } : {};
// prebuildify empties build/ and moves the addon out of it.
const args = ['node_modules/prebuildify/bin.js', '--napi', '--strip', '--tag-libc', '-t', process.versions.node];
if (!run(process.execPath, args, { env: { ...process.env, ...headers } })) process.exit(1);

const libc = existsSync('/etc/alpine-release') ? 'musl' : 'glibc';
const launcher = path.join(target, `netns-exec.${libc}`);
copyFileSync(path.join(root, 'build/Release/netns-exec'), launcher);
chmodSync(launcher, 0o755);
if (!run('strip', [launcher])) process.exit(1);
if (!existsSync(path.join(target, `etherloom.${libc}.node`))) {
  console.error(`prebuild: prebuildify made ${readdirSync(target).join(', ')}, not etherloom.${libc}.node`);
  process.exit(1);
}
console.log(`prebuilds/${path.basename(target)}: ${readdirSync(target).join(', ')}`);
