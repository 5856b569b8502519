/** @file The uniform distribution on an interval. */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import type { Constraint } from '../constraints/constraint.ts';
import { between, greaterThan } from '../constraints/interval.ts';
import type { RandomStream } from '../random/stream.ts';
import { uniformTensor } from '../random/tensors.ts';
import type { Shape } from '../util/shape.ts';
import { broadcastShapes, shapeOf } from '../util/shape.ts';
import { Distribution } from './distribution.ts';
import * as fold from './fold.ts';
import type { Operand } from './fold.ts';
import { operand } from './fold.ts';
import type { Parameter } from './parameter.ts';
import { asTensor } from './parameter.ts';

/** The class behind {@link uniform}. */
export class Uniform extends Distribution {
  override readonly name: string = 'uniform';
  override readonly hasRsample: boolean = true;
  readonly low: Parameter;
  readonly high: Parameter;

  constructor(low: Parameter, high: Parameter) {
    super(broadcastShapes(shapeOf(low), shapeOf(high)));
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

  protected override logDensity(): Tensor {
    return asTensor(fold.neg(fold.log(this.width())));
  }

  protected override computeMean(): Operand {
    return fold.mul(fold.add(operand(this.low), operand(this.high)), 0.5);
  }

  protected override computeVariance(): Operand {
    return fold.div(fold.square(this.width()), 12);
  }

  protected override computeEntropy(): Operand {
    return fold.log(this.width());
  }

  protected override computeCdf(x: Tensor): Tensor {
    return tf.clipByValue(fold.div(fold.sub(x, operand(this.low)), this.width()), 0, 1);
  }

  protected override computeIcdf(p: Tensor): Tensor {
    return fold.add(fold.mul(p, this.width()), operand(this.low));
  }

  private width(): Operand {
    return fold.sub(operand(this.high), operand(this.low));
  }
}

/**
 * The uniform distribution on [low, high].
 *
 * @param low - any shape.
 * @param high - above `low`; broadcasts with it to the batch shape.
 */
export function uniform(low: Parameter, high: Parameter): Uniform {
  return new Uniform(low, high);
}
