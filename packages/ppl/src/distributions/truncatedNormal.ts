/** @file The normal distribution cut off at one or both ends. */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import { isTracingDouble } from '../backend/tracing.ts';
import type { Constraint } from '../constraints/constraint.ts';
import { between, greaterThan } from '../constraints/interval.ts';
import { ndtri } from '../ops/normal.ts';
import type { RandomStream } from '../random/stream.ts';
import { uniformTensor } from '../random/tensors.ts';
import type { Shape } from '../util/shape.ts';
import { broadcastShapes, shapeOf } from '../util/shape.ts';
import * as fold from './fold.ts';
import type { Operand } from './fold.ts';
import { operand } from './fold.ts';
import { LocationScale } from './locationScale.ts';
import { HALF_LOG_TWO_PI } from './normal.ts';
import type { Parameter } from './parameter.ts';
import { asTensor } from './parameter.ts';

/**
 * Bounds further out, in standard deviations, are as good as none, and keep derivatives finite where infinity would not; in
 * float32 and in float64.
 */
const FAR = { single: 1e4, double: 1e8 };

/** The class behind {@link truncatedNormal}. */
export class TruncatedNormal extends LocationScale {
  readonly low: Parameter;
  readonly high: Parameter;

  override get name(): string {
    return 'truncatedNormal';
  }

  constructor(loc: Parameter, scale: Parameter, low: Parameter, high: Parameter) {
    super(loc, scale, broadcastShapes(shapeOf(low), shapeOf(high)));
    this.require('high', high, greaterThan(low));
    this.low = low;
    this.high = high;
  }

  override get support(): Constraint {
    return between(this.low, this.high);
  }

  protected override draw(shape: Shape, stream: RandomStream): Tensor {
    return this.computeIcdf(uniformTensor(stream, shape));
  }

  protected override logDensity(value: Tensor): Tensor {
    const constant = fold.add(fold.add(fold.log(operand(this.scale)), HALF_LOG_TWO_PI), this.logMass());
    return fold.sub(tf.mul(tf.square(this.standardise(value)), -0.5), constant);
  }

  /** loc + scale (φ(α) - φ(β)) / Z. */
  protected override computeMean(): Operand {
    return fold.add(fold.mul(this.standardMean(), operand(this.scale)), operand(this.loc));
  }

  /** scale² (1 + (α φ(α) - β φ(β)) / Z - ((φ(α) - φ(β)) / Z)²). */
  protected override computeVariance(): Operand {
    const spread = fold.sub(fold.add(this.edgeMoment(), 1), fold.square(this.standardMean()));
    return fold.mul(spread, fold.square(operand(this.scale)));
  }

  /** log(√(2πe) scale Z) + (α φ(α) - β φ(β)) / 2Z. */
  protected override computeEntropy(): Operand {
    const logs = fold.add(fold.log(operand(this.scale)), this.logMass());
    return fold.add(fold.add(logs, HALF_LOG_TWO_PI + 0.5), fold.mul(this.edgeMoment(), 0.5));
  }

  protected override computeCdf(x: Tensor): Tensor {
    const [alpha, beta] = this.bounds();
    const z = tf.minimum(tf.maximum(this.standardise(x), alpha), beta);
    return tf.exp(fold.sub(logMassBetween(alpha, z), this.logMass()));
  }

  /** By whichever tail is the smaller, as probabilities near one have few digits left. */
  protected override computeIcdf(p: Tensor): Tensor {
    const [alpha, beta] = this.bounds();
    const mass = fold.exp(this.logMass());
    const below = fold.add(fold.mul(p, mass), fold.ndtr(alpha));
    const above = fold.add(fold.mul(tf.sub(1, p), mass), fold.ndtr(fold.neg(beta)));
    const sign = tf.where(tf.lessEqual(below, above), 1, -1);
    const x = this.fromStandard(tf.mul(ndtri(tf.minimum(below, above)), sign));
    return tf.minimum(tf.maximum(x, asTensor(this.low)), asTensor(this.high));
  }

  /** α and β: the bounds in standard deviations from `loc`. */
  private bounds(): [alpha: Operand, beta: Operand] {
    const far = isTracingDouble() ? FAR.double : FAR.single;
    const standard = (bound: Parameter): Operand => {
      if (typeof bound === 'number' && !Number.isFinite(bound)) return Math.sign(bound) * far;
      // First to finite numbers, so that no infinity meets a zero on the way back.
      const finite = typeof bound === 'number' ? bound : tf.clipByValue(asTensor(bound), -1e30, 1e30);
      const distance = fold.div(fold.sub(finite, operand(this.loc)), operand(this.scale));
      return typeof distance === 'number' ? distance : tf.clipByValue(distance, -far, far);
    };
    return [standard(this.low), standard(this.high)];
  }

  /** log Z, the logarithm of what the bounds leave. */
  private logMass(): Operand {
    return logMassBetween(...this.bounds());
  }

  /** φ(z) / Z. */
  private relativeDensity(z: Operand): Operand {
    return fold.exp(fold.sub(fold.sub(fold.mul(fold.square(z), -0.5), HALF_LOG_TWO_PI), this.logMass()));
  }

  /** (φ(α) - φ(β)) / Z. */
  private standardMean(): Operand {
    const [alpha, beta] = this.bounds();
    return fold.sub(this.relativeDensity(alpha), this.relativeDensity(beta));
  }

  /** (α φ(α) - β φ(β)) / Z. */
  private edgeMoment(): Operand {
    const [alpha, beta] = this.bounds();
    return fold.sub(fold.mul(alpha, this.relativeDensity(alpha)), fold.mul(beta, this.relativeDensity(beta)));
  }
}

/** log(Φ(b) - Φ(a)), turned to the left half where a > 0, as Φ is near one on the right. */
function logMassBetween(a: Operand, b: Operand): Operand {
  const isRight = typeof a === 'number' ? a > 0 : tf.greater(a, 0);
  const lower = fold.pick(isRight, fold.neg(b), a);
  const upper = fold.logNdtr(fold.pick(isRight, fold.neg(a), b));
  return fold.add(upper, fold.log1mexp(fold.sub(fold.logNdtr(lower), upper)));
}

/**
 * The normal distribution, given that it lies in [low, high].
 *
 * Draws are accurate as long as the interval reaches within 11 standard deviations of `loc`.
 *
 * @param loc - mean before truncation.
 * @param scale - standard deviation before truncation, > 0.
 * @param low - -Infinity for none.
 * @param high - above `low`; Infinity for none. All four broadcast to the batch shape.
 */
export function truncatedNormal(loc: Parameter, scale: Parameter, low: Parameter, high: Parameter): TruncatedNormal {
  return new TruncatedNormal(loc, scale, low, high);
}
