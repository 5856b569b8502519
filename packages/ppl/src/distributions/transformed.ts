/** @file The distribution of a transformed random variable. */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import type { Constraint } from '../constraints/constraint.ts';
import type { RandomStream } from '../random/stream.ts';
import { compose } from '../transforms/compose.ts';
import { imageOf } from '../transforms/image.ts';
import type { Transform } from '../transforms/transform.ts';
import { sumRightmost } from '../transforms/transform.ts';
import type { Shape } from '../util/shape.ts';
import { format } from '../util/shape.ts';
import { Distribution } from './distribution.ts';

/** The class behind {@link transformed}. */
export class Transformed extends Distribution {
  override readonly name: string = 'transformed';
  /** What is transformed; its events have at least as many dimensions as the transform takes. */
  readonly base: Distribution;
  readonly transform: Transform;

  constructor(base: Distribution, transforms: readonly Transform[]) {
    const transform = compose(transforms);
    const { batchShape, source, eventShape } = shapes(base, transform);
    super(batchShape, eventShape);
    this.base = source;
    this.transform = transform;
  }

  override get hasRsample(): boolean {
    return this.base.hasRsample;
  }

  override get support(): Constraint {
    return imageOf(this.transform, this.base.support);
  }

  override throwIfInvalid(): void {
    this.base.throwIfInvalid();
  }

  protected override draw(shape: Shape, stream: RandomStream): Tensor {
    const whole = this.transform.inverseShape([...shape, ...this.eventShape]);
    const baseShape = whole.slice(0, whole.length - this.base.eventShape.length);
    return this.transform.forward(Distribution.drawOf(this.base, baseShape, stream));
  }

  /** log p(y) = log p(x) - log |det dy/dx|, x = transform⁻¹(y). */
  protected override logDensity(value: Tensor): Tensor {
    const { base, transform } = this;
    const x = transform.inverse(value);
    const change = transform.logAbsDetJacobian(x, value);
    const spare = base.eventShape.length - transform.domain.eventDim;
    return tf.sub(Distribution.logDensityOf(base, x), sumRightmost(change, spare));
  }
}

interface Shapes {
  readonly source: Distribution;
  readonly batchShape: Shape;
  readonly eventShape: Shape;
}

/** Splits what the transform makes of the base's shape into batch and event; widens the base if it adds dimensions. */
function shapes(given: Distribution, transform: Transform): Shapes {
  const needed = transform.domain.eventDim;
  const missing = Math.max(0, needed - given.eventShape.length);
  if (missing > given.batchShape.length) {
    const shape = format([...given.batchShape, ...given.eventShape]);
    throw new Error(
      `transformed: ${transform.name} takes events of ${needed} dimension(s), but draws of ${given.name} have shape ` +
        `${shape}; expand it first`,
    );
  }
  const base = given.toEvent(missing);
  const result = transform.forwardShape([...base.batchShape, ...base.eventShape]);
  const eventRank = transform.codomain.eventDim + base.eventShape.length - needed;
  const before = transform.inverseShape(result);
  return {
    source: base.expand(before.slice(0, before.length - base.eventShape.length)),
    batchShape: result.slice(0, result.length - eventRank),
    eventShape: result.slice(result.length - eventRank),
  };
}

/**
 * The distribution of `transforms` applied to a draw of `base`, one after the other, the first first.
 *
 * Where a transform takes events of more dimensions than `base` has, batch dimensions of `base` become part of the event.
 *
 * @throws Error when `base` has too few dimensions for that.
 */
export function transformed(base: Distribution, transforms: readonly Transform[]): Transformed {
  return new Transformed(base, transforms);
}
