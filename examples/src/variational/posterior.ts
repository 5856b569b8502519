/** @file What a fit says of the posterior: means and standard deviations of three scalars. */
import type { SampleArray } from '@tychejs/ppl';

export interface Moments {
  readonly mean: number;
  readonly sd: number;
}

/** The common mean, the spread of the schools, and the first school. */
export const scalars = ['mu', 'tau', 'theta[0]'] as const;

export type Posterior = Readonly<Record<(typeof scalars)[number], Moments>>;

/** Draws of a site, of shape `[draw, ...shape of the site]`. */
export type SiteDraws = Pick<SampleArray, 'shape'> & { readonly data: ArrayLike<number> };

/** @param draws - those of `mu`, `tau` and `theta` at least. @throws Error when one is missing. */
export function posteriorOf(draws: Readonly<Record<string, SiteDraws>>): Posterior {
  return { mu: firstOf('mu', draws), tau: firstOf('tau', draws), 'theta[0]': firstOf('theta', draws) };
}

/** The moments of a site's first element. */
function firstOf(site: string, draws: Readonly<Record<string, SiteDraws>>): Moments {
  const found = draws[site];
  if (found === undefined) throw new Error(`there are no draws of ${site}`);
  const [, width = 1] = found.shape;
  return moments(Array.from(found.data).filter((_, i) => i % width === 0));
}

function moments(values: readonly number[]): Moments {
  const mean = values.reduce((sum, x) => sum + x, 0) / values.length;
  return { mean, sd: Math.sqrt(values.reduce((sum, x) => sum + (x - mean) ** 2, 0) / values.length) };
}

/** The greatest distance between two sets of means, in standard deviations of `reference`. */
export function greatestError(posterior: Posterior, reference: Posterior): number {
  return Math.max(...scalars.map((name) => Math.abs(posterior[name].mean - reference[name].mean) / reference[name].sd));
}
