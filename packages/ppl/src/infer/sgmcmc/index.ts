/** @file Markov chains by stochastic gradients: what `infer` shows of them. */
export { SGMCMC } from './sgmcmc.ts';
export type { SgmcmcBatches, SgmcmcData, SgmcmcOptions, SgmcmcProgress, SgmcmcSample } from './sgmcmcOptions.ts';
export type { SgmcmcChainState, SgmcmcCheckpoint } from './checkpoint.ts';
export type { SgmcmcDiagnostics } from './chainRecord.ts';
export { SGHMC } from './sghmc.ts';
export type { SghmcOptions } from './sghmc.ts';
export { SGLD } from './sgld.ts';
export type { PreconditionerOptions, SgldOptions } from './sgld.ts';
export { isSgmcmcKernel } from './sgmcmcKernel.ts';
export type { SgmcmcKernel, SgmcmcKernelOptions, SgmcmcKernelSettings } from './sgmcmcKernel.ts';
export type { Cyclical, PolynomialDecay, StepPhase, StepSchedule } from './schedule.ts';
export type { ChainGrouping } from '../mcmc/drawnChains.ts';
