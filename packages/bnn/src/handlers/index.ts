/** @file Effect handlers for networks; each in both forms. */
export { localReparameterization, LocalReparameterizationHandler } from './localReparameterization.ts';
export type { OperationName, OperationOptions } from './operationFilter.ts';
