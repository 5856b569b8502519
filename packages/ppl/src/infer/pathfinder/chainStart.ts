/** @file Where a chain of MCMC begins, as Pathfinder finds it. */
import type { RandomStream } from '../../random/stream.ts';
import { messageOf } from '../mcmc/chainError.ts';
import { findInitialPoint } from '../mcmc/initialPoint.ts';
import { initialDraws, type InitialDraws } from '../mcmc/initStrategy.ts';
import type { Target } from '../mcmc/target.ts';
import { inBreaths } from './inBreaths.ts';
import { checkPathOptions, type PathOptions } from './options.ts';
import { PathError, singlePath } from './singlePath.ts';

/**
 * Draws from the approximation that one path leads to, from a uniform initial point.
 *
 * @param stream - all that is random about the path.
 * @throws TypeError or RangeError for options that are wrong; InitialPointError when the path finds nowhere to begin; PathError
 *   when it leads to no approximation; the signal's reason when aborted.
 */
export async function drawsOfPath(
  options: PathOptions,
  target: Target,
  stream: RandomStream,
  signal: AbortSignal | undefined,
): Promise<InitialDraws> {
  const settings = checkPathOptions('initStrategy: pathfinder', options);
  const { density } = target;
  const { draw, maxTries } = initialDraws('uniform', target, 0);
  const start = findInitialPoint(
    density, draw, stream, (i) => target.describeCoordinate(i), maxTries, (q) => target.explain?.(q) ?? null,
  );
  try {
    const { approximation } = await inBreaths(singlePath(density, start, stream, settings), signal);
    return { draw: (chainStream) => approximation.draw(chainStream), maxTries };
  } catch (error) {
    throw error instanceof PathError ? new PathError(`initStrategy 'pathfinder': ${messageOf(error)}`, { cause: error }) : error;
  }
}
