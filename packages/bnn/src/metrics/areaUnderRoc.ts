/** @file The area under the receiver operating characteristic. */
import type { Numbers } from './numbers.ts';
import { readNumbers } from './numbers.ts';

const WHERE = 'metrics.areaUnderRoc';

/**
 * The probability that a positive case scores higher than a negative one, ties counted half (Hanley and McNeil, 1982): 1
 * separates them perfectly, 1/2 is chance. To see how well uncertainty tells foreign inputs from those of the training
 * data, score both by {@link predictiveEntropy} or {@link mutualInformation} and call the foreign ones positive.
 *
 * @param scores - one for each case, in any shape; only their order matters, and infinities are scores like others.
 * @param labels - 1 or true for positive cases, 0 or false for negative ones; as many as scores.
 * @throws RangeError when numbers differ, a label is neither, a score is NaN, or all cases are of one kind.
 */
export function areaUnderRoc(scores: Numbers, labels: Numbers): number {
  const { values } = readNumbers(WHERE, 'scores', scores);
  const { values: truth } = readNumbers(WHERE, 'labels', labels);
  if (values.length !== truth.length) throw new RangeError(`${WHERE}: there are ${values.length} scores, but ${truth.length} labels`);
  const wrong = truth.find((label) => label !== 0 && label !== 1);
  if (wrong !== undefined) throw new RangeError(`${WHERE}: labels must be 0 or 1, got ${wrong}`);
  if (values.some(Number.isNaN)) throw new RangeError(`${WHERE}: score ${values.findIndex(Number.isNaN)} is NaN`);
  const positives = truth.reduce((a, b) => a + b, 0);
  const negatives = truth.length - positives;
  if (positives === 0 || negatives === 0) {
    throw new RangeError(`${WHERE}: needs positive and negative cases, but all ${truth.length} are ${positives === 0 ? 'negative' : 'positive'}`);
  }
  // Mann and Whitney's statistic, by the ranks of the positive cases.
  const ranks = midranks(values);
  const sum = ranks.reduce((total, rank, i) => total + rank * (truth[i] ?? 0), 0);
  return (sum - (positives * (positives + 1)) / 2) / (positives * negatives);
}

/** Ranks from 1; equal values share the mean of theirs. */
function midranks(values: Float64Array): Float64Array {
  const valueOf = (i: number | undefined): number | undefined => (i === undefined ? undefined : values[i]);
  const order = Array.from(values.keys()).toSorted((a, b) => ((values[a] ?? 0) < (values[b] ?? 0) ? -1 : Number((values[a] ?? 0) > (values[b] ?? 0))));
  const ranks = new Float64Array(values.length);
  for (let start = 0, end = 0; start < order.length; start = end) {
    while (end < order.length && valueOf(order[end]) === valueOf(order[start])) end++;
    for (const i of order.slice(start, end)) ranks[i] = (start + 1 + end) / 2;
  }
  return ranks;
}
