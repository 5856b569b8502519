/** @file Rubin's eight schools by NUTS, beside reference values. */
import * as tf from '@tensorflow/tfjs-core';
import { deterministic, dist, infer, plate, sample, type SampleArray, type ScalarSummary } from '@tychejs/ppl';
import { readData } from '../data/readData.ts';
import type { Column } from '../table.ts';

interface EightSchoolsData {
  readonly effect: readonly number[];
  readonly standardError: readonly number[];
  readonly reference: Readonly<Record<string, Reference>>;
}

interface Reference {
  readonly mean: number;
  readonly sd: number;
}

/** A scalar of the posterior beside its reference. */
export interface SchoolsRow extends ScalarSummary {
  readonly name: string;
  readonly reference: Reference;
  /** How many standard errors the mean is off, by the Monte Carlo errors of both. */
  readonly standardErrorsOff: number;
}

export interface SchoolsSettings {
  readonly numChains: number;
  readonly numWarmup: number;
  readonly numSamples: number;
  readonly seed: number;
  readonly progressBar: boolean;
}

export interface SchoolsResult {
  readonly effect: readonly number[];
  readonly standardError: readonly number[];
  readonly settings: SchoolsSettings;
  readonly rows: readonly SchoolsRow[];
  /** `[chain, draw]` of each row, by its name. */
  readonly chains: ReadonlyMap<string, readonly number[][]>;
  readonly divergences: number;
  /** What `mcmc.warnings()` says. */
  readonly warnings: readonly string[];
  readonly seconds: number;
}

/** Effects of coaching in schools that have something in common; non-centred, so that NUTS moves easily for small tau. */
export function eightSchools(effect: readonly number[], standardError: readonly number[]): void {
  const mu = sample('mu', dist.normal(0, 5));
  const tau = sample('tau', dist.halfCauchy(5));
  plate('schools', effect.length, () => {
    const offset = sample('offset', dist.normal(0, 1));
    const theta = deterministic('theta', tf.add(mu, tf.mul(tau, offset)));
    sample('effect', dist.normal(theta, [...standardError]), { obs: [...effect] });
  });
}

/** Samples the posterior. */
export async function sampleEightSchools(settings: SchoolsSettings): Promise<SchoolsResult> {
  const { effect, standardError, reference } = readData('eightSchools.json') as EightSchoolsData;
  const began = performance.now();
  const mcmc = new infer.MCMC(new infer.NUTS(eightSchools, { targetAcceptProb: 0.9 }), settings);
  await mcmc.run(effect, standardError);
  const seconds = (performance.now() - began) / 1000;

  const summary = mcmc.summary();
  const samples = mcmc.getSamples({ groupByChain: true });
  const rows = Object.entries(reference).flatMap(([name, known]) => {
    const row = summary[name];
    return row ? [{ ...row, name, reference: known, standardErrorsOff: standardErrorsOff(row, known) }] : [];
  });
  return {
    effect,
    standardError,
    settings,
    rows,
    chains: new Map(rows.map(({ name }) => [name, chainsOf(name, samples)])),
    divergences: mcmc.diagnostics().reduce((sum, { divergences }) => sum + divergences, 0),
    warnings: mcmc.warnings(),
    seconds,
  };
}

/** The reference draws are 10,000 nearly independent ones, so the error of their mean is sd / 100. */
function standardErrorsOff({ mean, mcseMean }: ScalarSummary, reference: Reference): number {
  return (mean - reference.mean) / Math.hypot(mcseMean, reference.sd / 100);
}

/** The draws of a scalar such as `mu` or `theta[3]`, chain by chain. */
function chainsOf(name: string, samples: Readonly<Record<string, SampleArray>>): number[][] {
  const [, site = name, index = '0'] = /^(.*)\[(\d+)\]$/.exec(name) ?? [];
  const { data, shape } = samples[site] ?? { data: [], shape: [0, 0] };
  const [numChains = 0, numDraws = 0, size = 1] = shape;
  return Array.from({ length: numChains }, (_, chain) =>
    Array.from({ length: numDraws }, (__, i) => data[(chain * numDraws + i) * size + Number(index)] ?? Number.NaN),
  );
}

/** What is shown of a row. */
export const schoolsColumns: readonly Column<SchoolsRow>[] = [
  { title: '', cell: ({ name }) => name },
  { title: 'mean', cell: ({ mean }) => mean.toFixed(2) },
  { title: 'sd', cell: ({ sd }) => sd.toFixed(2) },
  { title: 'mcse', cell: ({ mcseMean }) => mcseMean.toFixed(3) },
  { title: '5 %', cell: ({ q5 }) => q5.toFixed(2) },
  { title: '50 %', cell: ({ q50 }) => q50.toFixed(2) },
  { title: '95 %', cell: ({ q95 }) => q95.toFixed(2) },
  { title: 'ess bulk', cell: ({ essBulk }) => essBulk.toFixed(0) },
  { title: 'ess tail', cell: ({ essTail }) => essTail.toFixed(0) },
  { title: 'R-hat', cell: ({ rHat }) => rHat.toFixed(3) },
  { title: 'ref. mean', cell: ({ reference }) => reference.mean.toFixed(2) },
  { title: 'ref. sd', cell: ({ reference }) => reference.sd.toFixed(2) },
  { title: 'off by', cell: ({ standardErrorsOff: off }) => `${off.toFixed(1)} s.e.` },
];
