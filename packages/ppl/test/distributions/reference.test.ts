import '../../src/backend/setup.ts';
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import * as dist from '../../src/distributions/index.ts';
import { describeOnBackends } from '../helpers/backends.ts';
import type { KlRow, Numbers, Row } from './referenceTable.ts';
import { FAMILIES, flat, table, UNNORMALISED } from './referenceTable.ts';

const TOLERANCE = 1e-5;

/** One float32 up or down. */
function neighbour(x: number, direction: number): number {
  return x === 0 ? 0 : Math.fround(x) * (1 + direction * 2 ** -23);
}

/**
 * Compares with a relative tolerance of 1e-5, plus what the rounding of values and parameters to float32 makes of it: the
 * change of the result when one of them moves by one float32.
 */
function expectClose(actual: ArrayLike<number>, expected: number[], moved: () => Float32Array[]): void {
  const beyond = expected.flatMap((x, i) => {
    const error = Math.abs(actual[i]! - x);
    return Object.is(actual[i], x) || error <= TOLERANCE * Math.abs(x) ? [] : [{ i, error: error - TOLERANCE * Math.abs(x) }];
  });
  if (beyond.length === 0) return;
  const variants = moved();
  for (const { i, error } of beyond) {
    const slack = variants.reduce((sum, variant) => sum + Math.abs(variant[i]! - actual[i]!), 0);
    if (!(error <= slack)) throw new Error(`element ${i}: ${actual[i]} against ${expected[i]}, with ${slack} for rounding`);
  }
}

/** Computes a statistic of a row, and on demand what it becomes when one input moves by one float32. */
function check(row: Row, isTensor: boolean, expected: Numbers | undefined, statistic: (d: dist.Distribution, values: Numbers[]) => Tensor): void {
  if (expected === undefined) return;
  const compute = (params: Record<string, number>, values: Numbers[]): Float32Array =>
    tf.tidy(() => {
      const wrap = ([name, value]: [string, number]): [string, dist.Parameter] => [name, isTensor && name !== 'dim' ? tf.tensor(value, undefined, 'float32') : value];
      return statistic(FAMILIES[row.distribution]!(Object.fromEntries(Object.entries(params).map(wrap))), values).dataSync() as Float32Array;
    });
  expectClose(compute(row.params, row.values), flat(expected), () => [
    compute(row.params, row.values.map((x) => (typeof x === 'number' ? neighbour(x, 1) : x))),
    ...Object.keys(row.params)
      .filter((name) => typeof row.params[name] === 'number' && !/count|dim/iu.test(name))
      .map((name) => compute({ ...row.params, [name]: neighbour(row.params[name]!, 1) }, row.values)),
  ]);
}

describeOnBackends('scipy and mpmath agree', () => {
  const rows = table.distributions.map((row, i): [string, number, Row] => [row.distribution, i, row]);

  test.each(rows)('%s, row %i', (_family, _i, row) => {
    for (const isTensor of [false, true]) {
      if (!UNNORMALISED.has(row.distribution)) check(row, isTensor, row.log_prob, (d, x) => d.logProb(x as number[]));
      check(row, isTensor, row.cdf, (d, x) => d.cdf(x as number[]));
      check(row, isTensor, row.mean, (d) => d.mean);
      check(row, isTensor, row.variance, (d) => d.variance);
      check(row, isTensor, row.entropy, (d) => d.entropy());
    }
  });

  test('LKJCholesky: differences of log-densities', () => {
    for (const row of table.distributions.filter(({ distribution }) => distribution === 'LKJCholesky')) {
      const { dim, concentration } = row.params as { dim: number; concentration: number };
      // At the identity every unnormalised log-density is zero.
      const identity = Array.from({ length: dim }, (_, i) => Array.from({ length: dim }, (__, j) => (i === j ? 1 : 0)));
      const [at, atIdentity] = tf.tidy(() => dist.lkjCholesky(dim, concentration).logProb([row.values[0] as number[], identity] as unknown as number[][]).dataSync());
      expect(Math.abs(at! - atIdentity! - (row.log_prob[0] as number))).toBeLessThan(TOLERANCE * Math.abs(row.log_prob[0] as number));
    }
  });

  // The rows of gamma and beta are integrals with a tolerance of their own.
  test.each(table.kl.map((row, i): [string, number, KlRow] => [row.p, i, row]))('KL of %s, row %i', (family, _i, row) => {
    const kl = tf.tidy(() => dist.klDivergence(FAMILIES[family]!(row.p_params), FAMILIES[family]!(row.q_params)).dataSync()[0]!);
    expect(Math.abs(kl - row.kl)).toBeLessThan((row.tolerance ?? TOLERANCE) * row.kl);
  });
});
