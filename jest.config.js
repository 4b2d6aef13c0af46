'use strict';

const shared = {
  testEnvironment: 'node',
  transform: { '^.+\\.ts$': ['ts-jest', { tsconfig: 'test/tsconfig.json' }] },
  setupFilesAfterEnv: ['<rootDir>/test/helpers/jest-setup.ts'],
};
const tiers = ['unit', 'fuzz', 'native', 'netns', 'process', 'package'];

/** One project per tier: `npx jest --selectProjects netns`. */
module.exports = {
  testTimeout: 60_000,
  projects: tiers.map((tier) => ({ ...shared, displayName: tier, testMatch: [`<rootDir>/test/${tier}/**/*.test.ts`] })),
};
