/**
 * @file Eight schools by every guide and by Pathfinder, beside NUTS. The model is the non-centred one: with effects that are
 * sampled around mu with spread tau, small tau would force them together, a funnel that no normal distribution fits into.
 */
import { eightSchools, sampleEightSchools, type SchoolsSettings } from '../start/eightSchools.ts';
import type { Column } from '../table.ts';
import { fitGuide, fitPathfinder, type Fit, type JudgeSettings } from './fit.ts';
import { contenders, type Args, type FitSettings } from './guides.ts';
import { greatestError, type Moments, type Posterior, scalars } from './posterior.ts';

export interface CompareSettings {
  readonly fit: FitSettings & JudgeSettings;
  readonly nuts: SchoolsSettings;
}

/** A line of the table. NUTS has neither losses nor a bound. */
export interface Row extends Fit {
  /** How far the means are off from those of NUTS, at most, in standard deviations of the posterior; `null` for NUTS itself. */
  readonly error: number | null;
}

/** Fits all of them to the same data. NUTS comes first; it is what the others are compared with. */
export async function compare({ fit, nuts }: CompareSettings): Promise<Row[]> {
  const { effect, standardError, rows, seconds } = await sampleEightSchools(nuts);
  const reference = Object.fromEntries(rows.map(({ name, mean, sd }) => [name, { mean, sd }])) as Posterior;
  const args: Args = [effect, standardError];
  const fits: Fit[] = [];
  for (const contender of contenders) fits.push(await fitGuide(contender, eightSchools, args, fit));
  fits.push(await fitPathfinder(eightSchools, args, fit));
  return [
    { name: 'NUTS', losses: [], elbo: null, logEvidence: null, paretoK: null, posterior: reference, seconds, error: null },
    ...fits.map((one) => ({ ...one, error: greatestError(one.posterior, reference) })),
  ];
}

/** The logarithm of the evidence, as the fit has it whose importance weights are best. */
export function logEvidence(fits: readonly Fit[]): number {
  const known = fits.filter((fit) => fit.logEvidence !== null);
  const best = known.toSorted((a, b) => (a.paretoK ?? Infinity) - (b.paretoK ?? Infinity))[0];
  return best?.logEvidence ?? Number.NaN;
}

const known = (value: number | null, digits: number): string => value?.toFixed(digits) ?? '';
const inWords = ({ mean, sd }: Moments): string => `${mean.toFixed(2)} ± ${sd.toFixed(2)}`;

/** What is shown of a row. */
export const columns: readonly Column<Row>[] = [
  { title: '', cell: ({ name }) => name },
  { title: 'ELBO', cell: ({ elbo }) => known(elbo, 2) },
  { title: 'Pareto k', cell: ({ paretoK }) => known(paretoK, 2) },
  { title: 'seconds', cell: ({ seconds }) => seconds.toFixed(2) },
  ...scalars.map((name) => ({ title: name, cell: ({ posterior }: Row) => inWords(posterior[name]) })),
  { title: 'means off by', cell: ({ error }) => (error === null ? '' : `${error.toFixed(2)} sd`) },
];
