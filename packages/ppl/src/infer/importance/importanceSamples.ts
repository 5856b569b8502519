/** @file Weighted draws, and what can be computed from them. */
import { globalStream } from '../../random/global.ts';
import { RandomStream } from '../../random/stream.ts';
import { checkOptions } from '../../util/options.ts';
import { checkInteger } from '../mcmc/checks.ts';
import type { SampleArray } from '../mcmc/samples.ts';
import { psis, type Psis } from './psis.ts';
import { systematicResample } from './resampling.ts';
import { logMeanExp, normalisedWeights, relativeStandardError } from './weights.ts';

/** An estimate of an expectation. */
export interface Expectation {
  /** Row by row. */
  readonly data: Float64Array;
  readonly shape: readonly number[];
  /** Standard errors, entry by entry: to be relied on as far as k̂ is. */
  readonly se: Float64Array;
}

/** One draw: the numbers of each site, row by row. */
export type Draw = Readonly<Record<string, Float64Array>>;

/** Draws from a proposal with weights that make them stand for a posterior. */
export class ImportanceSamples {
  /** The draws of the latent sites, unweighted, of shape `[draw, ...site shape]`. */
  readonly samples: Readonly<Record<string, SampleArray>>;
  /** log p(draw, observations) - log q(draw). */
  readonly logWeights: Float64Array;
  /** The weights smoothed, and k̂: whether there were enough draws for this proposal. */
  readonly psis: Psis;
  /** The smoothed weights, of sum 1. */
  readonly weights: Float64Array;
  /** 1 / Σw² of the smoothed weights: how many draws from the posterior would tell as much. */
  readonly effectiveSampleSize: number;
  /** log p(observations), estimated as the logarithm of the mean of the weights; the mean itself is unbiased. */
  readonly logEvidence: number;
  /** Its standard error, to be relied on as far as k̂ is. */
  readonly logEvidenceSe: number;
  /** Reasons not to trust the draws, each with a cure; empty for good ones. */
  readonly warnings: readonly string[];

  /** @throws RangeError when all weights are zero. */
  constructor(samples: Readonly<Record<string, SampleArray>>, logWeights: Float64Array) {
    this.samples = samples;
    this.logWeights = logWeights;
    this.psis = psis(logWeights);
    this.weights = normalisedWeights(this.psis.logWeights);
    this.effectiveSampleSize = 1 / this.weights.reduce((sum, w) => sum + w * w, 0);
    this.logEvidence = logMeanExp(logWeights);
    this.logEvidenceSe = relativeStandardError(logWeights);
    this.warnings = advice(this.psis, logWeights.length);
  }

  get numSamples(): number {
    return this.logWeights.length;
  }

  /**
   * The posterior mean of a site, or of a function of the draw.
   *
   * @param of - a site's name, or a function that gives a number or so many of them for each draw.
   * @throws RangeError for a name that no site has, or a function that does not always give as many numbers.
   */
  expectation(of: string | ((draw: Draw) => number | ArrayLike<number>)): Expectation {
    if (typeof of === 'string') {
      const site = this.site(of);
      const shape = site.shape.slice(1);
      return { ...this.average((i) => rowOf(site, i)), shape };
    }
    const valuesAt = (i: number): number | ArrayLike<number> => of(this.draw(i));
    const shape = typeof valuesAt(0) === 'number' ? [] : [(valuesAt(0) as ArrayLike<number>).length];
    const average = this.average((i) => {
      const values = valuesAt(i);
      return typeof values === 'number' ? [values] : values;
    });
    return { ...average, shape };
  }

  /**
   * Draws of equal weight, some of them several times, by systematic resampling: of shape `[count, ...site shape]`, to be used
   * as those of MCMC are.
   *
   * @param options.seed - makes them repeatable.
   * @throws RangeError unless `count` is a positive integer.
   */
  resample(count: number, options: { readonly seed?: number } = {}): Record<string, SampleArray> {
    checkOptions('resample', options, ['seed']);
    checkInteger('resample', 'count', count, 1);
    const stream = options.seed === undefined ? globalStream().split() : RandomStream.fromSeed(options.seed);
    const indices = systematicResample(this.weights, stream.uniform(), count);
    return Object.fromEntries(
      Object.entries(this.samples).map(([name, site]) => {
        const size = site.data.length / this.numSamples;
        const data = new Float64Array(count * size);
        indices.forEach((index, i) => data.set(rowOf(site, index), i * size));
        return [name, { data, shape: [count, ...site.shape.slice(1)] }];
      }),
    );
  }

  private site(name: string): SampleArray {
    const site = this.samples[name];
    if (site !== undefined) return site;
    throw new RangeError(`expectation: there is no site "${name}"; there are ${Object.keys(this.samples).join(', ')}`);
  }

  private draw(i: number): Draw {
    return Object.fromEntries(Object.entries(this.samples).map(([name, site]) => [name, rowOf(site, i)]));
  }

  /** The weighted mean with its standard error √Σ w² (x - mean)² (Owen, "Monte Carlo theory, methods and examples", section 9.2). */
  private average(valuesAt: (i: number) => ArrayLike<number>): Pick<Expectation, 'data' | 'se'> {
    const { weights } = this;
    const size = valuesAt(0).length;
    const data = new Float64Array(size);
    const se = new Float64Array(size);
    const each = (visit: (weight: number, x: number, at: number) => void): void => {
      for (let i = 0; i < weights.length; i++) {
        const values = valuesAt(i);
        if (values.length !== size) throw new RangeError(`expectation: the function gave ${size} numbers of one draw, and ${values.length} of another`);
        for (let at = 0; at < size; at++) visit(weights[i] as number, values[at] as number, at);
      }
    };
    each((weight, x, at) => {
      // A draw of no weight counts for nothing, even where the function is infinite.
      if (weight > 0) data[at] = (data[at] as number) + weight * x;
    });
    each((weight, x, at) => {
      if (weight > 0) se[at] = (se[at] as number) + (weight * (x - (data[at] as number))) ** 2;
    });
    return { data, se: se.map(Math.sqrt) };
  }
}

function rowOf({ data, shape }: SampleArray, i: number): Float64Array {
  const size = data.length / (shape[0] ?? 1);
  return data.subarray(i * size, (i + 1) * size);
}

function advice({ k, threshold }: Psis, count: number): string[] {
  if (k <= threshold) return [];
  const what =
    k === Infinity
      ? `there are too few draws (${count}) with a weight to say how good they are`
      : `the Pareto k of the weights is ${k.toFixed(2)}, above ${threshold.toFixed(2)}: a few draws have nearly all of the weight`;
  return [`${what}. Draw more, take a guide that is closer to the posterior and wider than it, or use infer.smc or MCMC.`];
}
