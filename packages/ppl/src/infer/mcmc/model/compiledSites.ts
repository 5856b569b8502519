/** @file Compiled ways from points of unconstrained space to the values of sites, and back. */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import { sizeOf } from '../../../util/shape.ts';
import type { SiteValue } from '../target.ts';
import type { WorkerTarget } from '../workers/workerTarget.ts';
import type { ModelRun } from './modelRun.ts';
import { compileProgram } from './program.ts';
import type { Program } from './program.ts';
import { UnconstrainHandler } from './unconstrain.ts';

/** A program that gives the values of sites, one result a site. */
export interface SiteProgram {
  readonly program: Program;
  readonly layout: WorkerTarget['layout'];
}

/** Both ways, each compiled when first asked for. */
export class CompiledSites {
  private readonly run: ModelRun;
  private cachedForward: SiteProgram | null = null;
  private cachedInverse: Program | null = null;

  constructor(run: ModelRun) {
    this.run = run;
  }

  /** The values of all latent and deterministic sites at `q`. */
  constrain(q: Float64Array): Record<string, SiteValue> {
    const { program, layout } = this.forward;
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
    const q = new Float64Array(this.run.dimension);
    this.run.sites.forEach(({ offset }, i) => q.set(program.outputs[i] as Float64Array, offset));
    return q;
  }

  /** The program of {@link constrain}. */
  get forward(): SiteProgram {
    this.cachedForward ??= compileForward(this.run);
    return this.cachedForward;
  }
}

function compileForward(run: ModelRun): SiteProgram {
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
export function cutSites(q: Tensor, { sites }: ModelRun): Tensor[] {
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
export function benignPoint(dimension: number): number[] {
  return Array.from({ length: dimension }, (_, i) => ((37 * i) % 17 - 8) / 64);
}
