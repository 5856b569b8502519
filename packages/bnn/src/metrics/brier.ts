/** @file The Brier score. */
import { checkOptions } from '@tychejs/ppl';
import type { ClassOptions } from './classes.ts';
import { CLASS_KEYS, readClasses, readLabels } from './classes.ts';
import type { Numbers } from './numbers.ts';

const WHERE = 'metrics.brier';

/**
 * The mean over the data of the squared distance of the probabilities from the truth, Σₖ (pₖ - [y = k])², from 0 to 2
 * (Brier, 1950). For yes or no with one probability a datum it is (p - y)², from 0 to 1, as is usual.
 *
 * @param predictions - probabilities (or logits) of shape `[..., classes]`, or of yes: `[n]` or `[..., 1]`.
 * @param labels - classes 0, 1, ..., of the shape of the data.
 * @throws TypeError, RangeError for predictions, labels or options that do not fit.
 */
export function brier(predictions: Numbers, labels: Numbers, options: ClassOptions = {}): number {
  checkOptions(WHERE, options, CLASS_KEYS);
  const read = readClasses(WHERE, predictions, options.logits ?? false);
  const truth = readLabels(WHERE, labels, read);
  let total = 0;
  read.probs.forEach((p, i) => {
    const row = Math.floor(i / read.classes);
    total += (p - (truth[row] === i % read.classes ? 1 : 0)) ** 2;
  });
  return total / read.rows / (read.isBinary ? 2 : 1);
}
