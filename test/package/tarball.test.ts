import { execFileSync } from 'node:child_process';
import { cpSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { projectRoot } from '../helpers/compile';

/** What a user does: installs the packed tarball into an empty folder, without a network, without scripts, without a compiler. */
describe('the packed tarball', () => {
  const work = mkdtempSync(path.join(tmpdir(), 'etherloom-package-'));
  const source = path.join(work, 'source');
  const app = path.join(work, 'app');
  const run = (cwd: string, command: string, args: readonly string[], env: NodeJS.ProcessEnv = process.env): string =>
    execFileSync(command, args, { cwd, env, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
  const node = (script: string, ...flags: string[]): string =>
    run(app, process.execPath, [...flags, '-e', script]).trim();

  beforeAll(() => {
    // A copy, because prebuildify empties build/ while other tests use it.
    const skip = new Set(
      ['node_modules', 'build', 'dist', '.git', 'coverage'].map((name) => path.join(projectRoot, name)),
    );
    cpSync(projectRoot, source, { recursive: true, filter: (from) => !skip.has(from) });
    symlinkSync(path.join(projectRoot, 'node_modules'), path.join(source, 'node_modules'));
    run(source, 'npm', ['run', 'prebuild']);
    run(source, 'npm', ['run', 'build:ts']);
    run(source, 'npm', ['pack', '--ignore-scripts', '--pack-destination', work]);

    // The dependencies as files too: nothing is asked of a registry.
    for (const dependency of ['bindings', 'file-uri-to-path', 'node-addon-api']) {
      run(path.join(projectRoot, 'node_modules', dependency), 'npm', [
        'pack',
        '--ignore-scripts',
        '--pack-destination',
        work,
      ]);
    }
    const tarballs = readdirSync(work).filter((name) => name.endsWith('.tgz'));
    expect(tarballs).toHaveLength(4);
    run(work, 'mkdir', ['app']);
    writeFileSync(path.join(app, 'package.json'), JSON.stringify({ name: 'app', version: '1.0.0' }));
    // No compiler can be reached through this PATH, which holds node and npm alone.
    const bin = path.join(work, 'bin');
    run(work, 'mkdir', ['bin']);
    for (const program of ['node', 'npm', 'sh', 'env']) {
      symlinkSync(run(work, 'which', [program]).trim(), path.join(bin, program));
    }
    const files = tarballs.map((name) => path.join(work, name));
    run(app, 'npm', ['install', '--offline', '--ignore-scripts', '--no-audit', '--no-fund', ...files], {
      ...process.env,
      PATH: bin,
    });
  }, 300_000);

  afterAll(() => rmSync(work, { recursive: true, force: true }));

  it('holds the addon and the launcher, and no build tree', () => {
    const files = run(app, 'find', ['node_modules/etherloom', '-type', 'f']).split('\n');
    expect(files).toEqual(
      expect.arrayContaining([
        expect.stringMatching(/prebuilds\/linux-\w+\/etherloom\.(glibc|musl)\.node$/),
        expect.stringMatching(/prebuilds\/linux-\w+\/netns-exec\.(glibc|musl)$/),
        'node_modules/etherloom/dist/index.mjs',
        'node_modules/etherloom/LICENSE',
      ]),
    );
    expect(files.filter((file) => /\/(build|test|bench|\.ci)\//.test(file))).toEqual([]);
  });

  const open = `(async () => {
    const host = await Host.open({ netns: { unnamed: true } });
    const tap = await host.openTap({ name: 'packed0', offloads: 'all' });
    console.log(tap.name, (await host.links.list()).map((link) => link.name).join());
    const child = await host.exec('sh', ['-c', 'echo in the namespace']);
    console.log(child.stdout.trim());
    await tap.close();
    await host.close();
  })()`;
  const opened = 'packed0 lo,packed0\nin the namespace';

  it('is imported, and opens a TAP', () => {
    expect(node(`import { Host } from 'etherloom'; await ${open}`, '--input-type=module')).toBe(opened);
  });

  it('is required, and opens a TAP', () => {
    expect(node(`const { Host } = require('etherloom'); ${open}`)).toBe(opened);
  });

  it('is one library, however it is loaded', () => {
    const script = `
      import * as imported from 'etherloom';
      import { createRequire } from 'node:module';
      const required = createRequire(process.cwd() + '/x.js')('etherloom');
      console.log(imported.Host === required.Host, imported.NetError === required.NetError);
      const missing = Object.keys(required).filter((name) => !(name in imported));
      console.log(missing.join());`;
    expect(node(script, '--input-type=module')).toBe('true true');
  });

  it('is imported on a platform it does not support, and says at the first call what is missing', () => {
    const script = `
      Object.defineProperty(process, 'platform', { value: 'darwin' });
      import('etherloom').then(async ({ Host, formatMac, AddonError }) => {
        console.log(formatMac(Uint8Array.of(82, 84, 0, 1, 2, 3)));
        await Host.open().catch((error) => console.log(error instanceof AddonError, error.code, error.message));
      });`;
    expect(node(script)).toMatch(
      /^52:54:00:01:02:03\ntrue ERR_ETHERLOOM_ADDON etherloom drives the Linux kernel's .*darwin/,
    );
  });

  it('says how to build the addon where there is none for the machine', () => {
    const script = `
      Object.defineProperty(process, 'arch', { value: 's390x' });
      import('etherloom').then(({ Host }) => Host.open().catch((error) => console.log(error.message)));`;
    expect(node(script)).toMatch(/no compiled addon for linux-s390x .* npm run build:native/);
  });

  it('has types that resolve for every kind of consumer', () => {
    const [tarball] = readdirSync(work).filter((name) => name.startsWith('etherloom-'));
    const output = run(projectRoot, process.execPath, [
      'node_modules/@arethetypeswrong/cli/dist/index.js',
      path.join(work, tarball!),
      '--ignore-rules',
      'no-resolution',
      '--format',
      'ascii',
      '--no-emoji',
    ]);
    expect(output).toContain('No problems found');
  });
});
