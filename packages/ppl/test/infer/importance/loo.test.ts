/** LOO and WAIC, against R's loo (fixtures/loo.json, made by fixtures/loo.R), closed forms and quadrature. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs-core';
import { constraints, dist, infer, plate, ready, sample, setSeed } from '@tychejs/ppl';
import { lgamma } from '../../../src/ops/scalar/lgamma.ts';
import { RandomStream } from '../../../src/random/stream.ts';
import { EFFECTS, eightSchools, STANDARD_ERRORS } from '../../helpers/eightSchools.ts';
import { expectNoLeak } from '../../helpers/leak.ts';
import { readData } from '../../posteriordb/files.ts';

beforeAll(() => ready({ backend: 'cpu' }));
beforeEach(() => setSeed(1));

/** Rows elpd, p, ic; columns estimate and standard error. */
type Estimates = readonly (readonly [number, number])[];

interface Described {
  readonly logLikelihood: number[][][];
  readonly relativeEfficiency: number[];
  readonly loo: Estimates;
  /** elpd, its Monte Carlo error, p, ic, k. */
  readonly pointwise: number[][];
  readonly plain: Estimates;
  readonly waic: Estimates;
  readonly waicPointwise: number[][];
}

const fixture = JSON.parse(readFileSync(join(__dirname, 'fixtures/loo.json'), 'utf8')) as {
  readonly a: Described;
  readonly b: Described;
  readonly best: string;
  readonly difference: [number, number];
};

const estimates = ({ elpd, se, p, pSe, ic, icSe }: Awaited<ReturnType<typeof infer.waic>> | Awaited<ReturnType<typeof infer.loo>>): unknown => [
  [elpd, se],
  [p, pSe],
  [ic, icSe],
];
const close = (rows: Estimates): unknown => rows.map((row) => row.map((value) => expect.closeTo(value, 9)));

describe.each(['a', 'b'] as const)('as in the R package loo: model %s', (which) => {
  const expected = fixture[which];
  const pooled = expected.logLikelihood.flat();

  test('LOO, with the efficiencies that loo found', async () => {
    const { relativeEfficiency } = expected;
    const result = await infer.loo(expected.logLikelihood, { relativeEfficiency });
    expect(estimates(result)).toEqual(close(expected.loo));
    expect([...result.paretoK]).toEqual(expected.pointwise.map((row) => expect.closeTo(row[4]!, 9)));
    expect([...result.pointwise]).toEqual(expected.pointwise.map((row) => expect.closeTo(row[0]!, 9)));
    expect([...result.pointwiseP]).toEqual(expected.pointwise.map((row) => expect.closeTo(row[2]!, 9)));
    // loo goes from the density to its logarithm by simulation, here it is by differentials: the same for small errors.
    const mcse = Math.sqrt(expected.pointwise.reduce((sum, row) => sum + row[1]! ** 2, 0));
    if (which === 'a') expect(Math.abs(result.mcse / mcse - 1)).toBeLessThan(0.1);
  });

  test('LOO of draws in one row', async () => {
    expect(estimates(await infer.loo(pooled))).toEqual(close(expected.plain));
  });

  test('LOO with efficiencies of its own', async () => {
    // loo does not split chains.
    const { elpd, p } = await infer.loo(expected.logLikelihood);
    expect(elpd).toBeCloseTo(expected.loo[0]![0], 1);
    expect(p).toBeCloseTo(expected.loo[1]![0], 1);
  });

  test('WAIC', async () => {
    const result = await infer.waic(pooled);
    expect(estimates(result)).toEqual(close(expected.waic));
    expect([...result.pointwise]).toEqual(expected.waicPointwise.map((row) => expect.closeTo(row[0]!, 9)));
    expect(result.warnings[0]).toMatch(which === 'a' ? /^2 of 6/ : /^4 of 6/);
  });
});

test('counts and advice', async () => {
  const { counts, threshold, warnings } = await infer.loo(fixture.b.logLikelihood, { relativeEfficiency: fixture.b.relativeEfficiency });
  expect(threshold).toBeCloseTo(1 - 1 / Math.log10(300), 12);
  expect(counts).toEqual({ good: 4, bad: 1, veryBad: 1 });
  expect(warnings).toEqual([expect.stringMatching(/^2 of 6 observations have a Pareto k above 0\.60 \(3, 5\)/)]);
  expect((await infer.loo(fixture.a.logLikelihood)).warnings).toEqual([]);
});

