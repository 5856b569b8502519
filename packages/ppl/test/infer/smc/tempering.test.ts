/** The parts of SMC that are pure functions. */
import { spreadOf } from '../../../src/infer/smc/spread.ts';
import { nextTemperature } from '../../../src/infer/smc/tempering.ts';
import { weightsEss } from '../../../src/infer/importance/weights.ts';
import { RandomStream } from '../../../src/random/stream.ts';

const stream = RandomStream.fromSeed(2);
const logLikelihoods = Float64Array.from({ length: 500 }, () => -50 * stream.normal() ** 2);

describe('the next temperature', () => {
  const essAfter = (x: Float64Array, from: number, to: number): number => weightsEss(x.filter((value) => value > -Infinity).map((value) => (to - from) * value));

  test.each([[0, 0.5], [0.001, 0.5], [0.01, 0.9], [0.02, 0.95]])('from %p keeps an effective sample size of %p', (from, share) => {
    const next = nextTemperature(logLikelihoods, from, share);
    expect(next).toBeGreaterThan(from);
    expect(next).toBeLessThan(1);
    expect(essAfter(logLikelihoods, from, next)).toBeCloseTo(share * 500, 6);
  });

  test('is 1 where that keeps enough', () => {
    expect(nextTemperature(logLikelihoods.map((x) => x / 1e4), 0, 0.5)).toBe(1);
    expect(nextTemperature(logLikelihoods, 0.9999, 0.5)).toBe(1);
    expect(nextTemperature(new Float64Array(10), 0, 0.99)).toBe(1);
  });

  test('counts particles that are not ruled out', () => {
    const most = logLikelihoods.map((x, i) => (i % 5 === 0 ? x : -Infinity));
    const next = nextTemperature(most, 0, 0.5);
    expect(essAfter(most, 0, next)).toBeCloseTo(50, 6);
    const one = new Float64Array(10).fill(-Infinity);
    one[3] = -1e300;
    expect(nextTemperature(one, 0, 0.5)).toBe(1);
  });

  test('moves on even where no step is small enough', () => {
    const next = nextTemperature(Float64Array.of(0, -1e300), 0.5, 0.9);
    expect(next).toBeGreaterThan(0.5);
  });
});

test('the spread of weighted particles', () => {
  const positions = [[1, 2], [3, -1], [0, 0.5], [1e300, 0]].map((q) => Float64Array.from(q));
  const weights = Float64Array.of(0.5, 0.25, 0.25, 0);
  const mean = [1.25, 0.875];
  const cov = (i: number, j: number): number => [0, 1, 2].reduce((sum, p) => sum + weights[p]! * (positions[p]![i]! - mean[i]!) * (positions[p]![j]! - mean[j]!), 0);
  const shrunk = (value: number, isVariance: boolean): unknown => expect.closeTo((15 / 20) * value + (isVariance ? 0.25e-3 : 0), 12);
  expect(spreadOf(positions, weights, 15, 'diagonal')).toEqual({ kind: 'diagonal', values: [shrunk(cov(0, 0), true), shrunk(cov(1, 1), true)] });
  expect(spreadOf(positions, weights, 15, 'dense')).toEqual({
    kind: 'dense',
    values: [shrunk(cov(0, 0), true), shrunk(cov(0, 1), false), shrunk(cov(0, 1), false), shrunk(cov(1, 1), true)],
  });
});
