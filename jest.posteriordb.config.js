/** Posteriors with reference draws, sampled: `npm run test:posteriordb`. SEED=2 takes other draws. */
import base from './jest.config.js';

export default {
  ...base,
  roots: ['<rootDir>/packages/ppl/test/posteriordb'],
  testMatch: ['**/*.posterior.ts'],
};
