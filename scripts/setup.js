'use strict';
// What the scripts need of the machine: found, installed where that is possible (root on Debian), or named exactly.

const { spawnSync } = require('node:child_process');
const { accessSync, constants, existsSync, readdirSync, readFileSync, rmSync, statSync } = require('node:fs');
const path = require('node:path');

const root = path.resolve(__dirname, '..');

/** Programs and files, each with the Debian package that brings it. */
const needs = {
  build: [
    ['g++', 'g++'],
    ['make', 'make'],
    ['python3', 'python3'],
  ],
  test: [
    ['ip', 'iproute2'],
    ['tc', 'iproute2'],
    ['ethtool', 'ethtool'],
    ['tshark', 'tshark'],
    ['editcap', 'wireshark-common'],
    ['capinfos', 'wireshark-common'],
    ['mergecap', 'wireshark-common'],
    ['tcpdump', 'tcpdump'],
    ['strace', 'strace'],
    ['setpriv', 'util-linux'],
    ['unshare', 'util-linux'],
  ],
  lint: [['clang-format', 'clang-format']],
};

function onPath(program) {
  const folders = [...(process.env.PATH ?? '').split(':'), '/usr/sbin', '/sbin'];
  return folders.some((folder) => {
    try {
      accessSync(path.join(folder, program), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}

function run(command, args, options = {}) {
  const result = spawnSync(command, args, { stdio: 'inherit', cwd: root, ...options });
  if (result.error) throw result.error;
  return result.status === 0;
}

/** Makes sure that the programs of these groups are there. Exits with a message that says what is missing when not. */
function ensurePrograms(...groups) {
  const missing = groups.flatMap((group) => needs[group]).filter(([program]) => !onPath(program));
  if (missing.length === 0) return;
  const packages = [...new Set(missing.map(([, name]) => name))];
  const list = missing.map(([program]) => program).join(', ');
  if (process.getuid?.() === 0 && onPath('apt-get')) {
    console.log(`setup: installing ${packages.join(' ')} (for ${list})`);
    const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
    const install = () => run('apt-get', ['install', '-y', '-qq', '--no-install-recommends', ...packages], { env });
    if (install() || (run('apt-get', ['update', '-qq'], { env }) && install())) return;
    console.error(`setup: apt-get could not install ${packages.join(' ')}`);
  } else {
    console.error(`setup: missing ${list}. On Debian or Ubuntu: sudo apt-get install ${packages.join(' ')}`);
  }
  process.exit(1);
}

function newest(folder, extensions) {
  let time = 0;
  for (const entry of readdirSync(path.join(root, folder), { withFileTypes: true })) {
    const name = path.join(folder, entry.name);
    if (entry.isDirectory()) time = Math.max(time, newest(name, extensions));
    else if (extensions.some((ending) => name.endsWith(ending)))
      time = Math.max(time, statSync(path.join(root, name)).mtimeMs);
  }
  return time;
}

function modified(file) {
  const name = path.join(root, file);
  return existsSync(name) ? statSync(name).mtimeMs : 0;
}

/** The npm packages, as the lock file has them. */
function ensureDependencies() {
  const installed = modified('node_modules/.package-lock.json');
  if (installed > 0 && sameLock()) return;
  console.log('setup: installing npm packages');
  // Not `npm ci`: it insists on optional packages for other platforms, which a registry need not have. The lock file is
  // followed all the same. No package's install script is wanted: the addon is built by ensureBuild.
  if (!run('npm', ['install', '--no-save', '--ignore-scripts', '--no-audit', '--no-fund'])) process.exit(1);
}

function sameLock() {
  const read = (file) => JSON.parse(readFileSync(path.join(root, file), 'utf8')).packages;
  const wanted = read('package-lock.json');
  const present = read('node_modules/.package-lock.json');
  return Object.entries(wanted).every(
    ([name, { version, optional, os }]) => name === '' || optional || os || present[name]?.version === version,
  );
}

/** The addon and the compiled TypeScript, made anew where a source is younger. */
function ensureBuild() {
  const native = Math.max(newest('native', ['.cc', '.h']), modified('binding.gyp'));
  if (modified('build/Release/etherloom.node') < native || modified('build/Release/netns-exec') < native) {
    ensurePrograms('build');
    console.log('setup: building the addon');
    if (!run(process.execPath, ['scripts/build-native.js'])) process.exit(1);
  }
  ensureCompiled('lib', 'tsconfig.json', 'dist/index.js');
}

/** What npm start runs; needs the build. */
function ensureExamples() {
  ensureCompiled('examples', 'examples/tsconfig.json', 'examples/build/start.js');
}

function ensureCompiled(folder, project, output) {
  const sources = Math.max(newest(folder, ['.ts', '.mts']), modified(project), modified('tsconfig.json'));
  if (modified(output) >= sources) return;
  console.log(`setup: compiling ${folder}`);
  // An output that does not change keeps its time: without the old one the next run would compile again.
  rmSync(path.join(root, output), { force: true });
  if (!run(process.execPath, ['node_modules/typescript/bin/tsc', '-p', project])) process.exit(1);
}

module.exports = { ensureBuild, ensureDependencies, ensureExamples, ensurePrograms, onPath, root, run };
