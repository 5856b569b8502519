/** @file One path of a run, from its initial point to draws. */
import type { RandomStream } from '../../random/stream.ts';
import { fillNormal } from '../../random/ziggurat.ts';
import type { Callbacks } from '../mcmc/callbacks.ts';
import { findInitialPoint } from '../mcmc/initialPoint.ts';
import { initialDraws, type InitialDraws } from '../mcmc/initStrategy.ts';
import type { EvaluatedPoint, LogDensity } from '../mcmc/logDensity.ts';
import type { Target } from '../mcmc/target.ts';
import { logDensityOrZero, lowerBound } from './elbo.ts';
import { inBreaths } from './inBreaths.ts';
import type { NormalApproximation } from './normalApproximation.ts';
import type { PathfinderSettings, PathInitStrategy } from './options.ts';
import type { PooledDraw } from './pool.ts';
import type { PathfinderPath } from './result.ts';
import { PathError, singlePath } from './singlePath.ts';

/** A path with what the pool needs of it. */
export interface FinishedPath {
  readonly summary: PathfinderPath;
  readonly approximation: NormalApproximation;
  readonly draws: readonly PooledDraw[];
}

/**
 * Path number `path`, to its end.
 *
 * @param stream - all that is random about it; its own.
 * @throws InitialPointError when it finds nowhere to begin; PathError when it leads to no approximation; the signal's reason when
 *   aborted; what `onProgress` throws.
 */
export async function followPath(
  target: Target,
  path: number,
  settings: PathfinderSettings,
  stream: RandomStream,
  callbacks: Callbacks,
): Promise<FinishedPath> {
  const { numPaths, numDraws, initStrategy, signal, onProgress } = settings;
  const density = counting(target.density);
  const strategy = (Array.isArray(initStrategy) ? initStrategy[path] : initStrategy) as PathInitStrategy;
  const start = beginPath(target, density, initialDraws(strategy, target, path), stream);
  const found = await inBreaths(singlePath(density, start, stream, settings), signal, (step) => {
    callbacks.check();
    callbacks.add(onProgress?.({ path, numPaths, ...step }));
  });
  const { approximation, bestIteration, elboByIterate, stopReason } = found;
  const { draws, positions, elbo } = await inBreaths(drawFrom(approximation, density, numDraws, stream), signal);
  if (elbo === -Infinity) throw new PathError(`none of ${numDraws} draws from its approximation fell where the log density is finite`);
  const summary: PathfinderPath = {
    path,
    elbo,
    elboByIterate,
    bestIteration,
    iterations: elboByIterate.length - 1,
    stopReason,
    evaluations: density.evaluations,
    mean: approximation.mean,
    draws: { data: positions, shape: [numDraws, density.dimension] },
  };
  return { summary, approximation, draws };
}

/** The first of some draws where `density`, that of `target`, is finite. @throws InitialPointError when there is none. */
export function beginPath(
  target: Pick<Target, 'describeCoordinate' | 'explain'>,
  density: LogDensity,
  { draw, maxTries }: InitialDraws,
  stream: RandomStream,
): EvaluatedPoint {
  const describe = (coordinate: number): string => target.describeCoordinate(coordinate);
  return findInitialPoint(density, draw, stream, describe, maxTries, (q) => target.explain?.(q) ?? null);
}

/** `density`, counting its evaluations. */
function counting(density: LogDensity): LogDensity & { evaluations: number } {
  return {
    dimension: density.dimension,
    evaluations: 0,
    evaluate(q, gradient) {
      this.evaluations++;
      return density.evaluate(q, gradient);
    },
  };
}

/** Draws from `approximation`, also as one array `[draw, coordinate]` that they are views of, and its ELBO. */
function* drawFrom(
  approximation: NormalApproximation,
  density: LogDensity,
  count: number,
  stream: RandomStream,
): Generator<void, { draws: PooledDraw[]; positions: Float64Array; elbo: number }, void> {
  const { dimension } = density;
  const z = new Float64Array(dimension);
  const gradient = new Float64Array(dimension);
  const positions = new Float64Array(count * dimension);
  const draws: PooledDraw[] = [];
  const logRatios = new Float64Array(count);
  for (let i = 0; i < count; i++) {
    fillNormal(stream, z);
    const position = positions.subarray(i * dimension, (i + 1) * dimension);
    position.set(approximation.at(z));
    const logDensity = logDensityOrZero(density, position, gradient);
    draws.push({ position, logDensity });
    logRatios[i] = logDensity - approximation.logDensityAt(z);
    yield;
  }
  return { draws, positions, elbo: lowerBound(logRatios) };
}