test('comparison', async () => {
  const of = (which: 'a' | 'b') => infer.loo(fixture[which].logLikelihood, { relativeEfficiency: fixture[which].relativeEfficiency });
  const [a, b] = [await of('a'), await of('b')];
  const [first, second] = infer.compare({ b, a });
  expect(fixture.best).toBe('a');
  expect(first).toEqual({ name: 'a', elpd: a.elpd, se: a.se, elpdDiff: 0, diffSe: 0, p: a.p });
  expect(second!.name).toBe('b');
  expect(second!.elpdDiff).toBeCloseTo(fixture.difference[0], 9);
  expect(second!.diffSe).toBeCloseTo(fixture.difference[1], 9);
  const w = await infer.waic(fixture.a.logLikelihood);
  expect(() => infer.compare({ a, w })).toThrow(/was estimated by/);
  const fewer = await infer.loo([[1, 2], [2, 1]]);
  expect(() => infer.compare({ a, fewer })).toThrow(/"\w+" has \d observations/);
  expect(() => infer.compare({})).toThrow('no models');
});

test('the forms that log-likelihoods come in', async () => {
  const nested = fixture.a.logLikelihood;
  const expected = await infer.loo(nested);
  const data = Float64Array.from(nested.flat(2));
  expect(await infer.loo({ data, shape: [2, 150, 6] })).toEqual(expected);
  const tensor = tf.tensor3d(nested);
  const { elpd } = await expectNoLeak(() => infer.loo(tensor));
  expect(elpd).toBeCloseTo(expected.elpd, 5);
  tensor.dispose();
});

test('errors', async () => {
  await expect(infer.loo([1, 2, 3])).rejects.toThrow('infer.loo: log-likelihoods must be of shape [draw, n] or [chain, draw, n], got [3]');
  await expect(infer.waic([])).rejects.toThrow('infer.waic: log-likelihoods must be of shape');
  await expect(infer.waic({ data: new Float64Array(0), shape: [0, 3] })).rejects.toThrow('there are no log-likelihoods');
  await expect(infer.waic({ data: new Float64Array(2), shape: [1, 3] })).rejects.toThrow('has 3 entries, got 2');
  await expect(infer.loo([[0, 0], [0, -Infinity]])).rejects.toThrow('the log-likelihood of observation 1 in draw 1 is -Infinity');
  await expect(infer.loo({ y: tf.scalar(1) } as never)).rejects.toThrow('takes the log-likelihoods of one site');
  await expect(infer.loo(undefined as never)).rejects.toThrow('takes log-likelihoods, or a model');
  await expect(infer.loo([[0, 1]], { reff: 1 } as object)).rejects.toThrow('unknown option "reff"');
  await expect(infer.loo([[0, 1]], { relativeEfficiency: [1] })).rejects.toThrow('or 2 of them');
  const two = (): void => {
    const m = sample('m', dist.normal(0, 1));
    sample('a', dist.normal(m, 1), { obs: 1 });
    sample('b', dist.normal(m, 1), { obs: 1 });
  };
  await expect(infer.loo(two, { m: [0, 1] })).rejects.toThrow(/the model observes "a", "b"/);
});

describe('a normal linear model with known variance', () => {
  const sd = 1.5;
  const xs = [-2, -1.3, -0.5, 0, 0.4, 1.1, 1.9, 2.4];
  const ys = [-3.1, -0.9, -1.4, 1.2, 0.3, 2.9, 2.2, 6];
  const model = (x: readonly number[], y: readonly number[]): void => {
    const intercept = sample('a', dist.normal(0, 2));
    const slope = sample('b', dist.normal(0, 2));
    plate('data', x.length, () => sample('y', dist.normal(tf.add(intercept, tf.mul(slope, tf.tensor1d([...x]))), sd), { obs: [...y] }));
  };

  /** Mean and covariance of (a, b) given these observations. */
  const posterior = (indices: readonly number[]) => {
    let [p00, p01, p11, h0, h1] = [0.25, 0, 0.25, 0, 0];
    for (const i of indices) {
      const [x, y] = [xs[i]!, ys[i]!];
      p00 += 1 / sd ** 2;
      p01 += x / sd ** 2;
      p11 += x ** 2 / sd ** 2;
      h0 += y / sd ** 2;
      h1 += (x * y) / sd ** 2;
    }
    const det = p00 * p11 - p01 ** 2;
    const [v00, v01, v11] = [p11 / det, -p01 / det, p00 / det];
    return { mean: [v00 * h0 + v01 * h1, v01 * h0 + v11 * h1] as const, v00, v01, v11 };
  };

  test('LOO is that of the closed form', async () => {
    const all = xs.map((_, i) => i);
    const { mean, v00, v01, v11 } = posterior(all);
    const stream = RandomStream.fromSeed(8);
    const count = 8000;
    const [a, b] = [new Float64Array(count), new Float64Array(count)];
    for (let i = 0; i < count; i++) {
      const z = stream.normal();
      a[i] = mean[0] + Math.sqrt(v00) * z;
      b[i] = mean[1] + (v01 / Math.sqrt(v00)) * z + Math.sqrt(v11 - v01 ** 2 / v00) * stream.normal();
    }
    const result = await infer.loo(model, { a: { data: a, shape: [count] }, b: { data: b, shape: [count] } }, xs, ys);
    const exact = all.map((i) => {
      const rest = posterior(all.filter((j) => j !== i));
      const x = xs[i]!;
      const variance = sd ** 2 + rest.v00 + 2 * x * rest.v01 + x ** 2 * rest.v11;
      return -0.5 * ((ys[i]! - rest.mean[0] - x * rest.mean[1]) ** 2 / variance + Math.log(2 * Math.PI * variance));
    });
    expect(result.warnings).toEqual([]);
    expect(result.mcse).toBeLessThan(0.1);
    const total = exact.reduce((sum, value) => sum + value, 0);
    expect(Math.abs(result.elpd - total)).toBeLessThan(4.5 * result.mcse);
    exact.forEach((value, i) => expect(Math.abs(result.pointwise[i]! - value)).toBeLessThan(4.5 * result.mcse));
  });
});

