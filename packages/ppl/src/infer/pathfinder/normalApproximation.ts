/** @file The normal density that a point on the way to a mode suggests. */
import type { RandomStream } from '../../random/stream.ts';
import { fillNormal } from '../../random/ziggurat.ts';
import { dot } from '../mcmc/orthonormalBasis.ts';
import type { InverseHessianFactor } from './factor.ts';
import type { Iterate } from './lbfgs.ts';

const LOG_TWO_PI = Math.log(2 * Math.PI);

/** N(μ, Σ), with the Σ of an iterate θ of L-BFGS and μ = θ + Σ∇log p(θ), where a Newton step from θ leads. */
export class NormalApproximation {
  readonly mean: Float64Array;
  /** F with Σ = FFᵀ. */
  readonly factor: InverseHessianFactor;
  private readonly logNormaliser: number;

  constructor({ position, gradient, factor }: Pick<Iterate, 'position' | 'gradient' | 'factor'>) {
    const newton = factor.multiply(gradient);
    this.mean = position.map((x, i) => x + (newton[i] ?? 0));
    this.factor = factor;
    this.logNormaliser = -0.5 * (factor.logDeterminant + factor.dimension * LOG_TWO_PI);
  }

  /** The point μ + Fz. */
  at(z: Float64Array): Float64Array {
    const x = this.factor.colour(z);
    for (let i = 0; i < x.length; i++) x[i] = (x[i] ?? 0) + (this.mean[i] ?? 0);
    return x;
  }

  /** A draw. */
  draw(stream: RandomStream): Float64Array {
    const z = new Float64Array(this.factor.dimension);
    fillNormal(stream, z);
    return this.at(z);
  }

  /** log q(x) */
  logDensity(x: Float64Array): number {
    const z = this.factor.whiten(x.map((value, i) => value - (this.mean[i] ?? 0)));
    return this.logNormaliser - 0.5 * dot(z, z);
  }

  /** log q(μ + Fz) */
  logDensityAt(z: Float64Array): number {
    return this.logNormaliser - 0.5 * dot(z, z);
  }
}
