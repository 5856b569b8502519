/** @file Measures of predictions and of their uncertainty: functions of tensors or arrays, which give plain numbers. */
export { areaUnderRoc } from './areaUnderRoc.ts';
export { brier } from './brier.ts';
export { expectedCalibrationError, reliabilityDiagram } from './calibration.ts';
export type { CalibrationOptions, ReliabilityBin, ReliabilityDiagram } from './calibration.ts';
export type { ClassOptions } from './classes.ts';
export type { GaussianNumbers } from './gaussian.ts';
export { negativeLogLikelihood } from './negativeLogLikelihood.ts';
export type { NestedNumbers, Numbers } from './numbers.ts';
export { categoricalUncertainty, gaussianUncertainty, mutualInformation, predictiveEntropy } from './uncertainty.ts';
export type { Uncertainty } from './uncertainty.ts';
