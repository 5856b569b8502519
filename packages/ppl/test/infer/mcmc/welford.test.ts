import fc from 'fast-check';
import {
  addToWelford,
  mergeWelford,
  regularisedCovariance,
  startWelford,
  welfordCovariance,
  type WelfordState,
} from '../../../src/infer/mcmc/welford.ts';

const dimension = 3;
const value = fc.double({ min: -100, max: 100, noNaN: true });
const vectors = fc.array(fc.array(value, { minLength: dimension, maxLength: dimension }), { minLength: 2, maxLength: 12 });

function twoPass(data: readonly number[][]): { mean: number[]; covariance: number[][] } {
  const axes = [0, 1, 2];
  const mean = axes.map((i) => data.reduce((sum, x) => sum + x[i]!, 0) / data.length);
  const covariance = axes.map((i) =>
    axes.map((j) => data.reduce((sum, x) => sum + (x[i]! - mean[i]!) * (x[j]! - mean[j]!), 0) / (data.length - 1)),
  );
  return { mean, covariance };
}

const stream = (data: readonly number[][], dense: boolean): WelfordState =>
  data.reduce(addToWelford, startWelford(dimension, dense));

function expectClose(actual: readonly number[], expected: readonly number[]): void {
  expect(actual).toHaveLength(expected.length);
  for (const [i, x] of expected.entries()) expect(Math.abs(actual[i]! - x)).toBeLessThan(1e-9);
}

describe('Welford', () => {
  test('is the two-pass mean, variance and covariance (P39)', () => {
    fc.assert(
      fc.property(vectors, (data) => {
        const { mean, covariance } = twoPass(data);
        expectClose(stream(data, true).mean, mean);
        expectClose(welfordCovariance(stream(data, true)), covariance.flat());
        expectClose(stream(data, false).mean, mean);
        expectClose(welfordCovariance(stream(data, false)), [0, 1, 2].map((i) => covariance[i]![i]!));
      }),
    );
  });

  test('does not depend on order or chunking, and merging is associative (P39)', () => {
    fc.assert(
      fc.property(vectors, vectors, vectors, fc.boolean(), (a, b, c, dense) => {
        const whole = stream([...a, ...b, ...c], dense);
        const [x, y, z] = [stream(a, dense), stream(b, dense), stream(c, dense)];
        for (const other of [
          stream([...c, ...a, ...b].toReversed(), dense),
          mergeWelford(mergeWelford(x, y), z),
          mergeWelford(x, mergeWelford(y, z)),
          mergeWelford(startWelford(dimension, dense), whole),
          mergeWelford(whole, startWelford(dimension, dense)),
        ]) {
          expect(other.count).toBe(whole.count);
          expectClose(other.mean, whole.mean);
          expectClose(welfordCovariance(other), welfordCovariance(whole));
        }
      }),
    );
  });

  test('keeps its precision far from the origin', () => {
    const data = [1, 2, 3, 4].map((x) => [1e9 + x, 0, 0]);
    expect(welfordCovariance(stream(data, false))[0]).toBeCloseTo(5 / 3, 6);
  });

  test('leaves the state it was given as it was', () => {
    const state = Object.freeze({ ...stream([[1, 2, 3]], true) });
    const before = structuredClone(state);
    addToWelford(state, [4, 5, 6]);
    expect(state).toEqual(before);
  });

  test('covariance matrices are symmetric to the last bit', () => {
    fc.assert(
      fc.property(vectors, (data) => {
        const covariance = welfordCovariance(stream(data, true));
        for (let i = 0; i < 9; i++) expect(covariance[i]).toBe(covariance[(i % 3) * 3 + Math.floor(i / 3)]);
      }),
    );
  });

  test('regularised covariance: n/(n+5) S + 0.001 · 5/(n+5) I', () => {
    const data = [[1, 0, 2], [3, 5, 4], [2, -1, 7]];
    const { covariance } = twoPass(data);
    const expected = covariance.map((row, i) => row.map((x, j) => (3 / 8) * x + (i === j ? 1e-3 * (5 / 8) : 0)));
    expectClose(regularisedCovariance(stream(data, true)), expected.flat());
    expectClose(regularisedCovariance(stream(data, false)), [0, 1, 2].map((i) => expected[i]![i]!));
    expectClose(regularisedCovariance(startWelford(3, false)), [1e-3, 1e-3, 1e-3]);
    expectClose(regularisedCovariance(stream([[1, 2, 3]], false)), [1e-3, 1e-3, 1e-3].map((x) => (x * 5) / 6));
  });
});
