/** @file All mass on one value. */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import type { Constraint } from '../constraints/constraint.ts';
import { independent } from '../constraints/independent.ts';
import { real } from '../constraints/real.ts';
import type { Shape } from '../util/shape.ts';
import { broadcastShapes, shapeOf } from '../util/shape.ts';
import { Distribution } from './distribution.ts';
import type { Operand } from './fold.ts';
import { operand } from './fold.ts';
import { exact } from '../ops/exact.ts';
import type { Parameter } from './parameter.ts';
import { asTensor } from './parameter.ts';

/** The class behind {@link delta}. */
export class Delta extends Distribution {
  override readonly name: string = 'delta';
  override readonly hasRsample: boolean = true;
  readonly value: Parameter;
  /** The log-density at `value`: of a value that was itself drawn, its log-density. */
  readonly logWeight: Parameter;

  constructor(value: Parameter, logWeight: Parameter = 0, eventDim: number = 0) {
    const shape = shapeOf(value);
    if (!Number.isInteger(eventDim) || eventDim < 0 || eventDim > shape.length) {
      throw new RangeError(`delta: eventDim must lie in 0 .. ${shape.length}, the number of dimensions of the value; got ${eventDim}`);
    }
    const batchRank = shape.length - eventDim;
    super(broadcastShapes(shape.slice(0, batchRank), shapeOf(logWeight)), shape.slice(batchRank));
    this.require('value', value, real);
    this.value = value;
    this.logWeight = logWeight;
  }

  override get dtype(): 'float32' | 'int32' {
    return this.value instanceof tf.Tensor && this.value.dtype === 'int32' ? 'int32' : 'float32';
  }

  override get support(): Constraint {
    return independent(real, this.eventShape.length);
  }

  protected override draw(shape: Shape): Tensor {
    return tf.broadcastTo(this.tensor(), [...shape, ...this.eventShape]);
  }

  protected override logDensity(value: Tensor): Tensor {
    const isEqual = tf.equal(value, this.tensor());
    const axes = this.eventShape.map((_, i) => isEqual.rank - 1 - i);
    const isHere = axes.length === 0 ? isEqual : tf.all(isEqual, axes);
    return tf.where(isHere, exact(operand(this.logWeight)), -Infinity);
  }

  protected override computeMean(): Operand {
    return operand(this.value);
  }

  protected override computeVariance(): Operand {
    return 0;
  }

  /** The value, at its own type. */
  private tensor(): Tensor {
    return this.dtype === 'int32' ? (this.value as Tensor) : asTensor(this.value);
  }
}

/**
 * The distribution that always gives `value`, differentiably. Its batch shape is that of `value`: use `toEvent` where
 * dimensions belong together, or `eventDim`.
 *
 * @param logDensity - what `logProb` is at `value`; 0 by default. It broadcasts with the batch shape.
 * @param eventDim - how many of the rightmost dimensions of `value` are one event, with one `logDensity`; 0 by default.
 * @throws RangeError when `value` has fewer dimensions.
 */
export function delta(value: Parameter, logDensity: Parameter = 0, eventDim: number = 0): Delta {
  return new Delta(value, logDensity, eventDim);
}
