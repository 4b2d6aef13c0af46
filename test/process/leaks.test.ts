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
      env: {
        ...process.env,
        ETHERLOOM: path.join(projectRoot, 'dist', 'index.js'),
        // Pools go back to the system when they are freed, so that the resident size shows what is not freed.
        MALLOC_MMAP_THRESHOLD_: '65536',
        UV_THREADPOOL_SIZE: '16',
      },
      encoding: 'utf8',
    });
    const { before, after } = JSON.parse(output) as { before: Stand; after: Stand };
    expect(after.descriptors).toBe(before.descriptors);
    expect(after.threads).toBe(before.threads);
    // 5,000 leaks of 2 KiB would be 10 MiB; the noise of the allocator is a few.
    expect(after.rssKiB - before.rssKiB).toBeLessThan(8 * 1024);
  }, 600_000);
});
