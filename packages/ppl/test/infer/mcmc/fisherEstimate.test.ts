import { fisherEstimate, type EstimateForm, type Visited } from '../../../src/infer/mcmc/fisherEstimate.ts';
import { createMetric, type InverseMassMatrix } from '../../../src/infer/mcmc/metric.ts';
import { RandomStream } from '../../../src/random/stream.ts';
import { dot } from './densities.ts';

/** M⁻¹ as rows. */
function rowsOf(inverse: InverseMassMatrix, dimension: number): number[][] {
  const metric = createMetric(dimension, inverse);
  return Array.from({ length: dimension }, (_, i) => {
    const velocity = new Float64Array(dimension);
    metric.velocity(Float64Array.from({ length: dimension }, (__, j) => (i === j ? 1 : 0)), velocity);
    return [...velocity];
  });
}

/** Points strewn around `centre`, with the gradients of N(0, precision⁻¹). */
function strew(precision: readonly (readonly number[])[], count: number, spread: readonly number[], centre = 0): Visited[] {
  const stream = RandomStream.fromSeed(11);
  return Array.from({ length: count }, () => {
    const position = spread.map((s) => centre + s * stream.normal());
    return { position, gradient: precision.map((row) => -dot(row, position)) };
  });
}

function expectNear(actual: InverseMassMatrix, expected: readonly (readonly number[])[], tolerance: number): void {
  for (const [i, row] of rowsOf(actual, expected.length).entries()) {
    for (const [j, value] of row.entries()) {
      const scale = Math.sqrt(expected[i]![i]! * expected[j]![j]!);
      expect([i, j, Math.abs(value - expected[i]![j]!) / scale < tolerance]).toEqual([i, j, true]);
    }
  }
}

// Scales 2 and 1e-3 with correlation 0.98, and a third coordinate apart.
const covariance = [[4, 1.96e-3, 0], [1.96e-3, 1e-6, 0], [0, 0, 25]];
const determinant = 4e-6 * (1 - 0.98 ** 2);
const precision = [[1e-6 / determinant, -1.96e-3 / determinant, 0], [-1.96e-3 / determinant, 4 / determinant, 0], [0, 0, 0.04]];

