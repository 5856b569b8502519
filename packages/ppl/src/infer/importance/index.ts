/** @file Importance sampling, and what rests on it. */
export { paretoKThreshold, psis, type Psis, type PsisOptions } from './psis.ts';
