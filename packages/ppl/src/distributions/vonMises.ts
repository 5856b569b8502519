/** @file The von Mises distribution of angles. */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import type { Constraint } from '../constraints/constraint.ts';
import { circle } from '../constraints/circle.ts';
import { positive } from '../constraints/interval.ts';
import { real } from '../constraints/real.ts';
import type { RandomStream } from '../random/stream.ts';
import { vonMisesTensor } from '../random/tensors.ts';
import type { Shape } from '../util/shape.ts';
import { broadcastShapes, shapeOf } from '../util/shape.ts';
import { Distribution } from './distribution.ts';
import * as fold from './fold.ts';
import type { Operand } from './fold.ts';
import { operand } from './fold.ts';
import type { Parameter } from './parameter.ts';
import { asTensor } from './parameter.ts';
import { integrate } from './quadrature.ts';

/** The class behind {@link vonMises}. */
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
    return circle;
  }

  protected override draw(shape: Shape, stream: RandomStream): Tensor {
    const [loc, concentration] = [this.loc, this.concentration].map((x) => tf.broadcastTo(asTensor(x), [...shape]));
    return vonMisesTensor(stream, loc as Tensor, concentration as Tensor);
  }

  /** κ (cos(x - loc) - 1) - log 2π + κ - log I₀(κ), where 1 - cos x = 2 sin² x/2. */
  protected override logDensity(value: Tensor): Tensor {
    const kappa = operand(this.concentration);
    const half = tf.sin(tf.mul(fold.sub(value, operand(this.loc)), 0.5));
    const kernel = fold.mul(tf.mul(tf.square(half), -2), kappa);
    return fold.sub(kernel, fold.add(fold.sub(fold.logBesselI0(kappa), kappa), Math.log(2 * Math.PI)));
  }

  /** The mean direction. */
  protected override computeMean(): Operand {
    return operand(this.loc);
  }

  /** That of the deviation from `loc`, which is within half a turn. */
  protected override computeVariance(): Tensor {
    const all = this.integrate(0, tf.square);
    return tf.div(all, this.integrate(0, tf.onesLike));
  }

  /** log 2π I₀(κ) - κ I₁(κ) / I₀(κ). */
  protected override computeEntropy(): Operand {
    const kappa = operand(this.concentration);
    const logs = fold.add(fold.logBesselI0(kappa), Math.log(2 * Math.PI));
    return fold.sub(logs, fold.mul(kappa, fold.besselRatio(kappa)));
  }

  /** Of angles from `loc - π` to `loc + π`. */
  protected override computeCdf(x: Tensor): Tensor {
    const deviation = fold.sub(x, operand(this.loc));
    const beyond = this.integrate(tf.abs(deviation), tf.onesLike);
    const tail = tf.mul(tf.div(beyond, this.integrate(0, tf.onesLike)), 0.5);
    return tf.where(tf.less(deviation, 0), tail, tf.sub(1, tail));
  }

  /** ∫ f(s) exp(κ (cos s - 1)) ds from s = `start` to π, or to where nothing is left. */
  private integrate(start: Operand, f: (s: Tensor) => Tensor): Tensor {
    const kappa = asTensor(this.concentration);
    const end = tf.minimum(tf.mul(tf.rsqrt(kappa), 12), Math.PI);
    const weigh = (s: Tensor): Tensor => {
      const fall = tf.mul(tf.square(tf.sin(tf.mul(s, 0.5))), -2);
      return tf.mul(f(s), tf.exp(tf.mul(fall, tf.expandDims(kappa, -1))));
    };
    return integrate(weigh, tf.minimum(asTensor(start), end), end);
  }
}

/**
 * The von Mises distribution of angles: the normal distribution's counterpart on the circle. Draws lie in [-π, π], but any
 * number is taken as an angle. Mean, variance and distribution function are those of angles unrolled from `loc - π` to
 * `loc + π`.
 *
 * @param loc - mean direction, in radians.
 * @param concentration - > 0, about the inverse of the variance where it is large; broadcasts with `loc` to the batch
 * shape.
 */
export function vonMises(loc: Parameter, concentration: Parameter): VonMises {
  return new VonMises(loc, concentration);
}
