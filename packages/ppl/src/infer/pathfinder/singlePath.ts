/** @file One path of Pathfinder: the way up the log density, and the best normal approximation met on it. */
import type { RandomStream } from '../../random/stream.ts';
import { fillNormal } from '../../random/ziggurat.ts';
import type { EvaluatedPoint, LogDensity } from '../mcmc/logDensity.ts';
import { estimateElbo } from './elbo.ts';
import { lbfgs, type LbfgsOptions, type PathStopReason } from './lbfgs.ts';
import { NormalApproximation } from './normalApproximation.ts';

export interface SinglePathOptions extends LbfgsOptions {
  /** Draws that the ELBO is estimated from at each iterate. */
  readonly numElboDraws: number;
}

/** An iterate has been tried as the place for an approximation. */
export interface PathStep {
  /** 0 is where the path begins. */
  readonly iteration: number;
  /** log p there. */
  readonly logDensity: number;
  /** The estimate there. */
  readonly elbo: number;
  /** The best so far; that of the initial point only until there is another. */
  readonly bestElbo: number;
}

/** A path that has come to its end. */
export interface SinglePath {
  readonly approximation: NormalApproximation;
  /** The iterate that the approximation is from. */
  readonly bestIteration: number;
  /** The estimate there. */
  readonly bestElbo: number;
  /** The estimate at each iterate, the initial point first. */
  readonly elboByIterate: Float64Array;
  readonly stopReason: PathStopReason;
}

/** Nowhere on a path was there an approximation with draws that the density allows. */
export class PathError extends Error {
  override readonly name: string = 'PathError';

  /** The same, said of one chain of several. */
  ofChain(chain: number): PathError {
    return new PathError(`chain ${chain}: ${this.message}`, { cause: this });
  }
}

/**
 * Follows L-BFGS from `start` to a mode and takes the iterate whose normal approximation has the greatest ELBO: on the way, where
 * the volume is, rather than at the mode, where there may be none. All iterates are compared on the same draws, so that their
 * differences are less noisy than they are.
 *
 * As in the paper, the first candidate is the iterate after the first step: at the initial point nothing is known of curvature. Its
 * normal density of unit scale is what is left where no later one has a finite ELBO, as for a path that begins at the mode.
 *
 * Source: Zhang, Carpenter, Gelman and Vehtari, "Pathfinder: Parallel quasi-Newton variational inference" (JMLR 2022),
 * algorithm 1.
 *
 * @param stream - where the noise of the draws comes from; the path's own.
 * @throws PathError when no approximation has a finite ELBO.
 */
export function* singlePath(
  density: LogDensity,
  start: EvaluatedPoint,
  stream: RandomStream,
  options: SinglePathOptions,
): Generator<PathStep, SinglePath, void> {
  const noise = Array.from({ length: options.numElboDraws }, () => {
    const z = new Float64Array(density.dimension);
    fillNormal(stream, z);
    return z;
  });
  const elbos: number[] = [];
  let best: NormalApproximation | null = null;
  let bestIteration = 0;
  let bestElbo = -Infinity;
  const way = lbfgs(density, start, options);
  let next = way.next();
  for (; next.done !== true; next = way.next()) {
    const approximation = new NormalApproximation(next.value);
    const elbo = estimateElbo(density, approximation, noise);
    const iteration = elbos.push(elbo) - 1;
    // The initial point is no candidate, but better than nothing.
    if (elbo > bestElbo || (bestIteration === 0 && elbo > -Infinity)) {
      best = approximation;
      bestIteration = iteration;
      bestElbo = elbo;
    }
    yield { iteration, logDensity: next.value.logDensity, elbo, bestElbo };
  }
  if (best === null) {
    throw new PathError(
      `of all ${elbos.length} normal approximations along the path, every draw fell where the log density is not finite; begin ` +
        'elsewhere (`initStrategy`), or reparameterise',
    );
  }
  return { approximation: best, bestIteration, bestElbo, elboByIterate: Float64Array.from(elbos), stopReason: next.value };
}
