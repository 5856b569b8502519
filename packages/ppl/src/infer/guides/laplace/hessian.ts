/** @file Second derivatives of log densities, by differences of their gradients. */
import type { LogDensity } from '../../mcmc/logDensity.ts';

/** A step is within this factor of what the curvature that it finds calls for, or is chosen anew. */
const STEP_FACTOR = 3;

const MAX_TRIES = 6; // for each coordinate; one or two are usual

/**
 * The Hessian of the log density at `q`, n × n row by row and symmetric, by central differences of the gradient: 2n gradients,
 * and a few more where curvatures are far from one.
 *
 * @param relativeStep - the length of steps, in units of the length over which a coordinate's density changes: the inverse root
 * of its curvature. The error is of the order of its square, plus rounding divided by it.
 */
export function hessian(density: LogDensity, q: Float64Array, relativeStep: number): Float64Array {
  const n = density.dimension;
  const result = new Float64Array(n * n);
  for (let i = 0; i < n; i++) result.set(column(density, q, i, relativeStep), i * n);
  for (let i = 0; i < n; i++) {
    for (let j = 0; j < i; j++) {
      const mean = 0.5 * ((result[i * n + j] ?? 0) + (result[j * n + i] ?? 0));
      result[i * n + j] = mean;
      result[j * n + i] = mean;
    }
  }
  return result;
}

/** The derivative of the gradient along coordinate `i`. */
function column(density: LogDensity, q: Float64Array, i: number, relativeStep: number): Float64Array {
  let length = 1;
  let slopes = slope(density, q, i, relativeStep * length);
  for (let tries = 1; tries < MAX_TRIES; tries++) {
    const curvature = Math.abs(slopes[i] ?? 0);
    // Steps that leave the domain are too long.
    const better = Number.isFinite(curvature) ? 1 / Math.sqrt(curvature) : length / 100;
    if (!Number.isFinite(better) || (better < STEP_FACTOR * length && length < STEP_FACTOR * better)) break;
    length = better;
    slopes = slope(density, q, i, relativeStep * length);
  }
  return slopes;
}

function slope(density: LogDensity, q: Float64Array, i: number, step: number): Float64Array {
  const [above, below] = [step, -step].map((by) => {
    const at = q.slice();
    at[i] = (q[i] ?? 0) + by;
    const gradient = new Float64Array(q.length);
    density.evaluate(at, gradient);
    return gradient;
  }) as [Float64Array, Float64Array];
  return above.map((value, k) => (value - (below[k] ?? 0)) / (2 * step));
}