/** Draws by chain, from NUTS. */
async function draws(model: () => unknown, numSamples: number) {
  const mcmc = new infer.MCMC(new infer.NUTS(model), { numSamples, numWarmup: 300, numChains: 4, seed: 5, progressBar: false, executor: 'sequential' });
  await mcmc.run();
  return mcmc.getSamples({ groupByChain: true });
}

test('eight schools: exact leave-one-out by quadrature', async () => {
  const samples = await draws(eightSchools, 1000);
  const result = await expectNoLeak(() => infer.loo(eightSchools, samples));

  // Given mu and tau the schools are independent: y_i ~ N(mu, tau² + sigma_i²). Integrate over mu and log tau on a grid.
  const logNormal = (x: number, variance: number): number => -0.5 * (x ** 2 / variance + Math.log(2 * Math.PI * variance));
  const sums = new Float64Array(8);
  let whole = 0;
  for (let mu = -30; mu <= 40; mu += 0.5) {
    for (let logTau = -8; logTau <= 6; logTau += 0.1) {
      const tau = Math.exp(logTau);
      const logPrior = logNormal(mu, 25) - Math.log1p((tau / 5) ** 2) + logTau;
      const terms = EFFECTS.map((value, i) => logNormal(value - mu, tau ** 2 + STANDARD_ERRORS[i]! ** 2));
      const joint = logPrior + terms.reduce((sum, term) => sum + term, 0);
      whole += Math.exp(joint);
      terms.forEach((term, i) => (sums[i]! += Math.exp(joint - term)));
    }
  }
  const exact = [...sums].map((without) => Math.log(whole / without));
  const total = exact.reduce((sum, value) => sum + value, 0);
  // ArviZ has -30.8 for this model.
  expect(total).toBeCloseTo(-30.7, 0);
  expect(Math.abs(result.elpd - total)).toBeLessThan(4.5 * result.mcse);
  expect(result.mcse).toBeLessThan(0.15);
  expect(result.p).toBeGreaterThan(0.5);
  expect(result.p).toBeLessThan(1.5);
});

test('kidscore: LOO of a linear regression with flat priors has Student-t predictions', async () => {
  const { mom_iq: iq, kid_score: y } = readData('kidiq-kidscore_momiq') as { mom_iq: number[]; kid_score: number[] };
  const n = y.length;
  // With flat priors, centring changes no prediction; it makes NUTS quick.
  const x = iq.map((value) => value - 100);
  const model = (): void => {
    const beta = sample('beta', dist.improperUniform(constraints.real, [2]).toEvent(1));
    const noise = sample('sigma', dist.halfCauchy(2.5));
    const [a, b] = tf.unstack(beta);
    plate('data', n, () => sample('y', dist.normal(tf.add(a!, tf.mul(b!, tf.tensor1d(x))), noise), { obs: y }));
  };
  const result = await infer.loo(model, await draws(model, 200));

  // sigma's prior is σ⁻² to 2 % where the posterior is: without i, y_i is Student t with n - 2 degrees of freedom.
  const mean = x.reduce((sum, value) => sum + value, 0) / n;
  const sxx = x.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  const slope = x.reduce((sum, value, i) => sum + (value - mean) * y[i]!, 0) / sxx;
  const centre = y.reduce((sum, value) => sum + value, 0) / n;
  const residuals = x.map((value, i) => y[i]! - centre - slope * (value - mean));
  const rss = residuals.reduce((sum, r) => sum + r ** 2, 0);
  const df = n - 2;
  const constant = lgamma((df + 1) / 2) - lgamma(df / 2) - 0.5 * Math.log(Math.PI * df);
  let total = 0;
  residuals.forEach((residual, i) => {
    const leverage = 1 / n + (x[i]! - mean) ** 2 / sxx;
    const scale = Math.sqrt((rss - residual ** 2 / (1 - leverage)) / df / (1 - leverage));
    const t = residual / (1 - leverage) / scale;
    total += constant - Math.log(scale) - (0.5 * (df + 1)) * Math.log1p(t ** 2 / df);
  });
  expect(Math.abs(result.elpd - total)).toBeLessThan(4.5 * result.mcse + 0.01);
  expect(result.mcse).toBeLessThan(0.1);
  expect(result.warnings).toEqual([]);
});
