import fc from 'fast-check';
import { InverseHessianFactor, type CurvaturePair } from '../../../src/infer/pathfinder/factor.ts';
import { inForm, lowRankForm } from '../../../src/infer/pathfinder/lowRankForm.ts';
import { NormalApproximation } from '../../../src/infer/pathfinder/normalApproximation.ts';
import { RandomStream } from '../../../src/random/stream.ts';
import {
  add, bfgs, diagonal, expectClose, identity, inner, inverse, logDeterminant, multiply, outer, pairsOf, positiveDefinite, times, transpose,
  type Matrix,
} from './dense.ts';

const cases = fc.record({ n: fc.integer({ min: 1, max: 8 }), count: fc.integer({ min: 0, max: 10 }), seed: fc.integer({ min: 0, max: 1e6 }) });

function example({ n, count, seed }: { n: number; count: number; seed: number }) {
  const stream = RandomStream.fromSeed(seed);
  const start = Float64Array.from({ length: n }, () => Math.exp(stream.normal()));
  const pairs = pairsOf(positiveDefinite(n, stream), count, stream);
  const x = Float64Array.from({ length: n }, () => stream.normal());
  return { start, pairs, x, factor: new InverseHessianFactor(start, pairs), dense: pairs.reduce(bfgs, diagonal(start)) };
}

/** All of a matrix, from its products with vectors. */
const matrixOf = (n: number, product: (x: Float64Array) => Float64Array): Matrix =>
  transpose(identity(n).map((unit) => Array.from(product(Float64Array.from(unit)))));

test('Σ is what the updates of BFGS make of the diagonal', () => {
  fc.assert(
    fc.property(cases, (given) => {
      const { factor, dense, x, pairs } = example(given);
      expectClose(factor.multiply(x), times(dense, x), 1e-8);
      expect(Math.abs(factor.logDeterminant - logDeterminant(dense))).toBeLessThan(1e-7);
      const last = pairs.at(-1);
      // The secant equation.
      if (last !== undefined) expectClose(factor.multiply(last.change), last.step, 1e-8);
    }),
  );
});

test('Σ = FFᵀ, and whitening undoes colouring', () => {
  fc.assert(
    fc.property(cases, (given) => {
      const { factor, dense, x } = example(given);
      const f = matrixOf(given.n, (z) => factor.colour(z));
      expectClose(multiply(f, transpose(f)).flat(), dense.flat(), 1e-8);
      expectClose(factor.whiten(factor.colour(x)), x, 1e-7);
    }),
  );
});

/** diag(α) + βγβᵀ, as the paper on Pathfinder writes it (its equation 4; Byrd, Nocedal and Schnabel). */
function compactForm(alpha: Float64Array, pairs: readonly CurvaturePair[]): Matrix {
  const m = pairs.length;
  const s = transpose(pairs.map(({ step }) => Array.from(step)));
  const z = transpose(pairs.map(({ change }) => Array.from(change)));
  const products = multiply(transpose(s), z);
  const r = products.map((row, i) => row.map((x, j) => (i <= j ? x : 0)));
  const rInverse = inverse(r);
  const az = multiply(diagonal(alpha), z);
  const corner = multiply(
    multiply(transpose(rInverse), add(diagonal(products.map((row, i) => row[i]!)), multiply(transpose(z), az))),
    rInverse,
  );
  const gamma = Array.from({ length: 2 * m }, (_, i) =>
    Array.from({ length: 2 * m }, (_, j) => {
      if (i < m) return j < m ? 0 : -rInverse[i]![j - m]!;
      return j < m ? -rInverse[j]![i - m]! : corner[i - m]![j - m]!;
    }),
  );
  const beta = az.map((row, i) => [...row, ...s[i]!]);
  return add(diagonal(alpha), multiply(multiply(beta, gamma), transpose(beta)));
}

test('and the compact form of the paper', () => {
  const { start, pairs, factor, dense } = example({ n: 12, count: 5, seed: 3 });
  const compact = compactForm(start, pairs);
  expectClose(matrixOf(12, (x) => factor.multiply(x)).flat(), compact.flat(), 1e-8);
  expectClose(dense.flat(), compact.flat(), 1e-8);
});

test('with pairs along as many conjugate directions as dimensions, it is the inverse Hessian', () => {
  const n = 6;
  const stream = RandomStream.fromSeed(4);
  const a = positiveDefinite(n, stream, 4);
  // Gram and Schmidt, in the product that `a` defines.
  const pairs: CurvaturePair[] = [];
  for (const { step } of pairsOf(a, n, stream)) {
    for (const { step: s, change: y } of pairs) {
      const along = inner(step, y) / inner(s, y);
      step.forEach((x, i) => (step[i] = x - along * s[i]!));
    }
    pairs.push({ step, change: Float64Array.from(times(a, step)) });
  }
  const factor = new InverseHessianFactor(new Float64Array(n).fill(3), pairs);
  expectClose(matrixOf(n, (x) => factor.multiply(x)).flat(), inverse(a).flat(), 1e-9);
  expect(factor.logDeterminant).toBeCloseTo(-logDeterminant(a), 9);
});

