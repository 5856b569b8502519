/** @file The distribution of a transformed standard normal vector, which remembers where its draw came from. */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import type { Constraint } from '../../constraints/constraint.ts';
import { realVector } from '../../constraints/real.ts';
import { Distribution } from '../../distributions/distribution.ts';
import { normal } from '../../distributions/normal.ts';
import { Transformed } from '../../distributions/transformed.ts';
import { globalStream } from '../../random/global.ts';
import type { RandomStream } from '../../random/stream.ts';
import { currentStack } from '../../runtime/stack.ts';
import type { Transform } from '../../transforms/transform.ts';
import type { Shape } from '../../util/shape.ts';

/**
 * y = transform(x), x standard normal. To find the density of the vector that was drawn last, the transform need not be
 * inverted, which for an autoregressive one is slow; other vectors are led back through its inverse.
 */
export class Pushforward extends Transformed {
  /** The draw that was made last, and where it came from. */
  private own: { readonly x: Tensor; readonly y: Tensor } | null = null;

  /** @param transform - of vectors of length `dimension`, onto all of them. */
  constructor(dimension: number, transform: Transform) {
    super(normal(0, 1).expand([dimension]).toEvent(1), [transform]);
  }

  override get support(): Constraint {
    return realVector;
  }

  override rsample(sampleShape: Shape = [], stream: RandomStream = globalStream().split()): Tensor {
    // Outside of handlers nobody is there to dispose of x.
    if (currentStack() === null) return super.rsample(sampleShape, stream);
    const [x, y] = tf.tidy((): [Tensor, Tensor] => {
      const noise = Distribution.drawOf(this.base, [...sampleShape, ...this.batchShape], stream);
      return [noise, this.transform.forward(noise)];
    });
    this.own = { x, y };
    return y;
  }

  protected override logDensity(value: Tensor): Tensor {
    const { own, base, transform } = this;
    const x = own !== null && own.y === value && !own.x.isDisposed ? own.x : transform.inverse(value);
    return tf.sub(Distribution.logDensityOf(base, x), transform.logAbsDetJacobian(x, value));
  }
}
