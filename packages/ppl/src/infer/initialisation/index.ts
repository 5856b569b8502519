/** @file Where inference begins. */
export type { InitSite, SiteInit } from './siteInit.ts';
export {
  initToConstant,
  initToFeasible,
  initToGenerated,
  initToMean,
  initToMedian,
  initToSample,
  initToUniform,
  initToValue,
} from './strategies.ts';
