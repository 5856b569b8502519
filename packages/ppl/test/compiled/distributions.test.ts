/** @file Log-densities of all families as compiled float64 programs. */
import '../../src/backend/setup.ts';
import '../../src/compiled/register.ts';
import type { Tensor } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import { ready } from '../../src/backend/ready.ts';
import * as dist from '../../src/distributions/index.ts';
import { toFloat } from '../../src/ops/toFloat.ts';
import { RandomStream } from '../../src/random/stream.ts';
import { withValidation } from '../../src/util/validation.ts';
import type { Fixture } from '../distributions/fixtures.ts';
import { continuous, discrete, discreteVectors, jumping, multivariate } from '../distributions/fixtures.ts';
import type { Parameters, Row } from '../distributions/referenceTable.ts';
import { FAMILIES, flat, table, UNNORMALISED } from '../distributions/referenceTable.ts';
import { argument, compiled } from '../helpers/compiled.ts';
import { gradient, relativeError } from '../helpers/finiteDifference.ts';

beforeAll(() => ready({ backend: 'cpu' }));

/** A statistic with parameters and value as inputs (`free`), or as constants of the program. */
function statistics(row: Row, isFree: boolean, of: (d: dist.Distribution, x: dist.Parameter) => Tensor): Float64Array {
  const build = FAMILIES[row.distribution]!;
  const names = Object.keys(row.params);
  const params = names.map((name) => argument(row.params[name]));
  const value = argument(row.values);
  const unchecked = (d: dist.Distribution, x: dist.Parameter): Tensor => withValidation(false, () => of(d, x));
  if (!isFree) return compiled(() => unchecked(build(row.params as Parameters), row.values as number[]), [], false).value([]);
  const program = compiled(
    (...xs) => unchecked(build(Object.fromEntries(names.map((name, i) => [name, xs[i]!]))), xs.at(-1)!),
    [...params, value].map(({ shape }) => shape),
    false,
  );
  return program.value([...params, value].map(({ values }) => values));
}

describe('log-densities are those of scipy and mpmath, in float64', () => {
  const rows = table.distributions.filter((row) => !UNNORMALISED.has(row.distribution)).map((row, i): [string, number, Row] => [row.distribution, i, row]);

  // scipy's own digits: some of its densities lose three or four.
  test.each(rows)('%s, row %i', (_family, _i, row) => {
    for (const isFree of [true, false]) {
      const logProb = statistics(row, isFree, (d, x) => d.logProb(x));
      flat(row.log_prob).forEach((expected, i) => expect(relativeError(logProb[i]!, expected, 1)).toBeLessThan(1e-10));
      if (row.cdf === undefined || !isFree) continue;
      const cdf = statistics(row, isFree, (d, x) => d.cdf(x));
      flat(row.cdf).forEach((expected, i) => expect(relativeError(cdf[i]!, expected)).toBeLessThan(1e-9));
    }
  });

  test('LKJCholesky: differences of log-densities', () => {
    for (const row of table.distributions.filter(({ distribution }) => distribution === 'LKJCholesky')) {
      const { dim, concentration } = row.params as { dim: number; concentration: number };
      const identity = Array.from({ length: dim }, (_, i) => Array.from({ length: dim }, (__, j) => (i === j ? 1 : 0)));
      const { shape, values } = argument([row.values[0], identity]);
      const density = compiled((eta, l) => withValidation(false, () => dist.lkjCholesky(dim, eta!).logProb(l!)), [[], shape], false);
      const [at, atIdentity] = density.value([[concentration], values]);
      expect(relativeError(at! - atIdentity!, row.log_prob[0] as number)).toBeLessThan(1e-10);
    }
  });
});

/** Families whose values move freely in every coordinate. */
const FREE = new Set(['real', 'positive', 'nonNegative', 'realVector', 'circle', 'unitInterval']);

/** Values of each case's support, of shape `[2, count, ...event]`. */
function draws({ parameters, build }: Fixture): { shape: number[]; values: number[] } {
  const given = Object.fromEntries(Object.entries(parameters).map(([name, cases]) => [name, cases as unknown as number[]]));
  return tf.tidy(() => {
    const x = build(given).sample([2], RandomStream.fromSeed(7));
    return { shape: x.shape, values: [...x.dataSync()] };
  });
}

describe('gradients are what differences of the float64 density say', () => {
  const fixtures = [...continuous, ...jumping, ...discrete, ...multivariate, ...discreteVectors];

  test.each(fixtures.map((fixture): [string, Fixture] => [fixture.name, fixture]))('%s', (_name, fixture) => {
    const { parameters, build, differentiable = Object.keys(parameters) } = fixture;
    const fixed = Object.fromEntries(Object.entries(parameters).filter(([name]) => !differentiable.includes(name)));
    const free = differentiable.map((name) => argument(parameters[name]));
    const value = draws(fixture);
    const isDiscrete = discrete.includes(fixture) || discreteVectors.includes(fixture);
    let isFree = false;
    const density = (...xs: Tensor[]): Tensor => {
      const d = build({ ...(fixed as Parameters), ...Object.fromEntries(differentiable.map((name, i) => [name, xs[i]!])) });
      isFree = FREE.has(d.support.name);
      const at = xs[differentiable.length] ?? toFloat(tf.util.toNestedArray(value.shape, Float32Array.from(value.values)) as number[]);
      return withValidation(false, () => tf.sum(d.logProb(at)));
    };
    const shapes = free.map(({ shape }) => shape);
    // Once without the value among the inputs, to see whether it can be one.
    compiled(density, shapes);
    const args = isFree && !isDiscrete ? [...free, value] : free;
    const program = compiled(density, args.map(({ shape }) => shape));
    const at = args.map(({ values }) => values);
    program.gradients(at).forEach((actual, i) => {
      const expected = gradient((x) => program.value(at.with(i, x))[0]!, at[i]!, 1e-3);
      const scale = Math.max(...expected.map(Math.abs));
      actual.forEach((slope, j) => expect(relativeError(slope, expected[j]!, scale)).toBeLessThan(1e-8));
    });
  });
});
