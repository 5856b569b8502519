/** @file The log density of a model, compiled. */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import { canReadSynchronously } from '../../../distributions/parameter.ts';
import { sizeOf } from '../../../util/shape.ts';
import type { SiteValue } from '../target.ts';
import type { WorkerTarget } from '../workers/workerTarget.ts';
import type { ModelDensity } from './modelDensity.ts';
import type { ModelRun } from './modelRun.ts';
import { compileProgram } from './program.ts';
import type { Program } from './program.ts';
import { UnconstrainHandler } from './unconstrain.ts';

/** A program that gives the values of sites, one result a site. */
interface SiteProgram {
  readonly program: Program;
  readonly layout: WorkerTarget['layout'];
}

/**
 * The model is traced once, in float64 throughout: an evaluation runs the compiled program of value and gradient, and
 * allocates nothing. The program that leads back to the sites is compiled when first asked for.
 */
export class CompiledModelDensity implements ModelDensity {
  readonly dimension: number;
  private readonly run: ModelRun;
  private readonly program: Program;
  private cachedSites: SiteProgram | null = null;
  private cachedInverse: Program | null = null;

  /**
   * @throws TraceError (or a SiteError caused by one) when the model cannot be traced.
   * @throws ModelChanged when its latent sites are not those of the first run.
   */
  constructor(run: ModelRun) {
    const { dimension } = run;
    this.run = run;
    this.dimension = dimension;
    this.program = compileProgram((q) => run.within(false, () => run.logDensity(cutSites(q, run))), {
      dimension,
      valueAndGrad: true,
      // Comparing takes reading at once, which some graphics cards refuse.
      point: canReadSynchronously() ? benignPoint(dimension) : null,
    });
  }

  evaluate(q: Float64Array, gradient: Float64Array): number {
    const { compiled, input, outputs, gradient: slope } = this.program;
    input.set(q);
    compiled.execute();
    gradient.set(slope);
    return outputs[0]?.[0] ?? NaN;
  }

  constrain(q: Float64Array): Record<string, SiteValue> {
    const { program, layout } = this.sites;
    program.input.set(q);
    program.compiled.execute();
    const values: Record<string, SiteValue> = {};
    layout.forEach(({ name, shape }, i) => {
      values[name] = { data: (program.outputs[i] as Float64Array).slice(), shape };
    });
    return values;
  }

  /** The point whose sites have these values, flat and in the order of the sites; in float64, and unchecked. */
  unconstrain(values: readonly Float64Array[]): Float64Array {
    this.cachedInverse ??= compileInverse(this.run);
    const program = this.cachedInverse;
    let end = 0;
    for (const value of values) {
      program.input.set(value, end);
      end += value.length;
    }
    program.compiled.execute();
    const q = new Float64Array(this.dimension);
    this.run.sites.forEach(({ offset }, i) => q.set(program.outputs[i] as Float64Array, offset));
    return q;
  }

  /** Both programs as bytes. */
  toWorker(): WorkerTarget {
    const { program, layout } = this.sites;
    return { density: this.program.compiled.toBytes(), constrain: program.compiled.toBytes(), layout };
  }

  private get sites(): SiteProgram {
    this.cachedSites ??= compileSites(this.run);
    return this.cachedSites;
  }
}

function compileSites(run: ModelRun): SiteProgram {
  let layout: WorkerTarget['layout'] = [];
  const program = compileProgram(
    (q) => {
      const { trace } = run.within(false, () => run.trace(cutSites(q, run)));
      const sites = [...trace.stochasticSites(), ...trace.deterministicSites()];
      layout = sites.map(({ name, value }) => ({ name, shape: [...value.shape] }));
      return sites.map(({ value }) => tf.cast(value, 'float32'));
    },
    { dimension: run.dimension, valueAndGrad: false, point: null },
  );
  return { program, layout };
}

function compileInverse(run: ModelRun): Program {
  const shapes = run.sites.map(({ shape }) => shape);
  const dimension = shapes.reduce((sum, shape) => sum + sizeOf(shape), 0);
  const inverse = (values: Tensor): Tensor[] => {
    const parts = new Map(cut(values, shapes).map((part, i) => [run.sites[i]?.name, part]));
    const handler = new UnconstrainHandler(({ name }) => parts.get(name) as Tensor, run.latent.leftToOthers);
    run.within(false, () => run.call(handler));
    return run.sites.map(({ name }) => handler.unconstrained.get(name) as Tensor);
  };
  return compileProgram(inverse, { dimension, valueAndGrad: false, point: null });
}

/** A point of unconstrained space in parts, one a site. */
function cutSites(q: Tensor, { sites }: ModelRun): Tensor[] {
  return cut(q, sites.map(({ unconstrainedShape }) => unconstrainedShape));
}

/** A flat vector in consecutive parts of these shapes. */
function cut(x: Tensor, shapes: readonly (readonly number[])[]): Tensor[] {
  let offset = 0;
  return shapes.map((shape) => {
    const part = tf.slice(x, [offset], [sizeOf(shape)]);
    offset += sizeOf(shape);
    return tf.reshape(part, [...shape]);
  });
}

/** Near the origin, where most densities are tame, but not at it, where many have a symmetry; exact in float32. */
function benignPoint(dimension: number): number[] {
  return Array.from({ length: dimension }, (_, i) => ((37 * i) % 17 - 8) / 64);
}
