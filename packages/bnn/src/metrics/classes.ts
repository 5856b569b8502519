/** @file Predictions of classes and their labels, as metrics read them. */
import type { Numbers } from './numbers.ts';
import { readNumbers } from './numbers.ts';

export interface ClassOptions {
  /**
   * Whether predictions are logits (or logarithms of probabilities), as `bnn.predict` gives them for `categorical()` and
   * `bernoulli()`; probabilities by default.
   */
  readonly logits?: boolean;
}

/** The keys of {@link ClassOptions}. */
export const CLASS_KEYS: readonly string[] = ['logits'];

/** Probabilities of classes: `rows` times `classes` of them. */
export interface ClassPredictions {
  /** The shape of the data, without that of the classes. */
  readonly shape: readonly number[];
  readonly rows: number;
  readonly classes: number;
  /** Whether one number a datum was given, the probability (log-odds) of class 1. */
  readonly isBinary: boolean;
  readonly probs: Float64Array;
  /** Their logarithms; -Infinity where a class is impossible. */
  readonly logProbs: Float64Array;
}

/** Sums of float32 probabilities stray from one by no more. */
const TOLERANCE = 1e-3;

/**
 * Reads predictions of shape `[..., classes]`; those of shape `[n]` or `[..., 1]` are probabilities (log-odds) of class 1.
 *
 * @throws RangeError for what are no probabilities, or logits that are not numbers.
 */
export function readClasses(where: string, predictions: Numbers, isLogits: boolean): ClassPredictions {
  const { shape, values } = readNumbers(where, 'predictions', predictions);
  const last = shape.at(-1) ?? 1;
  const isBinary = shape.length < 2 || last === 1;
  const classes = isBinary ? 2 : last;
  const rows = isBinary ? values.length : values.length / classes;
  const front = shape.length < 2 ? shape : shape.slice(0, -1);
  const logProbs = new Float64Array(rows * classes);
  const probs = new Float64Array(rows * classes);
  for (let row = 0; row < rows; row++) {
    const given = isBinary ? pair(values[row] ?? Number.NaN, isLogits) : values.subarray(row * classes, (row + 1) * classes);
    if (isLogits) {
      logProbs.set(logSoftmax(where, given, row), row * classes);
      for (let k = row * classes; k < (row + 1) * classes; k++) probs[k] = Math.exp(logProbs[k] ?? Number.NaN);
    } else {
      checkProbabilities(where, given, row);
      probs.set(given.map((p) => Math.max(0, p)), row * classes);
      for (let k = row * classes; k < (row + 1) * classes; k++) logProbs[k] = Math.log(probs[k] ?? Number.NaN);
    }
  }
  return { shape: front, rows, classes, isBinary, probs, logProbs };
}

function pair(value: number, isLogits: boolean): Float64Array {
  return Float64Array.of(isLogits ? 0 : 1 - value, value);
}

function logSoftmax(where: string, logits: Float64Array, row: number): Float64Array {
  const largest = logits.reduce((a, b) => Math.max(a, b), -Infinity);
  const normaliser = largest + Math.log(logits.reduce((sum, x) => sum + Math.exp(x - largest), 0));
  if (!Number.isFinite(normaliser)) throw new RangeError(`${where}: the logits of datum ${row} must be finite, got ${logits.join(', ')}`);
  return logits.map((x) => x - normaliser);
}

function checkProbabilities(where: string, probs: Float64Array, row: number): void {
  const sum = probs.reduce((a, b) => a + b, 0);
  if (Math.abs(sum - 1) <= TOLERANCE && probs.every((p) => p >= -TOLERANCE)) return;
  throw new RangeError(
    `${where}: predictions must be probabilities, which sum to 1 over the last dimension, but those of datum ${row} are ` +
      `${probs.join(', ')}; for logits, as bnn.predict gives them, pass { logits: true }`,
  );
}

/**
 * The labels 0, 1, ... of the data, one for each row of predictions.
 *
 * @throws RangeError when their shape or a label does not fit the predictions.
 */
export function readLabels(where: string, labels: Numbers, { shape, classes }: ClassPredictions): Float64Array {
  const block = readNumbers(where, 'labels', labels);
  if (withoutColumn(block.shape).join() !== withoutColumn(shape).join()) {
    const isOneHot = block.shape.join() === [...shape, classes].join();
    throw new RangeError(
      `${where}: predictions are for data of shape [${shape.join(', ')}], but labels have [${block.shape.join(', ')}]` +
        (isOneHot ? '; labels are classes, so if yours are one-hot, pass tf.argMax(y, -1)' : ''),
    );
  }
  const wrong = block.values.find((label) => !Number.isInteger(label) || label < 0 || label >= classes);
  if (wrong !== undefined) throw new RangeError(`${where}: labels must be classes 0 .. ${classes - 1}, got ${wrong}`);
  return block.values;
}

/** The likeliest class of a datum; of several, the first. */
export function likeliest({ probs, classes }: ClassPredictions, row: number): { readonly label: number; readonly confidence: number } {
  let [label, confidence] = [0, -Infinity];
  for (let k = 0; k < classes; k++) {
    const p = probs[row * classes + k] ?? Number.NaN;
    if (p > confidence) [label, confidence] = [k, p];
  }
  return { label, confidence };
}

/** Answers to yes or no may stand in a column. */
function withoutColumn(shape: readonly number[]): readonly number[] {
  return shape.length > 1 && shape.at(-1) === 1 ? shape.slice(0, -1) : shape;
}
