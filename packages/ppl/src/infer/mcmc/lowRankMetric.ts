/** @file The metric of a mass matrix that is diagonal but for a few directions. */
import type { RandomStream } from '../../random/stream.ts';
import { fillNormal } from '../../random/ziggurat.ts';
import type { PhasePoint } from './hamiltonian.ts';
import { kickWith } from './kick.ts';
import type { Metric } from './metric.ts';

/** M⁻¹ = D (I + V (Λ - I) Vᵀ) D, with D diagonal, and orthonormal columns in V. O(nk) where a dense metric is O(n²). */
export class LowRankMetric implements Metric {
  /** The diagonal of D, */
  private readonly scale: Float64Array;
  /** Λ - I, */
  private readonly excess: Float64Array;
  /** Λ^(-1/2) - I, */
  private readonly rootExcess: Float64Array;
  /** and the columns of V, one after another. */
  private readonly vectors: Float64Array;
  private readonly scaled: Float64Array;

  /** @throws RangeError when an entry of `scale`, or of `values`, which is Λ, is not positive and finite. */
  constructor(scale: Float64Array, values: Float64Array, vectors: Float64Array) {
    for (const value of [...scale, ...values]) {
      if (!(value > 0 && value < Infinity)) {
        throw new RangeError(`inverse mass matrix: scales and eigenvalues must be positive and finite, got ${value}`);
      }
    }
    this.scale = scale;
    this.excess = values.map((value) => value - 1);
    this.rootExcess = values.map((value) => 1 / Math.sqrt(value) - 1);
    this.vectors = vectors;
    this.scaled = new Float64Array(scale.length);
  }

  /** With z ~ N(0, I), p = D⁻¹ (I + V (Λ^(-1/2) - I) Vᵀ) z has covariance M. */
  sampleMomentum(stream: RandomStream, momentum: Float64Array): void {
    const { scale, scaled } = this;
    fillNormal(stream, scaled);
    stretch(scaled, this.rootExcess, this.vectors, momentum);
    for (let i = 0; i < scale.length; i++) momentum[i] = (momentum[i] ?? 0) / (scale[i] ?? 0);
  }

  velocity(momentum: Float64Array, velocity: Float64Array): void {
    const { scale, scaled } = this;
    for (let i = 0; i < scale.length; i++) scaled[i] = (scale[i] ?? 0) * (momentum[i] ?? 0);
    stretch(scaled, this.excess, this.vectors, velocity);
    for (let i = 0; i < scale.length; i++) velocity[i] = (velocity[i] ?? 0) * (scale[i] ?? 0);
  }

  row(i: number, values: Float64Array): void {
    this.velocity(Float64Array.from(this.scale, (_, j) => (i === j ? 1 : 0)), values);
  }

  kickAndDrift(from: PhasePoint, stepSize: number, to: PhasePoint): void {
    const { position, momentum, gradient } = from;
    const { position: toPosition, momentum: toMomentum, velocity: toVelocity } = to;
    const n = position.length;
    const half = 0.5 * stepSize;
    for (let i = 0; i < n; i++) toMomentum[i] = (momentum[i] ?? 0) + half * (gradient[i] ?? 0);
    this.velocity(toMomentum, toVelocity);
    for (let i = 0; i < n; i++) toPosition[i] = (position[i] ?? 0) + stepSize * (toVelocity[i] ?? 0);
  }

  kick(point: PhasePoint, stepSize: number): void {
    kickWith(this, point, stepSize);
  }
}

/** y = (I + V diag(c) Vᵀ) x */
function stretch(x: Float64Array, c: Float64Array, vectors: Float64Array, y: Float64Array): void {
  const n = x.length;
  for (let i = 0; i < n; i++) y[i] = x[i] ?? 0;
  for (let k = 0, column = 0; k < c.length; k++, column += n) {
    let along = 0;
    for (let i = 0; i < n; i++) along += (vectors[column + i] ?? 0) * (x[i] ?? 0);
    along *= c[k] ?? 0;
    for (let i = 0; i < n; i++) y[i] = (y[i] ?? 0) + along * (vectors[column + i] ?? 0);
  }
}
