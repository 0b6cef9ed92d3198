// Type-aware lint for all TypeScript of the house. The floors between rooms are held by .dependency-cruiser.mjs.
import tseslint from 'typescript-eslint';

/** What pure rooms may not touch: they take time and randomness as arguments and return effects as data. */
const pureRooms = {
  files: [
    'src/base/**/*.ts',
    'src/dns/**/*.ts',
    'src/geo/**/*.ts',
    'src/lua/**/*.ts',
    'src/health/**/*.ts',
    'src/steering/**/*.ts',
    'src/decide/**/*.ts',
    'src/bgp-ts/src/{wire,session,rib}/**/*.ts',
    'src/bgp-ts/src/bfd/{lateness,options,packet,poll,session,session-table,session-types,types}.ts',
    'src/bgp-ts/src/speaker/{describe,event-relay,inbox,message-counter,options,outbox,peer,statistics}.ts',
  ],
  ignores: ['**/*.test.ts', 'src/base/clock.ts'],
  rules: {
    'no-restricted-globals': [
      'error',
      ...['Date', 'performance', 'setTimeout', 'setInterval', 'setImmediate', 'queueMicrotask', 'process', 'fetch'].map(
        (name) => ({ name, message: 'pure rooms take time as an argument and return effects as data' }),
      ),
    ],
    'no-restricted-properties': ['error', { object: 'Math', property: 'random', message: 'use base/prng.ts' }],
  },
};

export default tseslint.config(
  { ignores: ['node_modules/', 'var/', '**/dist/'] },
  {
    files: ['**/*.ts'],
    extends: [tseslint.configs.strictTypeChecked, tseslint.configs.stylisticTypeChecked],
    languageOptions: { parserOptions: { project: './tsconfig.json', tsconfigRootDir: import.meta.dirname } },
    rules: {
      '@typescript-eslint/consistent-type-definitions': 'off',
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/explicit-module-boundary-types': 'error',
      '@typescript-eslint/no-floating-promises': [
        'error',
        {
          allowForKnownSafeCalls: [
            { from: 'package', package: 'node:test', name: ['test', 'it', 'describe', 'suite'] },
          ],
        },
      ],
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true, allowBoolean: true }],
      '@typescript-eslint/switch-exhaustiveness-check': ['error', { considerDefaultExhaustiveForUnions: true }],
      '@typescript-eslint/no-non-null-assertion': 'error',
      '@typescript-eslint/no-confusing-void-expression': ['error', { ignoreArrowShorthand: true }],
      '@typescript-eslint/no-unnecessary-condition': [
        'error',
        { allowConstantLoopConditions: 'only-allowed-literals' },
      ],
      eqeqeq: 'error',
    },
  },
  {
    files: ['**/*.test.ts', 'test/**/*.ts'],
    rules: {
      '@typescript-eslint/require-await': 'off',
    },
  },
  pureRooms,
);
