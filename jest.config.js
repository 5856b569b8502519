/** Tests run from the TypeScript sources, through swc to CommonJS; `#platform` is the Node side of each package. */
export default {
  testEnvironment: 'node',
  // Jest's clean-up of globals wraps them in proxies, one around another, until the stack overflows.
  testEnvironmentOptions: { globalsCleanup: 'off' },
  roots: ['<rootDir>/packages', '<rootDir>/examples', '<rootDir>/docs'],
  testMatch: ['**/test/**/*.test.ts'],
  maxWorkers: '100%',
  setupFiles: ['<rootDir>/jest.setup.js'],
  modulePathIgnorePatterns: ['/dist/'],
  transform: {
    '\\.[jt]s$': [
      '@swc/jest',
      { jsc: { parser: { syntax: 'typescript' }, target: 'es2022' }, module: { type: 'commonjs' } },
    ],
  },
  moduleNameMapper: {
    '^@tychejs/([^/]+)$': '<rootDir>/packages/$1/src/index.ts',
    '^@tychejs/([^/]+)/([^/]+)$': '<rootDir>/packages/$1/src/$2/index.ts',
    '^#platform$': '<rootDir>/packages/ppl/src/platform/node.ts',
  },
};
