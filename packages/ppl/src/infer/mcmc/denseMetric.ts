/** @file The metric of a dense mass matrix. */
import type { RandomStream } from '../../random/stream.ts';
import { fillNormal } from '../../random/ziggurat.ts';
import { cholesky } from './cholesky.ts';
import type { PhasePoint } from './hamiltonian.ts';
import { kickWith } from './kick.ts';
import type { Metric } from './metric.ts';

export class DenseMetric implements Metric {
  private readonly dimension: number;
  /** M⁻¹, row by row. */
  private readonly inverse: Float64Array;
  /** L with LLᵀ = M⁻¹. */
  private readonly factor: Float64Array;

  /** @throws RangeError when `inverse`, which is M⁻¹ row by row, is not positive definite. */
  constructor(dimension: number, inverse: Float64Array) {
    this.dimension = dimension;
    this.inverse = inverse;
    this.factor = cholesky(inverse, dimension);
  }

  /** With z ~ N(0, I), p = L⁻ᵀz has covariance (LLᵀ)⁻¹ = M. */
  sampleMomentum(stream: RandomStream, momentum: Float64Array): void {
    const { factor, dimension: n } = this;
    fillNormal(stream, momentum);
    for (let i = n - 1; i >= 0; i--) {
      const solved = (momentum[i] ?? 0) / (factor[i * n + i] ?? 0);
      momentum[i] = solved;
      for (let j = 0; j < i; j++) momentum[j] = (momentum[j] ?? 0) - (factor[i * n + j] ?? 0) * solved;
    }
  }

  velocity(momentum: Float64Array, velocity: Float64Array): void {
    const { inverse, dimension: n } = this;
    for (let i = 0, at = 0; i < n; i++) {
      let sum = 0;
      for (let j = 0; j < n; j++, at++) sum += (inverse[at] ?? 0) * (momentum[j] ?? 0);
      velocity[i] = sum;
    }
  }

  row(i: number, values: Float64Array): void {
    const { inverse, dimension: n } = this;
    values.set(inverse.subarray(i * n, (i + 1) * n));
  }

  kickAndDrift(from: PhasePoint, stepSize: number, to: PhasePoint): void {
    const { dimension: n } = this;
    const { position, momentum, gradient } = from;
    const { position: toPosition, momentum: toMomentum, velocity: toVelocity } = to;
    const half = 0.5 * stepSize;
    for (let i = 0; i < n; i++) toMomentum[i] = (momentum[i] ?? 0) + half * (gradient[i] ?? 0);
    this.velocity(toMomentum, toVelocity);
    for (let i = 0; i < n; i++) toPosition[i] = (position[i] ?? 0) + stepSize * (toVelocity[i] ?? 0);
  }

  kick(point: PhasePoint, stepSize: number): void {
    kickWith(this, point, stepSize);
  }
}
