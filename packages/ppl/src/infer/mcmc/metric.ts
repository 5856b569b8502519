/** @file Euclidean metrics: the mass matrix M of the kinetic energy ½ pᵀM⁻¹p. */
import type { RandomStream } from '../../random/stream.ts';
import { DenseMetric } from './denseMetric.ts';
import { DiagonalMetric } from './diagonalMetric.ts';
import type { PhasePoint } from './hamiltonian.ts';
import { LowRankMetric } from './lowRankMetric.ts';

/**
 * M⁻¹ as plain data: an estimate of the posterior covariance, for `n` dimensions.
 *
 * - 'diagonal': `values` are its diagonal, n numbers;
 * - 'dense': the whole matrix row by row, n² numbers;
 * - 'lowRank': D (I + V (Λ - I) Vᵀ) D. `scale` is the diagonal of D, n numbers, `values` that of Λ, k numbers, and
 *   `vectors` are the orthonormal columns of V, one after another, nk numbers.
 */
export type InverseMassMatrix =
  | { readonly kind: 'identity' }
  | { readonly kind: 'diagonal'; readonly values: readonly number[] }
  | { readonly kind: 'dense'; readonly values: readonly number[] }
  | {
      readonly kind: 'lowRank';
      readonly scale: readonly number[];
      readonly values: readonly number[];
      readonly vectors: readonly number[];
    };

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

  /** Writes row `i` of M⁻¹. */
  row(i: number, values: Float64Array): void;

  /** The second half, once the gradient is there: p ← p + ε/2 ∇log p(q), with its velocity and kinetic energy. */
  kick(point: PhasePoint, stepSize: number): void;
}

/**
 * The metric of an inverse mass matrix.
 *
 * @throws RangeError when there are too few values or too many, or the matrix is not positive definite.
 */
export function createMetric(dimension: number, inverse: InverseMassMatrix): Metric {
  switch (inverse.kind) {
    case 'identity':
      return new DiagonalMetric(new Float64Array(dimension).fill(1));
    case 'diagonal':
      return new DiagonalMetric(numbers(inverse.values, dimension, dimension, 'diagonal'));
    case 'dense':
      return new DenseMetric(dimension, numbers(inverse.values, dimension ** 2, dimension, 'dense'));
    case 'lowRank': {
      const { scale, values, vectors } = inverse;
      return new LowRankMetric(
        numbers(scale, dimension, dimension, 'low-rank'),
        Float64Array.from(values),
        numbers(vectors, values.length * dimension, dimension, 'low-rank'),
      );
    }
    default:
      throw new RangeError(`inverse mass matrix: unknown kind '${String((inverse as { kind: unknown }).kind)}'`);
  }
}

function numbers(values: readonly number[], expected: number, dimension: number, kind: string): Float64Array {
  if (values.length === expected) return Float64Array.from(values);
  throw new RangeError(
    `inverse mass matrix: a ${kind} one for ${dimension} dimensions has ${expected} values, got ${values.length}`,
  );
}
