/** @file The measure with density one: a prior without a distribution. */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import type { Constraint } from '../constraints/constraint.ts';
import { independent } from '../constraints/independent.ts';
import type { Shape } from '../util/shape.ts';
import { format } from '../util/shape.ts';
import { Distribution } from './distribution.ts';

/** The class behind {@link improperUniform}. */
export class ImproperUniform extends Distribution {
  override readonly name: string = 'improperUniform';
  override readonly hasRsample: boolean = false;
  override readonly support: Constraint;

  constructor(support: Constraint, batchShape: Shape = [], eventShape: Shape = []) {
    if (eventShape.length < support.eventDim) {
      throw new Error(
        `improperUniform: ${support.name} takes events of ${support.eventDim} dimension(s), but the event shape is ` +
          format(eventShape),
      );
    }
    super([...batchShape], [...eventShape]);
    this.support = independent(support, eventShape.length - support.eventDim);
  }

  protected override draw(): Tensor {
    throw new Error(
      `improperUniform on ${this.support.name} has no draws: it is not a probability distribution. Condition the site ` +
        'on a value, or choose an initStrategy that needs no draws from the prior, such as initToFeasible or initToUniform.',
    );
  }

  protected override logDensity(): Tensor {
    return tf.scalar(0);
  }
}

/**
 * Log-density zero on all of `support`. The posterior must be proper by grace of the data.
 *
 * @throws Error when the event shape has fewer dimensions than the events of `support`; and on every attempt to draw.
 */
export function improperUniform(support: Constraint, batchShape?: Shape, eventShape?: Shape): ImproperUniform {
  return new ImproperUniform(support, batchShape, eventShape);
}
