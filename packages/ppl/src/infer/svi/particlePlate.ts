/** @file All particles in one run: guide and model inside of a plate over particles. */
import { isTracing } from '../../backend/tracing.ts';
import { plate } from '../../plate.ts';
import type { SampleSite } from '../../runtime/site.ts';
import type { Trace } from '../../runtime/trace.ts';
import { format } from '../../util/shape.ts';
import type { Program } from './loss.ts';
import { checkSeparate } from './particleCheck.ts';
import type { Particle, ParticleOptions } from './particle.ts';
import { runParticle } from './particle.ts';
import type { Particles } from './particles.ts';
import { scratch } from './scratch.ts';

/** The plate over particles; models must not use the name. */
const NAME = '_particles';

/** Runs guide and model for all particles at once. It remembers how many batch dimensions a pair of them has. */
export class ParticlePlate {
  private readonly where: string;
  private readonly count: number;
  private readonly ranks = new WeakMap<object, WeakMap<object, number>>();

  /** @param where - the class as users call it, for error messages. */
  constructor(where: string, count: number) {
    this.where = where;
    this.count = count;
  }

  /**
   * One run with all particles. The first of a model and guide takes two runs with one particle besides: to find the number
   * of batch dimensions, to the left of which the particles' goes, and to see that particles do not mix.
   *
   * @throws Error when the two cannot run with one more batch dimension, naming the site; else what {@link runParticle} throws.
   */
  run<A extends unknown[]>(model: Program<A>, guide: Program<A>, args: A, options: ParticleOptions): Particles {
    const known = this.ranks.get(guide)?.get(model);
    if (known !== undefined) {
      try {
        return this.atOnce(known, model, guide, args, options);
      } catch {
        // There may be more dimensions than before, or model and guide may fail by themselves: that is found out below.
      }
    }
    const single = scratch(() => summary(runParticle(model, guide, args, options)));
    const particles = this.atOnce(single.batchRank, model, guide, args, options);
    const [run] = particles.runs;
    if (run !== undefined) {
      const problem = checkSeparate(run, single.shapes, model, guide, args, options);
      if (problem !== null) throw this.refusal(problem, single.batchRank);
    }
    this.remember(model, guide, single.batchRank);
    return particles;
  }

  private atOnce<A extends unknown[]>(
    batchRank: number,
    model: Program<A>,
    guide: Program<A>,
    args: A,
    options: ParticleOptions,
  ): Particles {
    const { count } = this;
    const dim = -batchRank - 1;
    // Inside of traces, so that whoever compares model and guide sees both with their particles.
    const inPlate = (program: Program<A>): Program<A> => (...given) => plate(NAME, count, { dim }, () => program(...given));
    let run: Particle;
    try {
      run = runParticle(inPlate(model), inPlate(guide), args, options);
    } catch (error) {
      if (isTracing()) throw error;
      throw this.refusal(error instanceof Error ? error.message : String(error), batchRank, error);
    }
    for (const site of sitesOf(run)) {
      const { batchShape } = site.distribution;
      if (batchShape.length === batchRank + 1) continue;
      throw this.refusal(`site "${site.name}" has batch shape ${format(batchShape)}`, batchRank);
    }
    return { runs: [run], count, dim };
  }

  private remember(model: object, guide: object, batchRank: number): void {
    const row = this.ranks.get(guide) ?? new WeakMap<object, number>();
    this.ranks.set(guide, row.set(model, batchRank));
  }

  private refusal(problem: string, batchRank: number, cause?: unknown): Error {
    return new Error(
      `${this.where}: guide and model cannot be run for all ${this.count} particles at once (vectorizeParticles: true). Particles are ` +
        `dimension ${-batchRank - 1} of every batch shape: compute with operations that broadcast over it, and count dimensions ` +
        `from the right, as in tf.sum(x, -1). Change that, or leave vectorizeParticles out. What went wrong: ${problem}`,
      { cause },
    );
  }
}

interface Summary {
  /** The largest number of batch dimensions of any site, plates around it included. */
  readonly batchRank: number;
  /** The shapes of the guide's draws. */
  readonly shapes: ReadonlyMap<string, readonly number[]>;
}

function summary(run: Particle): Summary {
  const ranks = sitesOf(run).map((site) => site.distribution.batchShape.length);
  const depths = [run.guide, run.model].flatMap(depthsOf);
  return {
    batchRank: Math.max(0, ...ranks, ...depths),
    shapes: new Map(run.guide.sampleSites().map((site) => [site.name, site.value.shape])),
  };
}

function sitesOf({ guide, model }: Particle): SampleSite[] {
  return [...guide.sampleSites(), ...model.sampleSites()];
}

/** How deep in plates sites of all kinds stand. */
function depthsOf(trace: Trace): number[] {
  return [...trace.nodes.values()].flatMap((site) => site.plates.map((frame) => -(frame.dim ?? 0)));
}
