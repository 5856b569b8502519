/** @file Euclidean metrics: the mass matrix M of the kinetic energy ½ pᵀM⁻¹p. */
import type { RandomStream } from '../../random/stream.ts';
import { DenseMetric } from './denseMetric.ts';
import { DiagonalMetric } from './diagonalMetric.ts';
import type { PhasePoint } from './hamiltonian.ts';

/**
 * M⁻¹ as plain data: an estimate of the posterior covariance.
 * `values` holds the diagonal (`dimension` numbers), or the whole matrix row by row (`dimension`² numbers).
 */
export type InverseMassMatrix =
  | { readonly kind: 'identity' }
  | { readonly kind: 'diagonal'; readonly values: readonly number[] }
  | { readonly kind: 'dense'; readonly values: readonly number[] };

/** What the kernels ask of a mass matrix. Nothing here allocates. */
export interface Metric {
  /** Draws p ~ N(0, M) into `momentum`. */
  sampleMomentum(stream: RandomStream, momentum: Float64Array): void;

  /** Writes M⁻¹p to `velocity`. */
  velocity(momentum: Float64Array, velocity: Float64Array): void;

  /**
   * The first half of a leapfrog step: p' = p + ε/2 ∇log p(q) and q' = q + ε M⁻¹p', from `from` into `to`, which may be
   * the same point. What `to` has of velocity, gradient and energy is not yet that of the point reached.
   */
  kickAndDrift(from: PhasePoint, stepSize: number, to: PhasePoint): void;

  /** The second half, once the gradient is there: p ← p + ε/2 ∇log p(q), with its velocity and kinetic energy. */
  kick(point: PhasePoint, stepSize: number): void;
}

/**
 * The metric of an inverse mass matrix.
 *
 * @throws RangeError when `values` has the wrong length, or the matrix is not positive definite.
 */
export function createMetric(dimension: number, inverse: InverseMassMatrix): Metric {
  if (inverse.kind === 'identity') return new DiagonalMetric(new Float64Array(dimension).fill(1));
  const expected = inverse.kind === 'dense' ? dimension * dimension : dimension;
  if (inverse.values.length !== expected) {
    throw new RangeError(
      `inverse mass matrix: a ${inverse.kind} one for ${dimension} dimensions has ${expected} values, ` +
        `got ${inverse.values.length}`,
    );
  }
  const values = Float64Array.from(inverse.values);
  return inverse.kind === 'dense' ? new DenseMetric(dimension, values) : new DiagonalMetric(values);
}
