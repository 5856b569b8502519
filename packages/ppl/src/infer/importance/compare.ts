/** @file Comparing models by how well they predict. */
import { sumWithError, type Elpd } from './elpd.ts';

/** One model among others. */
export interface ModelComparison {
  readonly name: string;
  readonly elpd: number;
  readonly se: number;
  /** elpd less that of the best model: zero or below. */
  readonly elpdDiff: number;
  /** The standard error of that difference, from the differences of single observations. */
  readonly diffSe: number;
  /** The effective number of parameters. */
  readonly p: number;
}

/**
 * Models by expected log predictive density, the best first. A difference of a few standard errors, and of more than 4, is worth
 * talking of.
 *
 * Source: Vehtari, Gelman and Gabry (2017), section 5.2; Sivula, Magnusson, Matamoros and Vehtari (2020) on when to trust it.
 *
 * @param models - what `loo` or `waic` gave for each, from the same observations in the same order.
 * @throws TypeError when estimates are by different methods; RangeError when there are none, or of different observations.
 */
export function compare(models: Readonly<Record<string, Elpd>>): ModelComparison[] {
  const where = 'infer.compare';
  const entries = Object.entries(models).sort(([, a], [, b]) => b.elpd - a.elpd);
  const best = entries[0]?.[1];
  if (best === undefined) throw new RangeError(`${where}: there are no models to compare`);
  return entries.map(([name, model]) => {
    if (model.method !== best.method) throw new TypeError(`${where}: "${name}" was estimated by ${model.method}, another by ${best.method}`);
    if (model.numObservations !== best.numObservations) {
      throw new RangeError(
        `${where}: "${name}" has ${model.numObservations} observations, another model ${best.numObservations}; models are compared on the same data`,
      );
    }
    const [elpdDiff, diffSe] = sumWithError(model.pointwise.map((elpd, i) => elpd - (best.pointwise[i] as number)));
    return { name, elpd: model.elpd, se: model.se, elpdDiff, diffSe, p: model.p };
  });
}
