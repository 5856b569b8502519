/** @file Calibration of predicted numbers: whether intervals hold what they promise. */
import { checkOptions } from '@tychejs/ppl';
import type { GaussianNumbers } from './gaussian.ts';
import type { Numbers } from './numbers.ts';
import { pitValues } from './pit.ts';

export interface IntervalOptions {
  /** Probabilities of central intervals; 0.05, 0.1, ..., 0.95 by default. */
  readonly levels?: readonly number[];
}

/** Central intervals of one probability. */
export interface IntervalCoverage {
  readonly level: number;
  /** The share of targets that lie in theirs: the level itself, up to noise, if predictions are right. */
  readonly coverage: number;
}

/** How many targets lie in the intervals predicted for them. */
export interface IntervalCalibration {
  readonly intervals: readonly IntervalCoverage[];
  /** The mean over the levels of |coverage - level|. */
  readonly calibrationError: number;
}

const WHERE = 'metrics.intervalCalibration';
const LEVELS: readonly number[] = Array.from({ length: 19 }, (_, i) => (i + 1) / 20);

/**
 * How many targets lie in the central intervals that are predicted for them (Kuleshov, Fenner and Ermon, 2018). Less than
 * promised says that predictions are too sure of themselves.
 *
 * @param predictions - `{ mean, scale }`, normal; with `df`, t distributions.
 * @param targets - of the means' shape; each number counts by itself.
 * @throws TypeError, RangeError for predictions, targets or options that do not fit.
 */
export function intervalCalibration(predictions: GaussianNumbers, targets: Numbers, options: IntervalOptions = {}): IntervalCalibration {
  checkOptions(WHERE, options, ['levels']);
  const { levels = LEVELS } = options;
  const wrong = levels.find((level) => !(level > 0 && level < 1));
  if (wrong !== undefined || levels.length === 0) throw new RangeError(`${WHERE}: levels must be between 0 and 1, got ${wrong ?? 'none'}`);
  // A target lies in the central interval of the level 2 |F(y) - 1/2|, and in all wider ones.
  const needed = pitValues(predictions, targets).map((u) => Math.abs(2 * u - 1));
  const intervals = levels.map((level) => ({ level, coverage: needed.filter((least) => least <= level).length / needed.length }));
  const calibrationError = intervals.reduce((sum, { level, coverage }) => sum + Math.abs(coverage - level), 0) / levels.length;
  return { intervals, calibrationError };
}
