/** @file Pathfinder: a quick approximation of a posterior, by normal densities along the way to its modes. */
import { globalStream } from '../../random/global.ts';
import { RandomStream } from '../../random/stream.ts';
import { psis } from '../importance/psis.ts';
import { logSumExp } from '../importance/weights.ts';
import { Callbacks } from '../mcmc/callbacks.ts';
import { messageOf } from '../mcmc/chainError.ts';
import { constrainDraws } from '../mcmc/constrainDraws.ts';
import type { LogDensity } from '../mcmc/logDensity.ts';
import { InitialPointError } from '../mcmc/initialPoint.ts';
import { SampleStore, type SampleArray } from '../mcmc/samples.ts';
import { resolveTarget, type Model, type Target } from '../mcmc/target.ts';
import { followPath, type FinishedPath } from './followPath.ts';
import { checkPathfinderOptions, type PathfinderOptions, type PathfinderSettings } from './options.ts';
import { mixtureLogRatios, resample, stack, type PooledDraw } from './pool.ts';
import { describeProblems } from './problems.ts';
import type { PathfinderFailure, PathfinderResult } from './result.ts';
import { PathError } from './singlePath.ts';

/** All paths of a run failed. */
export class PathfinderError extends Error {
  override readonly name: string = 'PathfinderError';
  readonly failures: readonly PathfinderFailure[];

  constructor(failures: readonly PathfinderFailure[]) {
    const reasons = failures.map(({ path, cause }) => `path ${path}: ${messageOf(cause)}`);
    super(`infer.pathfinder: all ${failures.length} paths failed. ${reasons.join(' ')}`, { cause: failures[0]?.cause });
    this.failures = failures;
  }
}

/**
 * Pathfinder, a quick variational approximation: from several initial points, L-BFGS climbs to a mode; at each of its steps, the
 * inverse Hessian that it estimates makes a normal density; the one with the greatest ELBO is kept. Draws of all paths are
 * pooled, weighted by importance (with Pareto smoothing) and resampled.
 *
 * It takes some hundreds of evaluations of the log density. What is returned are draws from an approximation: see `k` and
 * `warnings`, and `MCMC` for the posterior itself, which Pathfinder can find initial points for (`initStrategy: 'pathfinder'`).
 * A path is a function of seed, model and its own number alone.
 *
 * Source: Zhang, Carpenter, Gelman and Vehtari, "Pathfinder: Parallel quasi-Newton variational inference" (JMLR 2022).
 *
 * @param target - a model, or any log density.
 * @param args - the model's arguments; none for a log density.
 * @throws TypeError or RangeError for options that are wrong; SiteError for a model with discrete latent sites;
 *   {@link PathfinderError} when all paths fail; the signal's reason when aborted; what `onProgress` throws.
 *
 * @example
 * ```ts
 * const { samples, k } = await infer.pathfinder(model, { seed: 1 }, data);
 * ```
 */
export async function pathfinder(
  target: Model | LogDensity,
  options: PathfinderOptions = {},
  ...args: readonly unknown[]
): Promise<PathfinderResult> {
  const settings = checkPathfinderOptions(options);
  const stream = settings.seed === undefined ? globalStream().split() : RandomStream.fromSeed(settings.seed);
  // Called before the first await, so that a model is set up under the handlers in force at the call.
  const resolved = await resolveTarget(target, args, { engine: settings.engine, stream: stream.fold('model') });
  try {
    if (!(resolved.density.dimension > 0)) {
      throw new Error('infer.pathfinder: there is nothing to approximate: the log density has no dimensions');
    }
    return await run(resolved, settings, stream);
  } finally {
    resolved.dispose();
  }
}

async function run(target: Target, settings: PathfinderSettings, stream: RandomStream): Promise<PathfinderResult> {
  const { numPaths, numDraws, signal } = settings;
  const callbacks = new Callbacks();
  const paths: FinishedPath[] = [];
  const failures: PathfinderFailure[] = [];
  for (let path = 0; path < numPaths; path++) {
    signal?.throwIfAborted();
    try {
      paths.push(await followPath(target, path, settings, stream.fold(path), callbacks));
    } catch (cause) {
      if (!isFailure(cause)) throw cause;
      failures.push({ path, cause });
    }
  }
  await callbacks.done();
  paths.sort((a, b) => b.summary.elbo - a.summary.elbo);
  const best = paths[0];
  if (best === undefined) throw new PathfinderError(failures);

  const pool = paths.flatMap(({ draws }) => draws);
  const smoothed = psis(mixtureLogRatios(pool, paths.map(({ approximation }) => approximation)));
  const total = logSumExp(smoothed.logWeights);
  const chosen = resample(smoothed.logWeights, numDraws, stream.fold('resample'));
  const unconstrained = stack(Array.from(chosen, (index) => pool[index] as PooledDraw), target.density.dimension);
  const summaries = paths.map(({ summary }) => summary);
  return {
    samples: await samplesOf(target, unconstrained.data, numDraws),
    unconstrained,
    logWeights: smoothed.logWeights.map((logWeight) => logWeight - total),
    k: smoothed.k,
    elbo: best.summary.elbo,
    paths: summaries,
    failures,
    warnings: describeProblems(summaries, failures, smoothed, settings),
  };
}

/** Whether what was thrown is that of one path, which the others can do without. */
function isFailure(thrown: unknown): boolean {
  return thrown instanceof PathError || thrown instanceof InitialPointError;
}

async function samplesOf(target: Target, positions: Float64Array, count: number): Promise<Record<string, SampleArray>> {
  const store = new SampleStore(1, count);
  await constrainDraws(target, positions, count, store, 0);
  return Object.fromEntries(
    Array.from(store.ofChains([0]), ([name, { data, shape }]) => [name, { data, shape: [count, ...shape] }]),
  );
}
