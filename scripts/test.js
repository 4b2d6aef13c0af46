'use strict';
// `npm test`: sets up what is missing, builds, checks types, and runs every tier. Arguments go to Jest.
// Writes coverage/results.json: what .ci/run adds up.

const { mkdirSync, readFileSync, rmSync, writeFileSync } = require('node:fs');
const path = require('node:path');
const { ensureBuild, ensureDependencies, ensureExamples, ensurePrograms, root, run } = require('./setup');

const skips = require('../test/skips.json');

ensurePrograms('build', 'test');
ensureDependencies();
ensureBuild();
ensureExamples();
if (process.getuid() !== 0) {
  console.error(
    'npm test: the tests make network namespaces and devices: run them as root, or inside a user namespace:',
  );
  console.error('  unshare --user --map-root-user --mount --net npm test');
  process.exit(1);
}

const args = process.argv.slice(2);
const report = path.join(root, 'coverage', 'jest.json');
mkdirSync(path.dirname(report), { recursive: true });
rmSync(report, { force: true });

const typed = run(process.execPath, ['node_modules/typescript/bin/tsc', '-p', 'test/tsconfig.json']);
console.log(`types: ${typed ? 'passed' : 'failed'}`);
const ran = run(process.execPath, ['node_modules/jest/bin/jest.js', '--json', `--outputFile=${report}`, ...args]);

const { numPassedTests, numFailedTests, numRuntimeErrorTestSuites, testResults } = JSON.parse(
  readFileSync(report, 'utf8'),
);
const skipped = testResults
  .flatMap((file) => file.assertionResults)
  .filter((test) => test.status !== 'passed' && test.status !== 'failed');
// Each skip needs its reason in test/skips.json; a filter given by hand skips what it leaves out.
const unexplained = args.length > 0 ? [] : skipped.filter((test) => !Object.hasOwn(skips, test.fullName));
for (const test of unexplained) console.error(`skipped without a reason in test/skips.json: ${test.fullName}`);

const passed = numPassedTests + (typed ? 1 : 0);
const failed = numFailedTests + numRuntimeErrorTestSuites + (typed ? 0 : 1) + unexplained.length;
writeFileSync(path.join(root, 'coverage', 'results.json'), JSON.stringify({ passed, failed, skipped: skipped.length }));
console.log(`${passed} passed, ${failed} failed, ${skipped.length} skipped`);
process.exit(ran && failed === 0 && passed > 1 ? 0 : 1);