test('scales far apart', () => {
  const scale = [1e-6, 1, 1e6];
  const hessian = diagonal(scale.map((x) => 1 / x ** 2));
  const stream = RandomStream.fromSeed(5);
  const pairs = Array.from({ length: 6 }, () => {
    const step = Float64Array.from(scale, (x) => x * stream.normal());
    return { step, change: Float64Array.from(times(hessian, step)) };
  });
  const factor = new InverseHessianFactor(Float64Array.from(scale, (x) => 4 * x * x), pairs);
  const dense = pairs.reduce(bfgs, diagonal(scale.map((x) => 4 * x * x)));
  const relative = matrixOf(3, (x) => factor.multiply(x)).map((row, i) => row.map((x, j) => x / (scale[i]! * scale[j]!)));
  expectClose(relative.flat(), dense.map((row, i) => row.map((x, j) => x / (scale[i]! * scale[j]!))).flat(), 1e-8);
});

describe('the normal approximation', () => {
  const { factor, dense } = example({ n: 4, count: 3, seed: 7 });
  const position = Float64Array.of(1, -2, 0.5, 3);
  const gradient = Float64Array.of(0.3, -0.1, 2, 1);
  const q = new NormalApproximation({ position, gradient, factor });

  test('has the mean that a Newton step leads to', () => {
    expectClose(q.mean, Array.from(position, (x, i) => x + times(dense, gradient)[i]!));
  });

  test('has the density of N(μ, Σ)', () => {
    const x = Float64Array.of(0, 1, 2, -1);
    const residual = x.map((value, i) => value - q.mean[i]!);
    const expected = -0.5 * (inner(residual, times(inverse(dense), residual)) + logDeterminant(dense) + 4 * Math.log(2 * Math.PI));
    expect(q.logDensity(x)).toBeCloseTo(expected, 9);
    const z = Float64Array.of(1, 0.5, -2, 0);
    expect(q.logDensityAt(z)).toBeCloseTo(q.logDensity(q.at(z)), 9);
  });

  test('draws have its mean and covariance', () => {
    const stream = RandomStream.fromSeed(1);
    const count = 20_000;
    const draws = Array.from({ length: count }, () => q.draw(stream).map((x, i) => x - q.mean[i]!));
    // Standard errors √(Σ_ii / n) and √((Σ_ii Σ_jj + Σ_ij²) / n); 14 comparisons at 4.5 of them.
    for (let i = 0; i < 4; i++) {
      const mean = draws.reduce((sum, x) => sum + x[i]!, 0) / count;
      expect(Math.abs(mean)).toBeLessThan(4.5 * Math.sqrt(dense[i]![i]! / count));
      for (let j = 0; j <= i; j++) {
        const covariance = draws.reduce((sum, x) => sum + x[i]! * x[j]!, 0) / count;
        const error = Math.sqrt((dense[i]![i]! * dense[j]![j]! + dense[i]![j]! ** 2) / count);
        expect(Math.abs(covariance - dense[i]![j]!)).toBeLessThan(4.5 * error);
      }
    }
  });
});

describe('the low-rank form', () => {
  const rebuilt = ({ scale, values, vectors }: { scale: readonly number[]; values: readonly number[]; vectors: readonly number[] }): Matrix => {
    const n = scale.length;
    const middle = values.reduce((sum, value, k) => {
      const v = vectors.slice(k * n, (k + 1) * n);
      return add(sum, outer(v, v), value - 1);
    }, identity(n));
    return middle.map((row, i) => row.map((x, j) => x * scale[i]! * scale[j]!));
  };

  test('is Σ, but for eigenvalues within a factor of two of the diagonal', () => {
    fc.assert(
      fc.property(cases, (given) => {
        const { factor, dense, start } = example(given);
        const form = lowRankForm(factor);
        const close = rebuilt(form);
        // D⁻¹(Σ - Σ′)D⁻¹ has eigenvalues in [-½, 1].
        for (let trial = 0; trial < 5; trial++) {
          const x = Float64Array.from(start, (_, i) => Math.cos(trial * i + trial) / Math.sqrt(start[i]!));
          const norm = inner(x, x.map((value, i) => value * start[i]!));
          const difference = inner(x, times(add(dense, close, -1), x));
          expect(difference).toBeLessThan((1 + 1e-9) * norm);
          expect(difference).toBeGreaterThan(-(0.5 + 1e-9) * norm);
        }
        form.values.forEach((value) => expect(value > 2 || value < 0.5).toBe(true));
      }),
    );
  });

  test('gives the dense and the diagonal form', () => {
    const form = lowRankForm(example({ n: 5, count: 4, seed: 2 }).factor);
    expect(form.values.length).toBeGreaterThan(0);
    const whole = rebuilt(form);
    const dense = inForm(form, 'dense');
    const diagonalForm = inForm(form, 'diagonal');
    if (dense.kind !== 'dense' || diagonalForm.kind !== 'diagonal') throw new Error('forms are those asked for');
    expectClose(dense.values, whole.flat());
    expectClose(diagonalForm.values, whole.map((row, i) => row[i]!));
    expect(inForm(form, 'auto')).toBe(form);
    expect(inForm(form, 'identity')).toEqual({ kind: 'identity' });
  });

  test('finds all of Σ where every eigenvalue is far from the diagonal', () => {
    // In 10 dimensions, 2 updates that make Σ much larger along two directions.
    const steps = [0, 1].map((k) => Float64Array.from({ length: 10 }, (_, i) => (i === k ? 30 : i === k + 5 ? 40 : 0)));
    const pairs = steps.map((step) => ({ step, change: step.map((x) => x / 100) }));
    const factor = new InverseHessianFactor(new Float64Array(10).fill(1), pairs);
    const form = lowRankForm(factor);
    expect(form.values).toHaveLength(2);
    expectClose(rebuilt(form).flat(), pairs.reduce(bfgs, identity(10)).flat());
  });
});
