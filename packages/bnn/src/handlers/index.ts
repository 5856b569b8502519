/** @file Effect handlers for networks; each in both forms. */
export { flipout, FlipoutHandler } from './flipout.ts';
export { localReparameterization, LocalReparameterizationHandler } from './localReparameterization.ts';
export type { FeedforwardOperation, OperationName, OperationOptions, RecurrentOperation } from './operationFilter.ts';
export { OutputHandler } from './outputHandler.ts';
export { SelectiveHandler, selectiveMask, selectiveScale } from './selective.ts';
export type { SelectiveMaskOptions, SelectiveScaleOptions } from './selective.ts';
export type { SelectableSite, SelectableType, SiteSelection } from './siteSelection.ts';
