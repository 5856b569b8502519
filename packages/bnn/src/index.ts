/** @file Bayesian neural networks from TensorFlow.js ones: the public names of `@tychejs/bnn`. */
export { VariationalBNN } from './bnn.ts';
export type { VariationalBNNOptions } from './bnn.ts';
export { DropInBNN } from './dropInBnn.ts';
export type { DropInBNNOptions } from './dropInBnn.ts';
export { DeepEnsemble } from './ensemble/deepEnsemble.ts';
export type {
  DeepEnsembleOptions,
  EnsembleFitOptions,
  EnsemblePredictOptions,
  MemberContext,
  MemberEpochReport,
} from './ensemble/deepEnsemble.ts';
export { McDropoutBNN } from './dropout/mcDropoutBnn.ts';
export type { McDropoutBNNOptions } from './dropout/mcDropoutBnn.ts';
export type { EpochReport, FitOptions, FitResult } from './fit.ts';
export type { FitCheckpoint } from './fitCheckpoint.ts';
export type { Batch, Batches, DatasetLike, FitData } from './fitData.ts';
export type { ForwardOptions, FunctionNet, Layer, Net, NetInput, NetOutput, NetParameter } from './lift/net.ts';
export { linear } from './lift/operations/linear.ts';
export type { LinearOptions } from './lift/operations/linear.ts';
export type { ChannelAxes, LinearArgs, LinearFunction } from './lift/operations/operation.ts';
export { LaplaceBNN } from './laplace/laplaceBnn.ts';
export type { LaplaceFit, LaplaceFitOptions, LaplacePredictOptions } from './laplace/laplaceBnn.ts';
export type { LaplaceBNNOptions } from './laplace/laplaceOptions.ts';
export type { CovarianceStructure } from './laplace/statistics.ts';
export { McmcBNN } from './mcmcBnn.ts';
export type { KernelBuilder, KernelClass } from './kernelBuilder.ts';
export type { McmcBNNOptions, McmcPredictOptions } from './mcmcBnn.ts';
export type { FitOptionsOf, McmcFitOptions, NetKernel, NetModel, NetModelArgs, RunOf, SgmcmcFitOptions } from './mcmcFit.ts';
export type { PredictOptions } from './predictions.ts';
export type { ProbabilisticNet } from './probabilisticNet.ts';
export { report, writeReport } from './report/report.ts';
export type { PictureShape } from './report/examples.ts';
export type { ForeignData, ReportData, ReportOptions } from './report/report.ts';
export type { StepOptions } from './trainer.ts';
export type { NetDescription, WeightDescription } from './netDescription.ts';
export type { WeightSummary } from './weightSummary.ts';

export * as guides from './guides/index.ts';
export * as handlers from './handlers/index.ts';
export * as likelihoods from './likelihoods/index.ts';
export * as metrics from './metrics/index.ts';
export * as priors from './priors/index.ts';
