/** What joins two TAPs in the row `js`: forward NETNS_A NETNS_B on|off */
import { Host, type Tap } from 'etherloom';

const [a = '', b = '', offloads] = process.argv.slice(2);

async function open(netns: string): Promise<Tap> {
  const host = await Host.open({ netns });
  return host.openTap({ name: 'eth0', offloads: offloads === 'on' ? 'all' : 'none' });
}

async function forward(from: Tap, to: Tap): Promise<void> {
  for await (const batch of from.frames()) to.write(batch);
}

void (async () => {
  const [first, second] = [await open(a), await open(b)];
  console.log('ready');
  await Promise.all([forward(first, second), forward(second, first)]);
})();
