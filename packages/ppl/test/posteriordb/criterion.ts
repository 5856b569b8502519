/** @file Whether draws are those of a posterior of which reference draws are known. */
import { MCMC } from '../../src/infer/mcmc/mcmc.ts';
import { effectiveSampleSize, meanStandardError, splitRHat } from '../../src/infer/mcmc/index.ts';
import type { ReferenceMoments } from './files.ts';

/** How far the draws of one scalar are from the reference, in standard errors, and how well they mixed. */
export interface Comparison {
  readonly name: string;
  /** |mean − reference mean| in standard errors, of the scalar */
  readonly z: number;
  /** and of its square. */
  readonly zOfSquare: number;
  readonly rHat: number;
  readonly essBulk: number;
}

/**
 * A mean of draws has the Monte Carlo error mcse, one of 10,000 nearly independent reference draws sd/100: their difference
 * has a standard error of √(mcse² + (sd/100)²).
 *
 * @throws Error when a scalar of the reference has no draws.
 */
export function compare(mcmc: MCMC, reference: Readonly<Record<string, ReferenceMoments>>): Comparison[] {
  return Object.entries(reference).map(([name, { mean, sd, mean_sq: meanSquare, sd_sq: sdSquare }]) => {
    const chains = chainsOf(mcmc, name);
    const squares = chains.map((chain) => chain.map((x) => x * x));
    return {
      name,
      z: standardErrors(chains, mean, sd),
      zOfSquare: standardErrors(squares, meanSquare, sdSquare),
      rHat: splitRHat(chains),
      essBulk: effectiveSampleSize(chains),
    };
  });
}

function standardErrors(chains: readonly Float64Array[], mean: number, sd: number): number {
  const all = chains.flatMap((chain) => [...chain]);
  const own = all.reduce((sum, x) => sum + x, 0) / all.length;
  return Math.abs(own - mean) / Math.hypot(meanStandardError(chains), sd / 100);
}

/** The draws of one scalar, chain by chain; `name` counts from 1, as Stan does: `beta[1]`. */
function chainsOf(mcmc: MCMC, name: string): Float64Array[] {
  const [, site, index = '1'] = /^(\w+)(?:\[(\d+)\])?$/.exec(name) ?? [];
  const draws = mcmc.getSamples({ groupByChain: true })[site ?? name];
  if (draws === undefined) throw new Error(`the model has no site for ${name}`);
  const [numChains, numDraws, size = 1] = draws.shape as [number, number, number?];
  const at = Number(index) - 1;
  return Array.from({ length: numChains }, (_, chain) =>
    Float64Array.from({ length: numDraws }, (_, draw) => draws.data[(chain * numDraws + draw) * size + at]!),
  );
}
