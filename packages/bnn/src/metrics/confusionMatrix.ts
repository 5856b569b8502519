/** @file Which classes are taken for which. */
import { checkOptions } from '@tychejs/ppl';
import type { ClassOptions } from './classes.ts';
import { CLASS_KEYS, likeliest, readClasses, readLabels } from './classes.ts';
import type { Numbers } from './numbers.ts';

/**
 * How many data of class i (rows) were said to be of class j (columns), by the likeliest class.
 *
 * @param predictions - probabilities (or logits) of shape `[..., classes]`, or of yes: `[n]` or `[..., 1]`.
 * @param labels - classes 0, 1, ..., of the shape of the data.
 * @throws TypeError, RangeError for predictions, labels or options that do not fit.
 */
export function confusionMatrix(predictions: Numbers, labels: Numbers, options: ClassOptions = {}): number[][] {
  const where = 'metrics.confusionMatrix';
  checkOptions(where, options, CLASS_KEYS);
  const read = readClasses(where, predictions, options.logits ?? false);
  const truth = readLabels(where, labels, read);
  const matrix = Array.from({ length: read.classes }, () => Array.from({ length: read.classes }, () => 0));
  truth.forEach((label, row) => {
    const counts = matrix[label];
    const { label: said } = likeliest(read, row);
    if (counts !== undefined) counts[said] = (counts[said] ?? 0) + 1;
  });
  return matrix;
}
