/** @file Euclidean metrics: the mass matrix M of the kinetic energy ½ pᵀM⁻¹p. */
import type { RandomStream } from '../../random/stream.ts';
import { cholesky } from './cholesky.ts';

/**
 * M⁻¹ as plain data: an estimate of the posterior covariance.
 * `values` holds the diagonal (`dimension` numbers), or the whole matrix row by row (`dimension`² numbers).
 */
export type InverseMassMatrix =
  | { readonly kind: 'identity' }
  | { readonly kind: 'diagonal'; readonly values: readonly number[] }
  | { readonly kind: 'dense'; readonly values: readonly number[] };

/** What the kernels ask of a mass matrix. */
export interface Metric {
  /** Draws p ~ N(0, M) into `momentum`. */
  sampleMomentum(stream: RandomStream, momentum: Float64Array): void;

  /** Writes M⁻¹p to `velocity`. */
  velocity(momentum: Float64Array, velocity: Float64Array): void;
}

/**
 * The metric of an inverse mass matrix.
 *
 * @throws RangeError when `values` has the wrong length, or the matrix is not positive definite.
 */
export function createMetric(dimension: number, inverse: InverseMassMatrix): Metric {
  if (inverse.kind === 'identity') return new IdentityMetric();
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

class IdentityMetric implements Metric {
  sampleMomentum(stream: RandomStream, momentum: Float64Array): void {
    for (let i = 0; i < momentum.length; i++) momentum[i] = stream.normal();
  }

  velocity(momentum: Float64Array, velocity: Float64Array): void {
    velocity.set(momentum);
  }
}

class DiagonalMetric implements Metric {
  private readonly inverse: Float64Array;
  private readonly scale: Float64Array;

  constructor(inverse: Float64Array) {
    for (const [i, value] of inverse.entries()) {
      if (!(value > 0 && value < Infinity)) {
        throw new RangeError(`inverse mass matrix: entry ${i} must be positive and finite, got ${value}`);
      }
    }
    this.inverse = inverse;
    this.scale = inverse.map((value) => 1 / Math.sqrt(value));
  }

  sampleMomentum(stream: RandomStream, momentum: Float64Array): void {
    for (let i = 0; i < momentum.length; i++) momentum[i] = (this.scale[i] ?? 0) * stream.normal();
  }

  velocity(momentum: Float64Array, velocity: Float64Array): void {
    const { inverse } = this;
    for (let i = 0; i < momentum.length; i++) velocity[i] = (inverse[i] ?? 0) * (momentum[i] ?? 0);
  }
}

class DenseMetric implements Metric {
  private readonly inverse: Float64Array;
  private readonly factor: Float64Array;

  constructor(dimension: number, inverse: Float64Array) {
    this.inverse = inverse;
    this.factor = cholesky(inverse, dimension);
  }

  /** With M⁻¹ = LLᵀ and z ~ N(0, I), p = L⁻ᵀz has covariance (LLᵀ)⁻¹ = M. */
  sampleMomentum(stream: RandomStream, momentum: Float64Array): void {
    const { factor } = this;
    const n = momentum.length;
    for (let i = 0; i < n; i++) momentum[i] = stream.normal();
    for (let i = n - 1; i >= 0; i--) {
      const solved = (momentum[i] ?? 0) / (factor[i * n + i] ?? 0);
      momentum[i] = solved;
      for (let j = 0; j < i; j++) momentum[j] = (momentum[j] ?? 0) - (factor[i * n + j] ?? 0) * solved;
    }
  }

  velocity(momentum: Float64Array, velocity: Float64Array): void {
    const { inverse } = this;
    const n = momentum.length;
    for (let i = 0, at = 0; i < n; i++) {
      let sum = 0;
      for (let j = 0; j < n; j++, at++) sum += (inverse[at] ?? 0) * (momentum[j] ?? 0);
      velocity[i] = sum;
    }
  }
}
