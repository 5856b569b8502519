/** @file Batch dimensions made into event dimensions. */
import type { Tensor } from '@tensorflow/tfjs-core';
import type { Constraint } from '../constraints/constraint.ts';
import { independent as independentConstraint } from '../constraints/independent.ts';
import type { RandomStream } from '../random/stream.ts';
import { sumRightmost } from '../transforms/transform.ts';
import type { Shape } from '../util/shape.ts';
import { format } from '../util/shape.ts';
import { Distribution } from './distribution.ts';
import { wrappers } from './wrappers.ts';

/** The class behind {@link independent}. */
export class Independent extends Distribution {
  override readonly name: string;
  readonly base: Distribution;
  /** How many of the base's rightmost batch dimensions belong to the event. */
  readonly reinterpreted: number;

  constructor(base: Distribution, reinterpreted: number) {
    const rank = base.batchShape.length;
    if (!Number.isInteger(reinterpreted) || reinterpreted < 0 || reinterpreted > rank) {
      throw new RangeError(
        `${base.name}: cannot make ${reinterpreted} batch dimensions part of the event; its batch shape is ` +
          format(base.batchShape),
      );
    }
    super(base.batchShape.slice(0, rank - reinterpreted), [
      ...base.batchShape.slice(rank - reinterpreted),
      ...base.eventShape,
    ]);
    this.name = base.name;
    this.base = base;
    this.reinterpreted = reinterpreted;
  }

  override get hasRsample(): boolean {
    return this.base.hasRsample;
  }

  override get dtype(): 'float32' | 'int32' {
    return this.base.dtype;
  }

  override get support(): Constraint {
    return independentConstraint(this.base.support, this.reinterpreted);
  }

  override throwIfInvalid(): void {
    this.base.throwIfInvalid();
  }

  protected override draw(shape: Shape, stream: RandomStream): Tensor {
    const within = this.eventShape.slice(0, this.reinterpreted);
    return Distribution.drawOf(this.base, [...shape, ...within], stream);
  }

  protected override sanitise(value: Tensor): Tensor {
    return Distribution.sanitiseFor(this.base, value);
  }

  protected override logDensity(value: Tensor): Tensor {
    return sumRightmost(Distribution.logDensityOf(this.base, value), this.reinterpreted);
  }

  protected override computeMean(): Tensor {
    return this.base.mean;
  }

  protected override computeVariance(): Tensor {
    return this.base.variance;
  }

  protected override computeEntropy(): Tensor {
    return sumRightmost(this.base.entropy(), this.reinterpreted);
  }

  protected override computeCdf(x: Tensor): Tensor {
    return this.base.cdf(x);
  }

  protected override computeIcdf(p: Tensor): Tensor {
    return this.base.icdf(p);
  }

  /** Only of a single batch of events: the values of a product are too many to list. */
  override enumerateSupport(): Tensor {
    if (this.reinterpreted > 0) return super.enumerateSupport();
    return expandedBase(this).enumerateSupport();
  }

  override toEvent(n: number = this.batchShape.length): Distribution {
    return n === 0 ? this : new Independent(expandedBase(this), this.reinterpreted + n);
  }
}

/** The base, over the batch shape that its wrapper may have been expanded to. */
function expandedBase({ base, batchShape, eventShape, reinterpreted }: Independent): Distribution {
  return base.expand([...batchShape, ...eventShape.slice(0, reinterpreted)]);
}

/**
 * `base`, with the rightmost `n` batch dimensions as part of the event: its log-density is summed over them.
 *
 * @throws RangeError when `base` has fewer batch dimensions.
 */
export function independent(base: Distribution, n: number): Independent {
  return new Independent(base, n);
}

wrappers.independent = independent;