describe('fisherEstimate', () => {
  test.each<EstimateForm>(['auto', 'dense'])(
    '%s: of a normal density, its covariance, from few points, wherever they are', (form) => {
      // The ridge of 1e-4 shows where points do not lie as the density does; 'auto' leaves factors of 2 to the diagonal.
      const tolerance = form === 'auto' ? 0.6 : 0.05;
      expectNear(fisherEstimate(strew(precision, 8, [3, 0.004, 1], 100), form, [1, 1, 1]), covariance, tolerance);
      expectNear(fisherEstimate(strew(precision, 500, [2, 1e-3, 5]), form, [1, 1, 1]), covariance, tolerance);
    },
  );

  test('diagonal: the root of the ratio of variances', () => {
    const points = strew(precision, 50, [2, 1e-3, 5]);
    const variance = (values: number[]) => {
      const mean = values.reduce((sum, x) => sum + x, 0) / values.length;
      return values.reduce((sum, x) => sum + (x - mean) ** 2, 0) / values.length;
    };
    const values = [0, 1, 2].map((i) => {
      const ratio = variance(points.map(({ position }) => position[i]!)) / variance(points.map(({ gradient }) => gradient[i]!));
      return expect.closeTo(Math.sqrt(ratio), 9);
    });
    expect(fisherEstimate(points, 'diagonal', [1, 1, 1])).toEqual({ kind: 'diagonal', values });
  });

  test('auto: stays diagonal without correlations, and has one direction for one of them', () => {
    const independent = [[1, 0, 0], [0, 100, 0], [0, 0, 1e-4]];
    const alone = fisherEstimate(strew(independent, 200, [1, 0.1, 100]), 'auto', [1, 1, 1]);
    expect(alone.kind).toBe('diagonal');
    expectNear(alone, [[1, 0, 0], [0, 0.01, 0], [0, 0, 1e4]], 1e-2);
    const n = 30;
    // One factor common to all: covariance I + 9 uuᵀ/n, precision I - 0.9 uuᵀ/n with u = (1, 1, ...).
    const common = Array.from({ length: n }, (_, i) => Array.from({ length: n }, (__, j) => (i === j ? 1 : 0) - 0.9 / n));
    const found = fisherEstimate(strew(common, 100, common.map(() => 1)), 'auto', common.map(() => 1));
    expect(found.kind === 'lowRank' && found.values.length).toBe(1);
    expectNear(found, common.map((_, i) => common.map((__, j) => (i === j ? 1 : 0) + 9 / n)), 0.05);
  });

  test('with fewer points than dimensions: right where they are, diagonal elsewhere', () => {
    const n = 60;
    const common = Array.from({ length: n }, (_, i) => Array.from({ length: n }, (__, j) => (i === j ? 1 : 0) - 0.99 / n));
    const stream = RandomStream.fromSeed(12);
    const points = Array.from({ length: 12 }, (): Visited => {
      const factor = Math.sqrt(99 / n) * stream.normal();
      const position = common.map(() => factor + stream.normal());
      return { position, gradient: common.map((row) => -dot(row, position)) };
    });
    const along = (inverse: InverseMassMatrix) => rowsOf(inverse, n).flat().reduce((sum, x) => sum + x, 0) / n;
    // The variance along (1, 1, ...)/√n is 100; a diagonal matrix knows of the mean of the variances, 2.65.
    expect(along(fisherEstimate(points, 'diagonal', common.map(() => 1)))).toBeLessThan(3);
    expect(along(fisherEstimate(points, 'auto', common.map(() => 1)))).toBeGreaterThan(30);
  });

  test('in many dimensions, from some of the points', () => {
    const n = 400;
    const identity = Array.from({ length: n }, (_, i) => Array.from({ length: n }, (__, j) => (i === j ? 1 : 0)));
    const found = fisherEstimate(strew(identity, 150, identity.map(() => 1)), 'auto', identity.map(() => 1));
    expect(found).toEqual({ kind: 'diagonal', values: identity.map(() => expect.closeTo(1, 9)) });
  });

  test('where gradients do not vary, the variance of positions; where these do not, what it had; and never fails', () => {
    const fixed: Visited[] = [1, 2, 3, 4].map((x) => ({ position: [x, 5, x], gradient: [-x, x, 2] }));
    expect(fisherEstimate(fixed, 'diagonal', [7, 8, 9])).toEqual({ kind: 'diagonal', values: [expect.closeTo(1, 12), 8, expect.closeTo(1.25, 12)] });
    for (const wild of [1e300, Infinity, Number.NaN, 1e-300]) {
      const points: Visited[] = [1, 2, 3, -4, 5].map((x) => ({ position: [x, x * x], gradient: [-x, -x * wild] }));
      for (const form of ['auto', 'dense', 'diagonal'] as const) {
        const metric = createMetric(2, fisherEstimate(points, form, [1, 1]));
        const velocity = new Float64Array(2);
        metric.velocity(Float64Array.of(1, 1), velocity);
        expect([...velocity].every(Number.isFinite)).toBe(true);
      }
    }
  });
});

test('a direction along which gradients are not linear in positions is left to the diagonal', () => {
  const stream = RandomStream.fromSeed(5);
  // Both coordinates move together, nine times as far as apart; so do the gradients, times a factor that changes from place to place.
  const draws = (noise: number): Visited[] =>
    Array.from({ length: 200 }, () => {
      const [together, apart] = [9 * stream.normal(), stream.normal()];
      const slope = -together / 81 + (noise / 9) * stream.normal();
      return { position: [together + apart, together - apart], gradient: [slope - apart, slope + apart] };
    });
  const correlation = (noise: number): number => {
    const [first, second] = rowsOf(fisherEstimate(draws(noise), 'auto', [1, 1]), 2) as [number[], number[]];
    return first[1]! / Math.sqrt(first[0]! * second[1]!);
  };
  expect(correlation(0.5)).toBeGreaterThan(0.9);
  // The direction across, along which they are linear, is taken off all the same.
  expect(correlation(4)).toBeLessThan(0.85);
});
