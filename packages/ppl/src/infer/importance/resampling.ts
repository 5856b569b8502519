/** @file Resampling: draws of equal weight from weighted ones. */

/**
 * Which draws to take, and how often, for `count` of equal weight: those at whose cumulative weight lie the points
 * (u + j) / count, j = 0, 1, ... Draw i is taken ⌊count · wᵢ⌋ or ⌈count · wᵢ⌉ times, and for uniform u count · wᵢ times on
 * average.
 *
 * Source: Carpenter, Clifford and Fearnhead (1999); Douc and Cappé, "Comparison of resampling schemes for particle filtering"
 * (2005), section 2.4.
 *
 * @param weights - not negative, of any positive finite sum.
 * @param u - in [0, 1).
 * @param count - as many as there are weights, by default.
 * @returns indices in ascending order.
 * @throws RangeError for weights or a `u` that are not such.
 */
export function systematicResample(weights: ArrayLike<number>, u: number, count: number = weights.length): Int32Array {
  checkUniform('infer.systematicResample', u);
  return indicesAt('infer.systematicResample', weights, count, (j) => (u + j) / count);
}

/**
 * {@link systematicResample} with a random number for each of the `uniforms.length` strata instead of one for all.
 *
 * Source: Kitagawa (1996); Douc and Cappé (2005), section 2.3.
 *
 * @throws RangeError for weights or uniforms that are not such.
 */
export function stratifiedResample(weights: ArrayLike<number>, uniforms: ArrayLike<number>): Int32Array {
  const where = 'infer.stratifiedResample';
  const count = uniforms.length;
  for (let j = 0; j < count; j++) checkUniform(where, uniforms[j] as number);
  return indicesAt(where, weights, count, (j) => ((uniforms[j] as number) + j) / count);
}

/**
 * Independent draws by weight, one for each of `uniforms`, in ascending order: what the others do with less variance.
 *
 * @throws RangeError for weights or uniforms that are not such.
 */
export function multinomialResample(weights: ArrayLike<number>, uniforms: ArrayLike<number>): Int32Array {
  const where = 'infer.multinomialResample';
  const points = Float64Array.from(uniforms).sort();
  for (const u of points) checkUniform(where, u);
  return indicesAt(where, weights, points.length, (j) => points[j] as number);
}

/** For each of the ascending points in [0, 1), the draw whose share of the cumulative weight it lies in. */
function indicesAt(where: string, weights: ArrayLike<number>, count: number, point: (j: number) => number): Int32Array {
  const total = sumOf(where, weights);
  const indices = new Int32Array(count);
  let at = -1;
  let cumulative = 0;
  let last = 0;
  for (let j = 0; j < count; j++) {
    const threshold = point(j) * total;
    while (cumulative <= threshold && at < weights.length - 1) {
      at++;
      const weight = weights[at] as number;
      cumulative += weight;
      // Where rounding leads beyond the last cumulative sum, the last draw that has a weight is taken.
      if (weight > 0) last = at;
    }
    indices[j] = last;
  }
  return indices;
}

function sumOf(where: string, weights: ArrayLike<number>): number {
  let total = 0;
  for (let i = 0; i < weights.length; i++) {
    const weight = weights[i] as number;
    if (!(weight >= 0)) throw new RangeError(`${where}: weight ${i} is ${weight}; weights must not be negative (are these logarithms?)`);
    total += weight;
  }
  if (total > 0 && total < Infinity) return total;
  throw new RangeError(`${where}: the sum of ${weights.length} weights is ${total}; it must be positive and finite`);
}

function checkUniform(where: string, u: number): void {
  if (!(u >= 0 && u < 1)) throw new RangeError(`${where}: uniform numbers must lie in [0, 1), got ${u}`);
}
