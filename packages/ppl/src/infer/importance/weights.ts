/** @file Importance weights, kept as logarithms. */

/** log Σ exp(xᵢ); -Infinity for no numbers, or for none but -Infinity. */
export function logSumExp(x: ArrayLike<number>): number {
  const largest = maximum(x);
  if (!Number.isFinite(largest)) return largest;
  let sum = 0;
  for (let i = 0; i < x.length; i++) sum += Math.exp((x[i] as number) - largest);
  return largest + Math.log(sum);
}

/** log of the mean of exp(xᵢ). */
export function logMeanExp(x: ArrayLike<number>): number {
  return logSumExp(x) - Math.log(x.length);
}

/** The weights exp(xᵢ) divided by their sum. */
export function normalisedWeights(logWeights: ArrayLike<number>): Float64Array {
  const total = logSumExp(logWeights);
  const weights = new Float64Array(logWeights.length);
  for (let i = 0; i < weights.length; i++) weights[i] = Math.exp((logWeights[i] as number) - total);
  return weights;
}

/**
 * (Σw)² / Σw²: how many draws of equal weight would tell as much. Source: Kong (1992).
 *
 * @returns 0 when all weights are zero.
 */
export function weightsEss(logWeights: ArrayLike<number>): number {
  const largest = maximum(logWeights);
  if (largest === -Infinity) return 0;
  let sum = 0;
  let squares = 0;
  for (let i = 0; i < logWeights.length; i++) {
    const weight = Math.exp((logWeights[i] as number) - largest);
    sum += weight;
    squares += weight * weight;
  }
  return (sum * sum) / squares;
}

/**
 * The relative standard error of the mean of independent weights, and so, nearly, the standard error of its logarithm:
 * √((S / ESS - 1) / (S - 1)) for S weights.
 */
export function relativeStandardError(logWeights: ArrayLike<number>): number {
  const count = logWeights.length;
  return Math.sqrt(Math.max(0, count / weightsEss(logWeights) - 1) / (count - 1));
}

/** @throws RangeError unless there are weights, each a number less than Infinity, and not all are zero. */
export function checkLogWeights(where: string, logWeights: ArrayLike<number>): void {
  if (logWeights.length === 0) throw new RangeError(`${where}: there are no weights`);
  let isZero = true;
  for (let i = 0; i < logWeights.length; i++) {
    const x = logWeights[i] as number;
    if (!(x < Infinity)) throw new RangeError(`${where}: log weight ${i} is ${x}; log weights are numbers, or -Infinity for a weight of zero`);
    if (x > -Infinity) isZero = false;
  }
  if (isZero) throw new RangeError(`${where}: all ${logWeights.length} weights are zero`);
}

/** @returns -Infinity for no numbers, and NaN if there is one. */
function maximum(x: ArrayLike<number>): number {
  let largest = -Infinity;
  for (let i = 0; i < x.length; i++) largest = Math.max(largest, x[i] as number);
  return largest;
}
