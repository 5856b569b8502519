/** @file Measures of predictions and of their uncertainty: functions of tensors or arrays, which give plain numbers. */
export { areaUnderRoc } from './areaUnderRoc.ts';
export { brier } from './brier.ts';
export { expectedCalibrationError, reliabilityDiagram } from './calibration.ts';
export type { CalibrationOptions, ReliabilityBin, ReliabilityDiagram } from './calibration.ts';
export type { ClassOptions } from './classes.ts';
export { confusionMatrix } from './confusionMatrix.ts';
export type { CountNumbers } from './counts.ts';
export { continuousRankedProbabilityScore } from './crps.ts';
export { rootMeanSquaredError, sharpness } from './errors.ts';
export type { GaussianNumbers } from './gaussian.ts';
export { intervalCalibration } from './intervals.ts';
export type { IntervalCalibration, IntervalCoverage, IntervalOptions } from './intervals.ts';
export { negativeLogLikelihood } from './negativeLogLikelihood.ts';
export type { NestedNumbers, Numbers } from './numbers.ts';
export { pitHistogram, pitValues } from './pit.ts';
export type { PitHistogramOptions } from './pit.ts';
export { categoricalUncertainty, gaussianUncertainty, mutualInformation, predictiveEntropy } from './uncertainty.ts';
export type { Uncertainty } from './uncertainty.ts';
