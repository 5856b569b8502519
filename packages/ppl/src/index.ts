/** @file Probabilistic programming over TensorFlow.js: the public names of `@tychejs/ppl`. */
import './backend/setup.ts';
import './compiled/register.ts';

export { ready } from './backend/ready.ts';
export type { BackendName, ReadyOptions } from './backend/ready.ts';
export { setSeed } from './random/global.ts';
export { RandomStream } from './random/stream.ts';
export type { StreamState } from './random/stream.ts';

export { deterministic, factor, param, randomStream, sample } from './primitives.ts';
export type { ParamOptions, SampleOptions } from './primitives.ts';
export { plate, plateLoop, subsample } from './plate.ts';
export type { PlateOptions } from './plate.ts';
export { getParamStore, ParamStore } from './params/store.ts';
export type { ExactParam, ExactParams } from './params/exactParams.ts';
export type { FileSource } from './params/fileSource.ts';
export { readStoreWithData, saveStoreWithData, storeWithDataToBytes, writeFolder } from './params/storeWithData.ts';
export type { StoreContent } from './params/storeFile.ts';
export type { LoadOptions, ParamSnapshot, SaveOptions, StoreState } from './params/store.ts';

// For those who write handlers and operations of their own.
export { handlerForms, optionalHandlerForms } from './handlers/forms.ts';
export type { HandlerForms, OptionalHandlerForms } from './handlers/forms.ts';
export type { SiteData } from './handlers/data.ts';
export type { LiftPrior } from './handlers/lift.ts';
export type { SiteFilter } from './handlers/siteFilter.ts';
export type { Traced } from './handlers/trace.ts';
export { whenDone } from './handlers/whenDone.ts';
export { effectful } from './runtime/effectful.ts';
export { Handler } from './runtime/handler.ts';
export type {
  DeterministicMessage,
  InferConfig,
  Message,
  OperationMessage,
  ParamMessage,
  PlateFrame,
  PlateMessage,
  SampleMessage,
  StreamMessage,
} from './runtime/message.ts';
export { SampleSite } from './runtime/site.ts';
export type { DeterministicSite, ParamSite, PlateSite, Site } from './runtime/site.ts';
export { SiteError } from './runtime/siteError.ts';
export { currentStack, withStack } from './runtime/stack.ts';
export type { Stack } from './runtime/stack.ts';
export { Trace } from './runtime/trace.ts';
export { data } from '@tychejs/jit';
export type { NestedNumbers } from '@tychejs/jit';
export { isTracing } from './backend/tracing.ts';
export { canReadSynchronously } from './distributions/parameter.ts';
export { symmetricEigen } from './infer/mcmc/symmetricEigen.ts';
export type { SymmetricEigen } from './infer/mcmc/symmetricEigen.ts';
export { breathe } from './util/breathe.ts';
export { checkOptions } from './util/options.ts';
export { DrawEngine } from './infer/draws/drawEngine.ts';
export type { DrawRequest, DrawStats, DrawTask } from './infer/draws/drawEngine.ts';
export { joinDraws } from './infer/draws/joinDraws.ts';
export type { WriteOwn } from './infer/draws/joinDraws.ts';
export { progressSink } from './util/progress.ts';
export type { Progress, ProgressSink } from './util/progress.ts';
export { setValidation } from './util/validation.ts';
export { warn } from './util/warn.ts';

export * as constraints from './constraints/index.ts';
export * as dist from './distributions/index.ts';
export * as guides from './infer/guides/index.ts';
export * as handlers from './handlers/index.ts';
export * as infer from './infer/index.ts';
export * as ops from './ops/index.ts';
export * as optim from './optim/index.ts';
export * as transforms from './transforms/index.ts';

// The types of `infer`, once more: TypeScript takes `infer` in a type for the keyword.
export type * from './infer/index.ts';
