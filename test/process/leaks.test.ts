import { execFileSync } from 'node:child_process';
import path from 'node:path';

import { projectRoot } from '../helpers/compile';

interface Stand {
  descriptors: number;
  threads: number;
  rssKiB: number;
}

describe('10,000 TAPs opened, waited on and closed', () => {
  it('leak no descriptor, no thread and no memory', () => {
    const program = path.join(__dirname, 'programs', 'leaks.js');
    const output = execFileSync(process.execPath, ['--expose-gc', program, '10000'], {
      env: { ...process.env, ETHERLOOM: path.join(projectRoot, 'dist', 'index.js') },
      encoding: 'utf8',
    });
    const { before, after } = JSON.parse(output) as { before: Stand; after: Stand };
    expect(after.descriptors).toBe(before.descriptors);
    expect(after.threads).toBe(before.threads);
    // 10,000 leaks of even 1 KiB would be 10 MiB; the collector's own noise is a few.
    expect(after.rssKiB - before.rssKiB).toBeLessThan(8 * 1024);
  }, 600_000);
});
