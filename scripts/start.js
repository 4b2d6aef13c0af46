'use strict';
// `npm start`: the demonstration, with all its set-up. As another user than root it goes on inside a user namespace.

const { spawn, spawnSync } = require('node:child_process');
const { accessSync, constants: modes } = require('node:fs');
const { constants } = require('node:os');
const path = require('node:path');
const { ensureBuild, ensureDependencies, ensureExamples, root } = require('./setup');

const demonstration = path.join(root, 'examples/build/start.js');

function advise(lines) {
  console.error(['npm start needs root, or a user namespace in which it can be root:', ...lines].join('\n  '));
  process.exit(1);
}

/** The command that runs the demonstration: as it is for root, else as the root of a new user namespace. */
function command() {
  const direct = [process.execPath, demonstration, ...process.argv.slice(2)];
  if (process.getuid() === 0) return direct;
  try {
    accessSync('/dev/net/tun', modes.R_OK | modes.W_OK);
  } catch (error) {
    advise([`/dev/net/tun cannot be opened (${error.code}); as root: chmod 0666 /dev/net/tun`, 'or: sudo npm start']);
  }
  const rootless = ['unshare', '--user', '--map-root-user', '--net', '--mount'];
  const attempt = spawnSync(rootless[0], [...rootless.slice(1), 'true'], { encoding: 'utf8' });
  if (attempt.status !== 0) {
    advise([
      `user namespaces are not allowed here (${(attempt.stderr ?? '').trim() || attempt.error}); as root, one of:`,
      '  sysctl kernel.unprivileged_userns_clone=1                 (Debian)',
      '  sysctl kernel.apparmor_restrict_unprivileged_userns=0     (Ubuntu)',
      '  sysctl user.max_user_namespaces=10000',
      'or: sudo npm start',
    ]);
  }
  console.log('npm start: not root; going on as the root of a user namespace');
  return [...rootless, ...direct];
}

ensureDependencies();
ensureBuild();
ensureExamples();

const [program, ...args] = command();
const child = spawn(program, args, { stdio: 'inherit' });
// The terminal sends Ctrl-C to both; the demonstration cleans up and its status is ours.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
child.on('close', (status, signal) => process.exit(status ?? 128 + constants.signals[signal]));
