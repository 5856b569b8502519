/** @file The seam between models and samplers. */

/**
 * An unnormalised log density on ℝⁿ with its gradient, in float64: all that a sampler needs to know of a model.
 *
 * `evaluate` must be a pure function of `q`. Where the density is zero or undefined it returns -Infinity or NaN, and
 * whatever it writes to `gradient` is not used; it throws only for errors that ought to stop the run.
 */
export interface LogDensity {
  /** n, the length of `q` and of `gradient`. */
  readonly dimension: number;

  /** Returns log p(q) up to a constant, and writes ∂ log p/∂q to `gradient`. Keeps neither array, nor writes to `q`. */
  evaluate(q: Float64Array, gradient: Float64Array): number;
}

/** A point where a log density has been evaluated: where a chain stands between two transitions. */
export interface EvaluatedPoint {
  readonly position: Float64Array;
  readonly gradient: Float64Array;
  logDensity: number;
}

/** Room for a point, not evaluated anywhere yet. */
export function createPoint(dimension: number): EvaluatedPoint {
  return { position: new Float64Array(dimension), gradient: new Float64Array(dimension), logDensity: Number.NaN };
}

/** Evaluates `density` at a copy of `position`. */
export function evaluateAt(density: LogDensity, position: ArrayLike<number>): EvaluatedPoint {
  const point = createPoint(density.dimension);
  point.position.set(position);
  point.logDensity = density.evaluate(point.position, point.gradient);
  return point;
}

/** Whether `value` fulfils {@link LogDensity}. */
export function isLogDensity(value: unknown): value is LogDensity {
  if (typeof value !== 'object' || value === null) return false;
  const candidate = value as Partial<LogDensity>;
  return typeof candidate.dimension === 'number' && typeof candidate.evaluate === 'function';
}
