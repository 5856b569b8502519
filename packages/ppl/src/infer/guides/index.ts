/** @file Automatic guides. */
export { AutoContinuous } from './autoContinuous.ts';
export type { AutoContinuousOptions } from './autoContinuous.ts';
export { AutoDelta } from './autoDelta.ts';
export { AutoDiagonalNormal } from './autoDiagonalNormal.ts';
export { AutoGuide } from './autoGuide.ts';
export type { AutoGuideOptions, InitLoc, SiteValues } from './autoGuide.ts';
export { AutoLowRankMultivariateNormal } from './autoLowRankMultivariateNormal.ts';
export type { AutoLowRankMultivariateNormalOptions } from './autoLowRankMultivariateNormal.ts';
export { AutoMultivariateNormal } from './autoMultivariateNormal.ts';
export { AutoNormal } from './autoNormal.ts';
export type { AutoNormalOptions } from './autoNormal.ts';
export type { Subsamples } from './guidePlates.ts';
export type { GuideSite } from './guideSite.ts';
export type { InitScale } from './initialScale.ts';
