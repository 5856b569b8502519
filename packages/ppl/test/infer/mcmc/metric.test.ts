import fc from 'fast-check';
import { cholesky } from '../../../src/infer/mcmc/cholesky.ts';
import { createMetric, type InverseMassMatrix } from '../../../src/infer/mcmc/metric.ts';
import { RandomStream } from '../../../src/random/stream.ts';
import { dot } from './densities.ts';

const inverse3 = [2, 0.5, -0.3, 0.5, 1, 0.2, -0.3, 0.2, 0.5];

describe('cholesky', () => {
  test('of LLᵀ is L', () => {
    const entry = fc.double({ min: -2, max: 2, noNaN: true });
    fc.assert(
      fc.property(fc.array(entry, { minLength: 6, maxLength: 6 }), (entries) => {
        const [a, b, c, d, e, f] = entries as [number, number, number, number, number, number];
        const rows = [[Math.abs(a) + 0.1, 0, 0], [b, Math.abs(c) + 0.1, 0], [d, e, Math.abs(f) + 0.1]];
        const product = rows.flatMap((row) => rows.map((other) => dot(row, other)));
        const factor = cholesky(product, 3);
        for (const [i, expected] of rows.flat().entries()) expect(factor[i]).toBeCloseTo(expected, 8);
      }),
    );
  });

  test.each([[[1, 2, 2, 1]], [[0, 0, 0, 1]], [[Number.NaN, 0, 0, 1]], [[1, 0, 0, Infinity]]])(
    'refuses %p', (matrix) => {
      expect(() => cholesky(matrix, 2)).toThrow(/not positive definite/);
    },
  );
});

describe('metrics', () => {
  const cases: [string, InverseMassMatrix, number[][]][] = [
    ['identity', { kind: 'identity' }, [[1, 0, 0], [0, 1, 0], [0, 0, 1]]],
    ['diagonal', { kind: 'diagonal', values: [2, 1, 0.5] }, [[2, 0, 0], [0, 1, 0], [0, 0, 0.5]]],
    ['dense', { kind: 'dense', values: inverse3 }, [inverse3.slice(0, 3), inverse3.slice(3, 6), inverse3.slice(6)]],
    // D (I + v (λ - 1) vᵀ) D with D = diag(1, 2, 0.5), λ = 3, v = (0.6, 0, 0.8); and no direction at all.
    [
      'low rank',
      { kind: 'lowRank', scale: [1, 2, 0.5], values: [3], vectors: [0.6, 0, 0.8] },
      [[1.72, 0, 0.48], [0, 4, 0], [0.48, 0, 0.57]],
    ],
    ['of rank 0', { kind: 'lowRank', scale: [1, 2, 0.5], values: [], vectors: [] }, [[1, 0, 0], [0, 4, 0], [0, 0, 0.25]]],
  ];

  test.each(cases)('%s: the velocity is M⁻¹p', (_, inverse, rows) => {
    const velocity = new Float64Array(3);
    const momentum = [0.3, -1.2, 2.5];
    createMetric(3, inverse).velocity(Float64Array.from(momentum), velocity);
    for (const [i, row] of rows.entries()) expect(velocity[i]).toBeCloseTo(dot(row, momentum), 14);
  });

  test.each(cases)('%s: knows the rows of M⁻¹', (_, inverse, rows) => {
    const values = new Float64Array(3).fill(7);
    for (const [i, row] of rows.entries()) {
      createMetric(3, inverse).row(i, values);
      expect([...values]).toEqual(row.map((x) => expect.closeTo(x, 14)));
    }
  });

  test.each(cases)('%s: momenta have covariance M, and kinetic energy d/2 on average (P35)', (_, inverse, rows) => {
    const metric = createMetric(3, inverse);
    const stream = RandomStream.fromSeed(3);
    const n = 40_000;
    const p = new Float64Array(3);
    const v = new Float64Array(3);
    // Cov(p) = M means Cov(p, M⁻¹p) = I, whatever M; and M⁻¹p has covariance M⁻¹.
    const cross = Array.from({ length: 9 }, () => 0);
    const velocities = Array.from({ length: 9 }, () => 0);
    let energy = 0;
    for (let k = 0; k < n; k++) {
      metric.sampleMomentum(stream, p);
      metric.velocity(p, v);
      energy += 0.5 * dot([...p], [...v]);
      for (let i = 0; i < 9; i++) {
        cross[i] = cross[i]! + (p[Math.floor(i / 3)]! * v[i % 3]!) / n;
        velocities[i] = velocities[i]! + (v[Math.floor(i / 3)]! * v[i % 3]!) / n;
      }
    }
    // The energy is half a χ² with 3 degrees of freedom: variance 3/2. Products of normals have a variance of at most
    // 2 Σᵢᵢ Σⱼⱼ. 4.5 standard errors throughout.
    expect(Math.abs(energy / n - 1.5)).toBeLessThan(4.5 * Math.sqrt(1.5 / n));
    for (let i = 0; i < 9; i++) {
      const [row, column] = [Math.floor(i / 3), i % 3];
      const spread = 2 * rows[row]![row]! * rows[column]![column]!;
      expect(Math.abs(velocities[i]! - rows[row]![column]!)).toBeLessThan(4.5 * Math.sqrt(spread / n));
      expect(Math.abs(cross[i]! - (row === column ? 1 : 0))).toBeLessThan(4.5 * Math.sqrt(10 / n));
    }
  });

  test('say what is wrong with a matrix', () => {
    expect(() => createMetric(3, { kind: 'diagonal', values: [1, 2] })).toThrow(/diagonal one for 3 .* 3 values, got 2/);
    expect(() => createMetric(3, { kind: 'dense', values: [1, 2, 3] })).toThrow(/dense one for 3 .* 9 values, got 3/);
    expect(() => createMetric(2, { kind: 'diagonal', values: [1, 0] })).toThrow(/entry 1 must be positive/);
    expect(() => createMetric(2, { kind: 'dense', values: [1, 2, 2, 1] })).toThrow(/not positive definite/);
  });
});
