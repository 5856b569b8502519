/** @file Where inference begins. */
export type { InitSite, SiteInit } from './siteInit.ts';
export {
  initToConstant,
  initToFeasible,
  initToMean,
  initToMedian,
  initToSample,
  initToUniform,
  initToValue,
} from './strategies.ts';
