/** @file The negative log-likelihood of predictions, of classes or of real numbers. */
import type { Tensor } from '@tensorflow/tfjs-core';
import { checkOptions } from '@tychejs/ppl';
import type { ClassOptions } from './classes.ts';
import { CLASS_KEYS, readClasses, readLabels } from './classes.ts';
import type { GaussianNumbers } from './gaussian.ts';
import { isGaussian, readGaussian } from './gaussian.ts';
import type { Numbers } from './numbers.ts';
import { readNumbers } from './numbers.ts';

const WHERE = 'metrics.negativeLogLikelihood';

/** log √(2π). */
const HALF_LOG_TWO_PI = 0.5 * Math.log(2 * Math.PI);

/**
 * The mean over the data of -log p(y | prediction), in nats; Infinity if what was predicted to be impossible happened.
 *
 * @param predictions - of classes: probabilities (or logits) `[..., classes]`, or of yes `[n]` or `[..., 1]`. Of real
 * numbers: `{ mean, scale }`, as Gaussian likelihoods predict them, with means of the targets' shape.
 * @param targets - classes 0, 1, ..., or numbers. Numbers of shape `[n, ...]` are n data, and log densities are summed over
 * the other dimensions.
 * @throws TypeError, RangeError for predictions, targets or options that do not fit.
 */
export function negativeLogLikelihood(predictions: Numbers | GaussianNumbers, targets: Numbers, options: ClassOptions = {}): number {
  checkOptions(WHERE, options, CLASS_KEYS);
  if (isGaussian(predictions)) {
    if (options.logits !== undefined) throw new TypeError(`${WHERE}: logits is for predictions of classes, not for { mean, scale }`);
    return ofNumbers(predictions, targets);
  }
  const read = readClasses(WHERE, predictions, options.logits ?? false);
  const labels = readLabels(WHERE, targets, read);
  return labels.reduce((sum, label, row) => sum - (read.logProbs[row * read.classes + label] ?? Number.NaN), 0) / read.rows;
}

function ofNumbers(predictions: GaussianNumbers, targets: Numbers | Tensor): number {
  const { shape, mean, scale } = readGaussian(WHERE, predictions);
  const y = readNumbers(WHERE, 'targets', targets);
  if (y.shape.join() !== shape.join()) {
    throw new RangeError(`${WHERE}: means have shape [${shape.join(', ')}], but targets have [${y.shape.join(', ')}]`);
  }
  let total = 0;
  y.values.forEach((value, i) => {
    const s = scale[i] ?? Number.NaN;
    total += 0.5 * ((value - (mean[i] ?? Number.NaN)) / s) ** 2 + Math.log(s) + HALF_LOG_TWO_PI;
  });
  return total / (shape[0] ?? 1);
}
