/** @file Counts with more zeros than their family has. */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import type { Constraint } from '../constraints/constraint.ts';
import { unitInterval } from '../constraints/interval.ts';
import { real } from '../constraints/real.ts';
import { logaddexp } from '../ops/logs.ts';
import type { RandomStream } from '../random/stream.ts';
import { bernoulliTensor } from '../random/tensors.ts';
import { checkOptions } from '../util/options.ts';
import type { Shape } from '../util/shape.ts';
import { broadcastShapes, shapeOf } from '../util/shape.ts';
import { Distribution } from './distribution.ts';
import * as fold from './fold.ts';
import type { Operand } from './fold.ts';
import type { Parameter } from './parameter.ts';
import { asTensor } from './parameter.ts';
import { failureProbability, logFailure, logSuccess, successProbability } from './probability.ts';

/** Exactly one of the two. */
export interface Gate {
  /** The probability that a value is zero whatever the family says. */
  readonly gate?: Parameter;
  /** The log-odds of that. */
  readonly gateLogits?: Parameter;
}

/** The class behind {@link zeroInflated}. */
export class ZeroInflated extends Distribution {
  override readonly name: string = 'zeroInflated';
  override readonly hasRsample: boolean = false;
  readonly base: Distribution;
  readonly isLogits: boolean;
  /** Probability or log-odds of the gate, as `isLogits` says. */
  readonly parameter: Parameter;

  constructor(base: Distribution, given: Gate) {
    checkOptions('zeroInflated', given, ['gate', 'gateLogits']);
    const parameter = given.gate ?? given.gateLogits;
    if (parameter === undefined || (given.gate !== undefined && given.gateLogits !== undefined)) {
      throw new TypeError('zeroInflated: give exactly one of { gate } and { gateLogits }');
    }
    if (!base.isDiscrete || base.eventShape.length > 0) {
      throw new Error(`zeroInflated: the base must be a distribution of single counts, got ${base.name}`);
    }
    super(broadcastShapes(base.batchShape, shapeOf(parameter)));
    this.isLogits = given.gateLogits !== undefined;
    this.require(this.isLogits ? 'gateLogits' : 'gate', parameter, this.isLogits ? real : unitInterval);
    this.base = base;
    this.parameter = parameter;
  }

  override get support(): Constraint {
    return this.base.support;
  }

  override throwIfInvalid(): void {
    super.throwIfInvalid();
    this.base.throwIfInvalid();
  }

  protected override draw(shape: Shape, stream: RandomStream): Tensor {
    const pass = failureProbability(this.isLogits, this.parameter);
    const passes = bernoulliTensor(stream, tf.broadcastTo(asTensor(pass), [...shape]));
    return tf.mul(passes, Distribution.drawOf(this.base, shape, stream));
  }

  /** Zero has two ways to come about: log(g + (1 - g) p(0)); all else has one: log((1 - g) p(x)). */
  protected override logDensity(value: Tensor): Tensor {
    const fromBase = fold.add(Distribution.logDensityOf(this.base, value), logFailure(this.isLogits, this.parameter));
    const either = logaddexp(fromBase, logSuccess(this.isLogits, this.parameter));
    return tf.where(tf.equal(value, 0), either, fromBase);
  }

  protected override computeMean(): Tensor {
    return fold.mul(this.base.mean, failureProbability(this.isLogits, this.parameter));
  }

  /** (1 - g)(variance + g mean²). */
  protected override computeVariance(): Tensor {
    const gate: Operand = successProbability(this.isLogits, this.parameter);
    const inner = tf.add(this.base.variance, fold.mul(tf.square(this.base.mean), gate));
    return fold.mul(inner, failureProbability(this.isLogits, this.parameter));
  }

  override enumerateSupport(): Tensor {
    return this.base.expand(this.batchShape).enumerateSupport();
  }
}

/**
 * A count that is zero with a certain probability, and else one of `base`.
 *
 * @param base - a discrete distribution of numbers.
 * @param given - exactly one of `gate`, the probability of a certain zero in [0, 1], and `gateLogits`, its log-odds;
 * broadcasts with the batch shape of `base`.
 */
export function zeroInflated(base: Distribution, given: Gate): ZeroInflated {
  return new ZeroInflated(base, given);
}
