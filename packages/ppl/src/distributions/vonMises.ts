/** @file The von Mises distribution of angles. */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import type { Constraint } from '../constraints/constraint.ts';
import { interval, positive } from '../constraints/interval.ts';
import { real } from '../constraints/real.ts';
import { besselRatio, logBesselI0 } from '../ops/bessel.ts';
import type { RandomStream } from '../random/stream.ts';
import type { Shape } from '../util/shape.ts';
import { broadcastShapes, shapeOf } from '../util/shape.ts';
import { Distribution } from './distribution.ts';
import * as fold from './fold.ts';
import { operand } from './fold.ts';
import type { Parameter } from './parameter.ts';
import { asTensor } from './parameter.ts';

export class VonMises extends Distribution {
  override readonly name: string = 'vonMises';
  override readonly hasRsample: boolean = false;
  readonly loc: Parameter;
  readonly concentration: Parameter;

  constructor(loc: Parameter, concentration: Parameter) {
    super(broadcastShapes(shapeOf(loc), shapeOf(concentration)));
    this.require('loc', loc, real);
    this.require('concentration', concentration, positive);
    this.loc = loc;
    this.concentration = concentration;
  }

  override get support(): Constraint {
    return interval(-Math.PI, Math.PI);
  }

  protected override draw(shape: Shape, stream: RandomStream): Tensor {
    const concentration = tf.broadcastTo(asTensor(this.concentration), [...shape]).dataSync();
    const loc = tf.broadcastTo(asTensor(this.loc), [...shape]).dataSync();
    const draws = Float32Array.from(concentration, (kappa, i) => wrap((loc[i] ?? 0) + deviation(kappa, stream)));
    return tf.tensor(draws, [...shape]);
  }

  /** κ cos(x - loc) - log 2π I₀(κ). */
  protected override logDensity(value: Tensor): Tensor {
    const concentration = asTensor(this.concentration);
    const kernel = tf.mul(concentration, tf.cos(fold.sub(value, operand(this.loc))));
    return tf.sub(kernel, tf.add(logBesselI0(concentration), Math.log(2 * Math.PI)));
  }

  /** The mean direction. */
  protected override computeMean(): Tensor {
    const loc = asTensor(this.loc);
    return tf.atan2(tf.sin(loc), tf.cos(loc));
  }

  /** The circular variance 1 - I₁(κ) / I₀(κ), between 0 and 1. */
  protected override computeVariance(): Tensor {
    return tf.sub(1, besselRatio(asTensor(this.concentration)));
  }

  /** log 2π I₀(κ) - κ I₁(κ) / I₀(κ). */
  protected override computeEntropy(): Tensor {
    const concentration = asTensor(this.concentration);
    const logs = tf.add(logBesselI0(concentration), Math.log(2 * Math.PI));
    return tf.sub(logs, tf.mul(concentration, besselRatio(concentration)));
  }
}

/**
 * A draw with mean direction zero, by rejection from a wrapped Cauchy envelope.
 *
 * Source: Best and Fisher (1979), "Efficient simulation of the von Mises distribution".
 */
function deviation(kappa: number, stream: RandomStream): number {
  const tau = 1 + Math.sqrt(1 + 4 * kappa * kappa);
  const rho = (tau - Math.sqrt(2 * tau)) / (2 * kappa);
  // Without concentration, where the envelope is 0 / 0, all angles are alike; with very much, a normal variable.
  if (kappa < 1e-5) return Math.PI * (2 * stream.uniform() - 1);
  if (kappa > 1e6) return stream.normal() / Math.sqrt(kappa);
  const r = (1 + rho * rho) / (2 * rho);
  for (;;) {
    const z = Math.cos(Math.PI * stream.uniform());
    const f = (1 + r * z) / (r + z);
    const c = kappa * (r - f);
    const u = stream.uniform();
    if (c * (2 - c) > u || Math.log(c / u) + 1 >= c) {
      const angle = Math.acos(Math.max(-1, Math.min(1, f)));
      return stream.uniform() < 0.5 ? -angle : angle;
    }
  }
}

/** An angle, turned into [-π, π]. */
function wrap(angle: number): number {
  return Math.atan2(Math.sin(angle), Math.cos(angle));
}

/**
 * The von Mises distribution of angles in [-π, π]: the normal distribution's counterpart on the circle. Its `mean` is the
 * mean direction, its `variance` the circular variance.
 *
 * @param loc - mean direction, in radians.
 * @param concentration - > 0, about the inverse of the variance where it is large; broadcasts with `loc` to the batch
 * shape.
 */
export function vonMises(loc: Parameter, concentration: Parameter): VonMises {
  return new VonMises(loc, concentration);
}
