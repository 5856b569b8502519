/** Diagnostics against ArviZ: fixtures/diagnostics.json, made by fixtures/diagnostics.py. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { relativeError } from '../../../helpers/finiteDifference.ts';
import { autocorrelation } from '../../../../src/infer/mcmc/diagnostics/autocorrelation.ts';
import { effectiveSampleSize } from '../../../../src/infer/mcmc/diagnostics/effectiveSampleSize.ts';
import { normalQuantile } from '../../../../src/infer/mcmc/diagnostics/normalQuantile.ts';
import { splitRHat } from '../../../../src/infer/mcmc/diagnostics/rHat.ts';
import { meanStandardError } from '../../../../src/infer/mcmc/diagnostics/standardError.ts';
import { summariseScalar, type ScalarSummary } from '../../../../src/infer/mcmc/summary.ts';

interface Case extends Omit<ScalarSummary, 'mean' | 'sd'> {
  readonly name: string;
  readonly chains: readonly number[][];
  readonly essMean: number;
  readonly autocorrelation: readonly number[];
}

const fixture = JSON.parse(readFileSync(join(__dirname, '../fixtures/diagnostics.json'), 'utf8')) as {
  readonly normalQuantile: readonly [number, number][];
  readonly cases: readonly Case[];
};

test.each(fixture.normalQuantile)('normalQuantile(%p) is %p', (probability, expected) => {
  expect(relativeError(normalQuantile(probability), expected)).toBeLessThan(5e-15);
});

test('normalQuantile at the edges', () => {
  expect([0, 1, -0.1, 1.1, Number.NaN].map(normalQuantile)).toEqual([-Infinity, Infinity, NaN, NaN, NaN]);
});

test.each(fixture.cases.map((entry) => [entry.name, entry] as const))('%s chains', (_, expected) => {
  const { chains } = expected;
  const actual = {
    ...summariseScalar(chains),
    essMean: effectiveSampleSize(chains, 'mean'),
  };
  const names = ['rHat', 'essBulk', 'essTail', 'essMean', 'mcseMean', 'q5', 'q50', 'q95'] as const;
  for (const name of names) {
    // Far from the origin, ArviZ's FFT of what is left after centring costs it some digits.
    expect([name, relativeError(actual[name], expected[name])]).toEqual([name, expect.closeTo(0, 9)]);
  }
  const correlations = autocorrelation(chains[0]!, 5);
  for (const [lag, value] of expected.autocorrelation.entries()) expect(correlations[lag]).toBeCloseTo(value, 9);
  expect(effectiveSampleSize(chains)).toBe(actual.essBulk);
  expect(effectiveSampleSize(chains, 'tail')).toBe(actual.essTail);
  expect(meanStandardError(chains)).toBeCloseTo(actual.mcseMean, 14);
  expect(splitRHat(chains.map((chain) => Float64Array.from(chain)))).toBe(actual.rHat);
});
