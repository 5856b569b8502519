/** @file A model's density with its likelihood to a power: the bridge from prior to posterior. */
import * as tf from '@tensorflow/tfjs-core';
import type { Scalar, Tensor } from '@tensorflow/tfjs-core';
import { compileSync, type CompiledProgram } from '@tychejs/jit';
import { canReadSynchronously } from '../../distributions/parameter.ts';
import type { LogDensity } from '../mcmc/logDensity.ts';
import { benignPoint, CompiledSites, cutSites } from '../mcmc/model/compiledSites.ts';
import { EagerModelDensity } from '../mcmc/model/eagerDensity.ts';
import { byEngine } from '../mcmc/model/engine.ts';
import type { ModelRun } from '../mcmc/model/modelRun.ts';
import { unconstrain } from '../mcmc/model/unconstrain.ts';
import type { Engine, Model, SiteValue } from '../mcmc/target.ts';

/**
 * log p(latent) + β log p(observations | latent) over unconstrained space, volume changes of the bijections included. `factor`
 * statements belong to the likelihood.
 */
export interface TemperedDensity extends LogDensity {
  /** β, from 0 (the prior) to 1 (the posterior). */
  temperature: number;
  /** log p(observations | latent) where `evaluate` was called last. */
  readonly logLikelihood: number;
  /** The values of all latent and deterministic sites at a point. */
  constrain(q: Float64Array): Record<string, SiteValue>;
  /** The point whose latent sites have these values, flat and in the order of the model. */
  unconstrain(values: readonly Float64Array[]): Float64Array;
}

/** Compiled or eager, as `engine` says. @throws Error for `'compiled'` when the model cannot be compiled. */
export function temperedDensity(run: ModelRun, model: Model, engine: Engine): TemperedDensity {
  return byEngine(engine, model, () => new CompiledTempered(run), () => new EagerTempered(run));
}

/** The tempered log density, and the log likelihood. */
function logDensities(run: ModelRun, unconstrained: readonly Tensor[], temperature: Tensor | number): [Scalar, Scalar] {
  const { trace, logVolume } = run.trace(unconstrained);
  const logLikelihood = trace.logProbSum((site) => site.isObserved);
  const logPrior = trace.logProbSum((site) => !site.isObserved);
  return [tf.addN([logPrior, logVolume, tf.mul(temperature, logLikelihood)]) as Scalar, logLikelihood];
}

class CompiledTempered extends CompiledSites implements TemperedDensity {
  readonly dimension: number;
  temperature = 1;
  logLikelihood: number = Number.NaN;
  private readonly compiled: CompiledProgram;
  private readonly views: readonly Float64Array[];

  constructor(run: ModelRun) {
    super(run);
    const { dimension } = run;
    this.dimension = dimension;
    const density = (q: Tensor, temperature: Tensor): Tensor[] =>
      run.within(false, () => logDensities(run, cutSites(q, run), temperature));
    const compiled = compileSync(density as (...xs: Tensor[]) => Tensor[], {
      inputs: [{ shape: [dimension] }, { shape: [], grad: false }],
      valueAndGrad: true,
      point: canReadSynchronously() ? [benignPoint(dimension), [0.5]] : null,
      relaxedSimd: false,
    });
    this.compiled = compiled;
    this.views = [compiled.inputView(0), compiled.inputView(1), compiled.outputView(0), compiled.outputView(1), compiled.gradientView(0)].map(
      (view) => (view ?? new Float64Array(0)) as Float64Array,
    );
  }

  evaluate(q: Float64Array, gradient: Float64Array): number {
    const [position, temperature, value, logLikelihood, slope] = this.views as [Float64Array, Float64Array, Float64Array, Float64Array, Float64Array];
    position.set(q);
    temperature[0] = this.temperature;
    this.compiled.execute();
    gradient.set(slope);
    this.logLikelihood = logLikelihood[0] ?? Number.NaN;
    return value[0] ?? Number.NaN;
  }
}

class EagerTempered implements TemperedDensity {
  readonly dimension: number;
  temperature = 1;
  logLikelihood: number = Number.NaN;
  private readonly run: ModelRun;
  private readonly whole: EagerModelDensity;

  constructor(run: ModelRun) {
    this.run = run;
    this.whole = new EagerModelDensity(run);
    this.dimension = run.dimension;
  }

  evaluate(q: Float64Array, gradient: Float64Array): number {
    const { run, temperature } = this;
    return run.tidily(false, () => {
      const inputs = run.split(q);
      const density = (): Scalar => {
        const [value, logLikelihood] = logDensities(run, inputs, temperature);
        this.logLikelihood = logLikelihood.dataSync()[0] ?? Number.NaN;
        return value;
      };
      const { value, grads } = tf.engine().gradients(density, inputs, undefined, true);
      run.sites.forEach((site, i) => {
        const part: Tensor | null = grads[i] ?? null;
        if (part === null) gradient.fill(0, site.offset, site.offset + site.size);
        else gradient.set(part.dataSync(), site.offset);
      });
      return value.dataSync()[0] ?? Number.NaN;
    });
  }

  constrain(q: Float64Array): Record<string, SiteValue> {
    return this.whole.constrain(q);
  }

  unconstrain(values: readonly Float64Array[]): Float64Array {
    const indices = new Map(this.run.sites.map(({ name }, i) => [name, i]));
    return unconstrain(this.run, ({ name, distribution }) => {
      const shape = [...distribution.batchShape, ...distribution.eventShape];
      return tf.tensor(Float32Array.from(values[indices.get(name) ?? -1] ?? []), shape);
    });
  }
}
