/** @file What is wrong with a result of Pathfinder, in words. */
import type { Psis } from '../importance/psis.ts';
import { messageOf } from '../mcmc/chainError.ts';
import type { PathfinderSettings } from './options.ts';
import type { PathfinderFailure, PathfinderPath } from './result.ts';

/** Reasons not to trust a result, each with a cure. */
export function describeProblems(
  paths: readonly PathfinderPath[],
  failures: readonly PathfinderFailure[],
  { k, threshold }: Pick<Psis, 'k' | 'threshold'>,
  { maxIterations }: Pick<PathfinderSettings, 'maxIterations'>,
): string[] {
  const problems = failures.map(({ path, cause }) => `path ${path} failed: ${messageOf(cause)}`);
  const cut = paths.filter(({ stopReason }) => stopReason === 'maxIterations').map(({ path }) => path);
  if (cut.length > 0) {
    problems.push(
      `path${cut.length > 1 ? 's' : ''} ${cut.join(', ')} had not ended after maxIterations (${maxIterations}): a posterior without ` +
        'a mode, as in hierarchical models whose scale may shrink to 0, or very badly scaled parameters. Reparameterise, or raise it.',
    );
  }
  if (!(k <= threshold)) {
    const found = k === Infinity ? 'cannot be told from so few draws' : `is ${k.toFixed(2)}, above ${threshold.toFixed(2)}`;
    problems.push(
      `the Pareto k of the importance weights ${found}: the samples are those of the approximation rather than of the posterior. ` +
        'Use them to begin MCMC with; or reparameterise, or raise numPaths or numDraws.',
    );
  }
  return problems;
}
