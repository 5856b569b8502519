/** @file The log density of a model, evaluated by running it on the active tfjs backend. */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import type { SiteValue } from '../target.ts';
import type { ModelDensity } from './modelDensity.ts';
import type { ModelRun } from './modelRun.ts';

/** Each evaluation runs the model and its gradient, in float32. */
export class EagerModelDensity implements ModelDensity {
  readonly dimension: number;
  private readonly run: ModelRun;

  constructor(run: ModelRun) {
    this.run = run;
    this.dimension = run.dimension;
  }

  evaluate(q: Float64Array, gradient: Float64Array): number {
    const { run } = this;
    return run.tidily(false, () => {
      const inputs = run.split(q);
      const { value, grads } = tf.engine().gradients(() => run.logDensity(inputs), inputs, undefined, true);
      run.sites.forEach((site, i) => {
        // A site that nothing depends on has no gradient.
        const part: Tensor | null = grads[i] ?? null;
        if (part === null) gradient.fill(0, site.offset, site.offset + site.size);
        else gradient.set(part.dataSync(), site.offset);
      });
      return value.dataSync()[0] ?? NaN;
    });
  }

  constrain(q: Float64Array): Record<string, SiteValue> {
    const { run } = this;
    return run.tidily(false, () => {
      const { trace } = run.trace(run.split(q));
      const values: Record<string, SiteValue> = {};
      for (const { name, value } of [...trace.stochasticSites(), ...trace.deterministicSites()]) {
        values[name] = { data: Float64Array.from(value.dataSync()), shape: [...value.shape] };
      }
      return values;
    });
  }
}
