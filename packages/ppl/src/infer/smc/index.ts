/** @file Sequential Monte Carlo. */
export { smc } from './smc.ts';
export type { SmcOptions } from './smcOptions.ts';
export type { SmcSamples, SmcStage } from './smcSamples.ts';
