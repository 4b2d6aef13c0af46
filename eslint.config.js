'use strict';

const eslint = require('@eslint/js');
const tseslint = require('typescript-eslint');

/** Folders of lib/ from the bottom up: each may import those before it, through their index only. */
const layers = ['packet', 'capture', 'rtnl', 'host', 'tap', 'api'];

const boundaries = layers.map((layer, level) => ({
  files: [`lib/${layer}/**/*.ts`],
  rules: {
    'no-restricted-imports': [
      'error',
      {
        patterns: [
          { group: ['../*/*'], message: 'Import another folder through its index.' },
          ...layers.slice(level + 1).map((upper) => ({
            group: [`../${upper}`, `../${upper}/*`],
            message: `lib/${layer} is below lib/${upper}.`,
          })),
        ],
      },
    ],
  },
}));

module.exports = tseslint.config(
  { ignores: ['build/', 'dist/', 'docs/api/', 'bench/build/', 'node_modules/'] },
  eslint.configs.recommended,
  {
    files: ['**/*.ts', '**/*.mts'],
    extends: [tseslint.configs.recommendedTypeChecked],
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: __dirname } },
    rules: {
      '@typescript-eslint/explicit-module-boundary-types': 'error',
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_' }],
      // `interface Link extends Infer<...> {}` gives a type its name.
      '@typescript-eslint/no-empty-object-type': ['error', { allowInterfaces: 'with-single-extends' }],
      // An AbortSignal's reason is whatever its owner chose.
      '@typescript-eslint/prefer-promise-reject-errors': 'off',
      '@typescript-eslint/require-await': 'off',
      '@typescript-eslint/restrict-template-expressions': 'off',
    },
  },
  {
    files: ['test/**/*.ts', 'bench/**/*.ts', 'examples/**/*.ts'],
    rules: {
      '@typescript-eslint/explicit-module-boundary-types': 'off',
      // Jest's matchers are typed `any`.
      '@typescript-eslint/no-unsafe-argument': 'off',
    },
  },
  {
    files: ['**/*.js'],
    languageOptions: { sourceType: 'commonjs', globals: { ...require('globals').node } },
  },
  ...boundaries,
);
