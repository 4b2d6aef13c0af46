import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';

import { projectRoot } from '../helpers/compile';
import { useLab } from '../helpers/netns';

const program = path.join(__dirname, 'programs', 'hold.js');
const environment = { ...process.env, ETHERLOOM: path.join(projectRoot, 'dist', 'index.js') };

/** However a program ends, its TAPs go with it; what was asked to persist stays. */
describe('a program that holds devices', () => {
  const lab = useLab();
  const names = () => (lab.ip('link') as { ifname: string }[]).map((link) => link.ifname).sort();

  async function start(way: string) {
    const child = spawn(process.execPath, [program, way, lab.name], {
      env: environment,
      stdio: ['pipe', 'pipe', 'pipe'],
    });
    let output = '';
    child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
    let errors = '';
    child.stderr.on('data', (chunk: Buffer) => (errors += chunk.toString()));
    while (!output.includes('ready')) {
      if (child.exitCode !== null) throw new Error(errors);
      await Promise.race([once(child.stdout, 'data'), once(child, 'close')]);
    }
    expect(names()).toEqual(['held0', 'kept0', 'lo']);
    return {
      child,
      closed: once(child, 'close') as Promise<[number | null, NodeJS.Signals | null]>,
      output: () => output,
      errors: () => errors,
    };
  }

  afterEach(() => {
    for (const name of names().filter((each) => each !== 'lo')) lab.run('ip', 'link', 'delete', name);
  });

  it('leaves only what persists when killed', async () => {
    const { child, closed } = await start('wait');
    child.kill('SIGKILL');
    expect(await closed).toEqual([null, 'SIGKILL']);
    expect(names()).toEqual(['kept0', 'lo']);
  });

  it('leaves only what persists after process.exit()', async () => {
    const { child, closed } = await start('exit');
    child.stdin.write('go\n');
    expect(await closed).toEqual([7, null]);
    expect(names()).toEqual(['kept0', 'lo']);
  });

  it('leaves only what persists after an uncaught exception', async () => {
    const { child, closed, errors } = await start('throw');
    child.stdin.write('go\n');
    expect((await closed)[0]).toBe(1);
    expect(errors()).toContain('on purpose');
    expect(names()).toEqual(['kept0', 'lo']);
  });

  it('ends by itself once everything is closed', async () => {
    const { child, closed } = await start('close');
    child.stdin.write('go\n');
    expect(await closed).toEqual([0, null]);
    expect(names()).toEqual(['lo']);
  });

  it('survives the termination of a worker that was reading', async () => {
    const { child, closed, output, errors } = await start('worker');
    child.stdin.write('go\n');
    expect(await closed).toEqual([0, null]);
    expect(errors()).toBe('');
    expect(output()).toContain('terminated 1');
    expect(names()).toEqual(['kept0', 'lo']);
  });
});

describe('workers that are terminated at any moment', () => {
  it('take nothing down with them', () => {
    const output = execFileSync(process.execPath, [path.join(__dirname, 'programs', 'terminate.js'), '60'], {
      env: environment,
      encoding: 'utf8',
      stdio: 'pipe',
    });
    expect(output).toBe('done\n');
  });
});
