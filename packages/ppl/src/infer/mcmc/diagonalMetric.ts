/** @file The metric of a diagonal mass matrix. */
import type { RandomStream } from '../../random/stream.ts';
import { fillNormal } from '../../random/ziggurat.ts';
import type { PhasePoint } from './hamiltonian.ts';
import type { Metric } from './metric.ts';

export class DiagonalMetric implements Metric {
  /** The diagonal of M⁻¹. */
  readonly inverse: Float64Array;
  private readonly scale: Float64Array;

  /** @throws RangeError when an entry of `inverse`, the diagonal of M⁻¹, is not positive and finite. */
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
    const { scale } = this;
    fillNormal(stream, momentum);
    for (let i = 0; i < momentum.length; i++) momentum[i] = (momentum[i] ?? 0) * (scale[i] ?? 0);
  }

  velocity(momentum: Float64Array, velocity: Float64Array): void {
    const { inverse } = this;
    for (let i = 0; i < momentum.length; i++) velocity[i] = (inverse[i] ?? 0) * (momentum[i] ?? 0);
  }

  row(i: number, values: Float64Array): void {
    values.fill(0);
    values[i] = this.inverse[i] ?? 0;
  }

  kickAndDrift(from: PhasePoint, stepSize: number, to: PhasePoint): void {
    const { inverse } = this;
    const { position, momentum, gradient } = from;
    const { position: toPosition, momentum: toMomentum } = to;
    const half = 0.5 * stepSize;
    for (let i = 0; i < inverse.length; i++) {
      const p = (momentum[i] ?? 0) + half * (gradient[i] ?? 0);
      toMomentum[i] = p;
      toPosition[i] = (position[i] ?? 0) + stepSize * ((inverse[i] ?? 0) * p);
    }
  }

  kick(point: PhasePoint, stepSize: number): void {
    const { inverse } = this;
    const { momentum, gradient, velocity } = point;
    const half = 0.5 * stepSize;
    let sum = 0;
    for (let i = 0; i < inverse.length; i++) {
      const p = (momentum[i] ?? 0) + half * (gradient[i] ?? 0);
      const v = (inverse[i] ?? 0) * p;
      momentum[i] = p;
      velocity[i] = v;
      sum += p * v;
    }
    point.kineticEnergy = 0.5 * sum;
  }
}
