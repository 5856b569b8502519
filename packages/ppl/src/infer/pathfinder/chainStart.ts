/** @file Where a chain of MCMC begins, as Pathfinder finds it. */
import type { RandomStream } from '../../random/stream.ts';
import { messageOf } from '../mcmc/chainError.ts';
import { initialDraws, type InitialDraws } from '../mcmc/initStrategy.ts';
import type { Target } from '../mcmc/target.ts';
import { inBreaths } from './inBreaths.ts';
import { beginPath } from './followPath.ts';
import { lowRankForm } from './lowRankForm.ts';
import { checkPathOptions, type PathOptions } from './options.ts';
import { PathError, singlePath, type SinglePath } from './singlePath.ts';

/**
 * Draws from the approximation with the greatest ELBO of some paths, each from a uniform initial point, with its covariance as
 * inverse mass matrix.
 *
 * @param stream - all that is random about the paths.
 * @throws TypeError or RangeError for options that are wrong; InitialPointError when a path finds nowhere to begin; PathError
 *   when none leads to an approximation; the signal's reason when aborted.
 */
export async function drawsOfPaths(
  options: PathOptions,
  target: Target,
  stream: RandomStream,
  signal: AbortSignal | undefined,
): Promise<InitialDraws> {
  const settings = checkPathOptions('initStrategy: pathfinder', options);
  const uniform = initialDraws('uniform', target, 0);
  let best: SinglePath | null = null;
  let failure: unknown = null;
  for (let path = 0; path < settings.numPaths; path++) {
    const own = stream.fold(path);
    const start = beginPath(target, target.density, uniform, own);
    try {
      const found = await inBreaths(singlePath(target.density, start, own, settings), signal);
      if (best === null || found.bestElbo > best.bestElbo) best = found;
    } catch (error) {
      if (!(error instanceof PathError)) throw error;
      failure = error;
    }
  }
  if (best === null) {
    throw new PathError(`initStrategy 'pathfinder': all ${settings.numPaths} paths failed: ${messageOf(failure)}`, { cause: failure });
  }
  const { approximation } = best;
  return {
    draw: (own) => approximation.draw(own),
    maxTries: uniform.maxTries,
    inverseMassMatrix: lowRankForm(approximation.factor),
  };
}
