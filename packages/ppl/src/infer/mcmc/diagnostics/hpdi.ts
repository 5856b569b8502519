/** @file Highest posterior density intervals. */

/**
 * The shortest interval that contains ⌈probability · n⌉ of the n draws; the lowest one where several are as short.
 *
 * @param probability - in (0, 1].
 * @throws RangeError when there are no draws, or `probability` lies outside (0, 1].
 */
export function hpdi(draws: ArrayLike<number>, probability: number = 0.9): [low: number, high: number] {
  if (draws.length === 0) throw new RangeError('infer.hpdi: no draws');
  if (!(probability > 0 && probability <= 1)) {
    throw new RangeError(`infer.hpdi: probability must lie in (0, 1], got ${probability}`);
  }
  const sorted = Float64Array.from(draws).sort();
  const inside = Math.ceil(probability * sorted.length);
  let best: [number, number] = [Number.NaN, Number.NaN];
  let shortest = Infinity;
  for (let first = 0; first + inside <= sorted.length; first++) {
    const low = sorted[first] ?? Number.NaN;
    const high = sorted[first + inside - 1] ?? Number.NaN;
    if (high - low < shortest) {
      shortest = high - low;
      best = [low, high];
    }
  }
  return best;
}
