/** @file The log density of a model, compiled. */
import { canReadSynchronously } from '../../../distributions/parameter.ts';
import type { SiteValue } from '../target.ts';
import type { WorkerTarget } from '../workers/workerTarget.ts';
import { benignPoint, CompiledSites, cutSites } from './compiledSites.ts';
import type { ModelDensity } from './modelDensity.ts';
import type { ModelRun } from './modelRun.ts';
import { compileProgram } from './program.ts';
import type { Program } from './program.ts';

/**
 * The model is traced once, in float64 throughout: an evaluation runs the compiled program of value and gradient, and
 * allocates nothing. The program that leads back to the sites is compiled when first asked for.
 */
export class CompiledModelDensity implements ModelDensity {
  readonly dimension: number;
  private readonly program: Program;
  private readonly sites: CompiledSites;

  /**
   * @throws TraceError (or a SiteError caused by one) when the model cannot be traced.
   * @throws ModelChanged when its latent sites are not those of the first run.
   */
  constructor(run: ModelRun) {
    const { dimension } = run;
    this.dimension = dimension;
    this.sites = new CompiledSites(run);
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
    return this.sites.constrain(q);
  }

  /** The point whose sites have these values, flat and in the order of the sites; in float64, and unchecked. */
  unconstrain(values: readonly Float64Array[]): Float64Array {
    return this.sites.unconstrain(values);
  }

  /** Both programs as bytes. */
  toWorker(): WorkerTarget {
    const { program, layout } = this.sites.forward;
    return { density: this.program.compiled.toBytes(), constrain: program.compiled.toBytes(), layout };
  }
}
