/** @file What guides share that are made of normalising flows. */
import type { Tensor } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import { positive } from '../../constraints/interval.ts';
import type { Distribution } from '../../distributions/distribution.ts';
import { RandomStream } from '../../random/stream.ts';
import { compose } from '../../transforms/compose.ts';
import { affine } from '../../transforms/elementwise.ts';
import type { Transform } from '../../transforms/transform.ts';
import { sortedQuantile } from '../mcmc/diagnostics/moments.ts';
import { AutoContinuous } from './autoContinuous.ts';
import type { FlatLayout } from './flatLayout.ts';
import { Pushforward } from './pushforward.ts';

/** Quantiles are those of this many draws. */
const NUM_DRAWS = 10_000;

/**
 * A standard normal vector carried through a flow, and then stretched and shifted to where the posterior is: z = loc + scale ·
 * flow(x). The parameters are `PREFIX.loc` and `PREFIX.scale`, one number a coordinate, and those of the flow.
 *
 * Quantiles and medians have no closed form: they are those of 10,000 draws, the same ones at every call.
 */
export abstract class AutoFlowGuide<A extends unknown[]> extends AutoContinuous<A> {
  /** The transform of vectors of length `dimension`, whose parameters' names begin with `prefix`. */
  protected abstract flow(dimension: number, prefix: string): Transform;

  protected override posterior(layout: FlatLayout): Distribution {
    // First of all, since these notice parameters of another model.
    const place = affine(this.loc(layout), this.scale(layout, positive));
    const flow = this.flow(layout.dimension, `${this.prefix}.flow`);
    return new Pushforward(layout.dimension, compose([flow, place]));
  }

  protected override latentQuantiles(layout: FlatLayout, qs: readonly number[]): Tensor {
    const { dimension } = layout;
    const draws = this.posterior(layout).sample([NUM_DRAWS], RandomStream.fromSeed(0)).dataSync();
    const quantiles = Array.from({ length: dimension }, (_, i) => {
      const sorted = Float32Array.from({ length: NUM_DRAWS }, (__, k) => draws[k * dimension + i] ?? NaN).sort();
      return qs.map((q) => sortedQuantile(sorted, q));
    });
    return tf.transpose(tf.tensor2d(quantiles));
  }
}
