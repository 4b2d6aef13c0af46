'use strict';
// Tries one thing and prints the error that comes of it: attempt.js link|tap|netns
const { Host } = require(process.env.ETHERLOOM);

const attempts = {
  link: (host) => host.links.add({ kind: 'bridge', name: 'br0' }),
  tap: (host) => host.openTap({ name: 'tap0' }),
  netns: () => Host.open({ netns: { unnamed: true } }),
};

(async () => {
  const host = await Host.open();
  const error = await attempts[process.argv[2]](host).then(
    () => new Error('it worked'),
    (reason) => reason,
  );
  console.log(JSON.stringify({ name: error.name, code: error.code, syscall: error.syscall, message: error.message }));
  await host.close();
})();
