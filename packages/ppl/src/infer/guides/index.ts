/** @file Automatic guides. */
export { AutoDelta } from './autoDelta.ts';
export { AutoGuide } from './autoGuide.ts';
export type { AutoGuideOptions, InitLoc, SiteValues } from './autoGuide.ts';
export { AutoNormal } from './autoNormal.ts';
export type { AutoNormalOptions } from './autoNormal.ts';
export type { InitScale } from './initialScale.ts';
export type { Subsamples } from './guidePlates.ts';
export type { GuideSite } from './guideSite.ts';
