/** @file The distribution behind `factor`: one outcome, of any weight. */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import type { Constraint } from '../constraints/constraint.ts';
import { IndependentConstraint } from '../constraints/independent.ts';
import { real } from '../constraints/real.ts';
import type { Shape } from '../util/shape.ts';
import { shapeOf } from '../util/shape.ts';
import { Distribution } from './distribution.ts';
import type { Parameter } from './parameter.ts';
import { asTensor } from './parameter.ts';

/** Vectors of length 0. Of their elements, none, `tf.all` says that not all are real. */
class EmptyVectors extends IndependentConstraint {
  constructor() {
    super(real, 1, 'empty');
  }

  override check(value: Tensor): Tensor {
    return tf.ones(value.shape.slice(0, -1), 'bool');
  }
}

const emptyVectors: Constraint = new EmptyVectors();

/** An unnormalised measure on the empty vector (event shape [0]) whose log-density is given. */
export class Factor extends Distribution {
  override readonly name: string = 'factor';
  override readonly hasRsample: boolean = true;
  readonly logFactor: Parameter;

  constructor(logFactor: Parameter) {
    super(shapeOf(logFactor), [0]);
    this.logFactor = logFactor;
  }

  override get support(): Constraint {
    return emptyVectors;
  }

  protected override draw(shape: Shape): Tensor {
    return tf.zeros([...shape, 0]);
  }

  protected override logDensity(): Tensor {
    return tf.clone(asTensor(this.logFactor));
  }
}

/** One outcome whose log-density is `logFactor`, of any shape: the batch shape. */
export function factorDistribution(logFactor: Parameter): Factor {
  return new Factor(logFactor);
}
