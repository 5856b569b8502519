/** @file Calibration: whether what is predicted with confidence p is right in a share p of all cases. */
import { checkOptions } from '@tychejs/ppl';
import type { ClassOptions, ClassPredictions } from './classes.ts';
import { CLASS_KEYS, readClasses, readLabels } from './classes.ts';
import type { Numbers } from './numbers.ts';

export interface CalibrationOptions extends ClassOptions {
  /** Number of bins of equal width over (0, 1]; 15 by default. */
  readonly bins?: number;
}

/** The data whose likeliest class has a probability in (lower, upper]. */
export interface ReliabilityBin {
  readonly lower: number;
  readonly upper: number;
  readonly count: number;
  /** The mean of those probabilities; NaN in an empty bin. */
  readonly confidence: number;
  /** The share of the data whose likeliest class is the right one; NaN in an empty bin. */
  readonly accuracy: number;
}

export interface ReliabilityDiagram {
  readonly bins: readonly ReliabilityBin[];
  /** Σ count / n · |accuracy - confidence|. */
  readonly expectedCalibrationError: number;
  /** The largest |accuracy - confidence| of a bin. */
  readonly maximumCalibrationError: number;
  /** Over all data. */
  readonly accuracy: number;
  /** Over all data. */
  readonly confidence: number;
}

/**
 * What a reliability diagram shows: accuracy against confidence in the likeliest class, in bins of confidence (Guo et al.,
 * 2017, eq. 1-5). With well calibrated predictions the two are equal, up to the noise of `count` draws.
 *
 * @param predictions - probabilities (or logits) of shape `[..., classes]`, or of yes: `[n]` or `[..., 1]`.
 * @param labels - classes 0, 1, ..., of the shape of the data.
 * @throws TypeError, RangeError for predictions, labels or options that do not fit.
 */
export function reliabilityDiagram(predictions: Numbers, labels: Numbers, options: CalibrationOptions = {}): ReliabilityDiagram {
  return diagram('metrics.reliabilityDiagram', predictions, labels, options);
}

/**
 * The expected calibration error: |accuracy - confidence| on average over the data, by bins of confidence (Guo et al.,
 * 2017, eq. 3). Takes what {@link reliabilityDiagram} takes. It is biased upwards by noise where bins hold few data.
 */
export function expectedCalibrationError(predictions: Numbers, labels: Numbers, options: CalibrationOptions = {}): number {
  return diagram('metrics.expectedCalibrationError', predictions, labels, options).expectedCalibrationError;
}

function diagram(where: string, predictions: Numbers, labels: Numbers, options: CalibrationOptions): ReliabilityDiagram {
  checkOptions(where, options, [...CLASS_KEYS, 'bins']);
  const { bins: number = 15, logits = false } = options;
  if (!Number.isInteger(number) || number < 1) throw new RangeError(`${where}: bins must be a positive integer, got ${number}`);
  const read = readClasses(where, predictions, logits);
  const truth = readLabels(where, labels, read);
  const sums = Array.from({ length: number }, () => ({ count: 0, confidence: 0, right: 0 }));
  for (let row = 0; row < read.rows; row++) {
    const { label, confidence } = likeliest(read, row);
    const sum = sums[binOf(confidence, number)];
    if (sum === undefined) continue;
    sum.count++;
    sum.confidence += confidence;
    if (label === truth[row]) sum.right++;
  }
  const total = (key: 'confidence' | 'right'): number => sums.reduce((a, sum) => a + sum[key], 0) / read.rows;
  const gaps = sums.map(({ count, confidence, right }) => (count === 0 ? 0 : Math.abs(right - confidence) / count));
  return {
    bins: sums.map(({ count, confidence, right }, i) => ({
      lower: i / number,
      upper: (i + 1) / number,
      count,
      confidence: confidence / count,
      accuracy: right / count,
    })),
    expectedCalibrationError: gaps.reduce((a, gap, i) => a + (gap * (sums[i]?.count ?? 0)) / read.rows, 0),
    maximumCalibrationError: Math.max(...gaps),
    accuracy: total('right'),
    confidence: total('confidence'),
  };
}

/** The likeliest class of a datum; of several, the first. */
function likeliest({ probs, classes }: ClassPredictions, row: number): { readonly label: number; readonly confidence: number } {
  let [label, confidence] = [0, -Infinity];
  for (let k = 0; k < classes; k++) {
    const p = probs[row * classes + k] ?? Number.NaN;
    if (p > confidence) [label, confidence] = [k, p];
  }
  return { label, confidence };
}

/** Compares in float32, so that 0.8 is on its bin's upper edge as a number and as an element of a tensor. */
function binOf(confidence: number, bins: number): number {
  const rounded = Math.fround(confidence);
  let bin = Math.min(bins - 1, Math.max(0, Math.floor(confidence * bins)));
  while (bin > 0 && rounded <= Math.fround(bin / bins)) bin--;
  while (bin < bins - 1 && rounded > Math.fround((bin + 1) / bins)) bin++;
  return bin;
}
