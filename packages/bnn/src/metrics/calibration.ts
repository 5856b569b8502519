/** @file Calibration: whether what is predicted with confidence p is right in a share p of all cases. */
import { checkOptions } from '@tychejs/ppl';
import type { ClassOptions, ClassPredictions } from './classes.ts';
import { CLASS_KEYS, likeliest, readClasses, readLabels } from './classes.ts';
import type { Numbers } from './numbers.ts';

export interface CalibrationOptions extends ClassOptions {
  /** Number of bins over (0, 1]; 15 by default. */
  readonly bins?: number;
  /**
   * `'width'`, the default: bins of equal width. `'count'`: of equal numbers of data, as near as may be (Nixon et al., 2019), so that none is
   * empty where others hold nearly all; data of the same confidence stay together.
   */
  readonly binning?: 'width' | 'count';
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

/** How confidence and accuracy go together. */
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
  checkOptions(where, options, [...CLASS_KEYS, 'bins', 'binning']);
  const { bins: number = 15, binning = 'width', logits = false } = options;
  if (!Number.isInteger(number) || number < 1) throw new RangeError(`${where}: bins must be a positive integer, got ${number}`);
  if (binning !== 'width' && binning !== 'count') throw new TypeError(`${where}: binning must be 'width' or 'count', got ${String(binning)}`);
  const read = readClasses(where, predictions, logits);
  const truth = readLabels(where, labels, read);
  const edges = binning === 'width' ? equalWidths(number) : equalCounts(read, number);
  const sums = edges.slice(1).map(() => ({ count: 0, confidence: 0, right: 0 }));
  for (let row = 0; row < read.rows; row++) {
    const { label, confidence } = likeliest(read, row);
    const sum = sums[binOf(confidence, edges)];
    if (sum === undefined) continue;
    sum.count++;
    sum.confidence += confidence;
    if (label === truth[row]) sum.right++;
  }
  const total = (key: 'confidence' | 'right'): number => sums.reduce((a, sum) => a + sum[key], 0) / read.rows;
  const gaps = sums.map(({ count, confidence, right }) => (count === 0 ? 0 : Math.abs(right - confidence) / count));
  return {
    bins: sums.map(({ count, confidence, right }, i) => ({
      lower: edges[i] ?? Number.NaN,
      upper: edges[i + 1] ?? Number.NaN,
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

function equalWidths(bins: number): number[] {
  return Array.from({ length: bins + 1 }, (_, i) => i / bins);
}

/** Edges at confidences that divide the data; fewer where many are the same. */
function equalCounts(read: ClassPredictions, bins: number): number[] {
  const confidences = Float64Array.from({ length: read.rows }, (_, row) => likeliest(read, row).confidence).toSorted();
  const inner = Array.from({ length: bins - 1 }, (_, i) => confidences[Math.ceil(((i + 1) * read.rows) / bins) - 1] ?? 0);
  const highest = confidences.at(-1) ?? 1;
  return [0, ...new Set(inner.filter((edge) => Math.fround(edge) < Math.fround(highest))), 1];
}

/** Compares in float32, so that 0.8 is on its bin's upper edge as a number and as an element of a tensor. */
function binOf(confidence: number, edges: readonly number[]): number {
  const rounded = Math.fround(confidence);
  const bin = edges.slice(1).findIndex((upper) => rounded <= Math.fround(upper));
  return bin === -1 ? edges.length - 2 : bin;
}
