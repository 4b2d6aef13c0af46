import { readdir, readFile } from 'node:fs/promises';

/** Processes that hold a queue of the TUN or TAP interface `name` open, as `/proc/PID/fdinfo` tells. Best effort. */
export async function findHolders(name: string): Promise<string[]> {
  const holders: string[] = [];
  for (const pid of (await readdir('/proc')).filter((entry) => /^\d+$/.test(entry))) {
    const directory = `/proc/${pid}/fdinfo`;
    const fds = await readdir(directory).catch(() => []);
    for (const fd of fds) {
      const info = await readFile(`${directory}/${fd}`, 'utf8').catch(() => '');
      if (!info.split('\n').includes(`iff:\t${name}`)) continue;
      const command = await readFile(`/proc/${pid}/comm`, 'utf8').catch(() => '?\n');
      holders.push(`process ${pid} (${command.trim()})`);
      break;
    }
  }
  return holders;
}
