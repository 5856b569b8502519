/** @file The log density of a model, evaluated by running it on the active tfjs backend. */
import * as tf from '@tensorflow/tfjs-core';
import type { Scalar, Tensor } from '@tensorflow/tfjs-core';
import { SeedHandler } from '../../../handlers/seed.ts';
import { TraceHandler } from '../../../handlers/trace.ts';
import type { RandomStream } from '../../../random/stream.ts';
import type { Stack } from '../../../runtime/stack.ts';
import { currentStack, withStack } from '../../../runtime/stack.ts';
import type { Trace } from '../../../runtime/trace.ts';
import { isValidationOn, withValidation } from '../../../util/validation.ts';
import { format } from '../../../util/shape.ts';
import type { LogDensity } from '../logDensity.ts';
import type { Model, SiteValue } from '../target.ts';
import type { LatentSite } from './latentSites.ts';
import { findLatentSites } from './latentSites.ts';
import { ConstrainHandler, UnconstrainHandler } from './unconstrain.ts';

/**
 * log p(latent sites, observations) of a model over unconstrained space, volume changes of the bijections included.
 *
 * Each call of {@link evaluate} runs the model and its gradient in float32, under the handlers that were in force when
 * this object was made. Randomness that is no latent site is drawn from one fixed stream, so that the density is a
 * function. Parameters are read from their store and stay constant.
 */
export class EagerModelDensity implements LogDensity {
  readonly dimension: number;
  readonly sites: readonly LatentSite[];
  private readonly model: Model;
  private readonly args: readonly unknown[];
  private readonly stream: RandomStream;
  private readonly stack: Stack;

  /** @throws SiteError when the model cannot be sampled; see `findLatentSites`. */
  constructor(model: Model, args: readonly unknown[], stream: RandomStream) {
    this.model = model;
    this.args = args;
    this.stream = stream;
    this.stack = currentStack();
    this.sites = findLatentSites(model, args, stream);
    this.dimension = this.sites.reduce((sum, site) => sum + site.size, 0);
  }

  evaluate(q: Float64Array, gradient: Float64Array): number {
    return this.inModel(false, () => {
      const inputs = this.split(q);
      const { value, grads } = tf.engine().gradients(() => this.logDensity(inputs), inputs, undefined, true);
      this.sites.forEach((site, i) => {
        // A site that nothing depends on has no gradient.
        const part: Tensor | null = grads[i] ?? null;
        if (part === null) gradient.fill(0, site.offset, site.offset + site.size);
        else gradient.set(part.dataSync(), site.offset);
      });
      return value.dataSync()[0] ?? NaN;
    });
  }

  /** The values of all latent and deterministic sites at `q`. */
  constrain(q: Float64Array): Record<string, SiteValue> {
    return this.inModel(false, () => {
      const { trace } = this.run(this.split(q));
      const values: Record<string, SiteValue> = {};
      for (const site of [...trace.stochasticSites(), ...trace.deterministicSites()]) {
        values[site.name] = { data: Float64Array.from(site.value.dataSync()), shape: [...site.value.shape] };
      }
      return values;
    });
  }

  /**
   * The point whose sites have these values.
   *
   * @throws SiteError when `valueOf` has no value for a site.
   */
  unconstrain(valueOf: ConstructorParameters<typeof UnconstrainHandler>[0]): Float64Array {
    const q = new Float64Array(this.dimension);
    this.inModel(isValidationOn(), () => {
      const handler = new UnconstrainHandler(valueOf);
      new SeedHandler({ seed: this.stream }).run(() => handler.run(() => this.model(...(this.args as never[]))));
      for (const { name, offset } of this.sites) {
        const x = handler.unconstrained.get(name);
        if (x !== undefined) q.set(x.dataSync(), offset);
      }
      return 0;
    });
    return q;
  }

  /**
   * Why the density is not finite at `q`: the first site that refuses its parameters or its value, or whose log-density
   * is not finite; `null` if there is none.
   */
  explain(q: Float64Array): string | null {
    try {
      return this.inModel(true, () => {
        const { trace } = this.run(this.split(q));
        for (const { name, logProb, value } of trace.sampleSites()) {
          const total = tf.sum(logProb).dataSync()[0] ?? NaN;
          if (!Number.isFinite(total)) return `site "${name}": its log-density is ${total} (value of shape ${format(value.shape)})`;
        }
        return null;
      });
    } catch (error) {
      return error instanceof Error ? error.message : String(error);
    }
  }

  /** Which site, and which element of it, a coordinate belongs to: `theta[3]`. */
  describeCoordinate(index: number): string {
    const site = this.sites.find(({ offset, size }) => index >= offset && index < offset + size);
    if (site === undefined) return `coordinate ${index}`;
    if (site.unconstrainedShape.length === 0) return site.name;
    let rest = index - site.offset;
    const position: number[] = [];
    for (const size of [...site.unconstrainedShape].reverse()) {
      position.unshift(rest % size);
      rest = Math.floor(rest / size);
    }
    return `${site.name}[${position.join(',')}]`;
  }

  private split(q: Float64Array): Tensor[] {
    return this.sites.map(({ offset, size, unconstrainedShape }) =>
      tf.tensor(Float32Array.from(q.subarray(offset, offset + size)), [...unconstrainedShape]),
    );
  }

  private logDensity(inputs: readonly Tensor[]): Scalar {
    const { trace, logVolume } = this.run(inputs);
    return tf.add(trace.logProbSum(), logVolume);
  }

  private run(inputs: readonly Tensor[]): { trace: Trace; logVolume: Scalar } {
    const constrain = new ConstrainHandler(new Map(this.sites.map(({ name }, i) => [name, inputs[i] as Tensor])));
    const tracer = new TraceHandler();
    const seed = new SeedHandler({ seed: this.stream });
    tracer.run(() => seed.run(() => constrain.run(() => this.model(...(this.args as never[])))));
    return { trace: tracer.trace(), logVolume: constrain.logVolume() };
  }

  /** Runs `body` under the captured handlers, frees its tensors, and switches the checks on or off meanwhile. */
  private inModel<R>(validate: boolean, body: () => R): R {
    const engine = tf.engine();
    engine.startScope('density');
    try {
      return withValidation(validate, () => withStack(this.stack, body));
    } finally {
      engine.endScope([]);
    }
  }
}
