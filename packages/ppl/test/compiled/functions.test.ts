/** @file The lowerings of this library's kernels, against the functions of numbers behind them. */
import '../../src/backend/setup.ts';
import '../../src/compiled/register.ts';
import * as tf from '@tensorflow/tfjs-core';
import fc from 'fast-check';
import { ready } from '../../src/backend/ready.ts';
import { elementwiseOps } from '../../src/ops/elementwise.ts';
import * as ops from '../../src/ops/index.ts';
import { SCALAR_FUNCTIONS } from '../../src/ops/scalar/table.ts';
import { compiled } from '../helpers/compiled.ts';
import { relativeError } from '../helpers/finiteDifference.ts';

beforeAll(() => ready({ backend: 'cpu' }));

/** Numbers in the domain of each kernel, and its edges; one list an input, taken crosswise. */
const POINTS: Readonly<Record<string, readonly (readonly number[])[]>> = {
  LogSigmoid: [[-800, -30, -1, 0, 1e-9, 2, 40, 800]],
  Logit: [[0, 1e-300, 1e-9, 0.2, 0.4, 0.7, 1 - 1e-12, 1]],
  SoftplusInverse: [[0, 1e-12, 0.1, 1, 5, 800]],
  Log1mExp: [[-800, -40, -1, -0.6, -1e-9, 0]],
  LogAddExp: [[-Infinity, -800, -1, 0, 3, 900], [-Infinity, -801, -1, 0.5, 3, 900, Infinity]],
  Xlogy: [[0, 1, -2.5], [0, 1e-300, 0.3, 1, 7, Infinity, NaN]],
  Xlog1py: [[0, 1, -2.5], [-1, -0.3, 1e-12, 1, 7, NaN]],
  Xdivy: [[0, 1, -2.5], [0, 1e-300, 0.3, -1, 7, NaN]],
  Ndtr: [[-8, -3, -0.5, 0, 1, 9]],
  Polygamma: [[0, 1, 2], [0.1, 1, 5.5, 30]],
  PathwiseGamma: [[1, 2], [0.5, 3]],
  PathwiseLogGamma: [[1, 2], [-0.5, 3]],
  Lgamma: [[-1.5, 0, 0.1, 1, 2, 2.5, 30, 1e6]],
  Lbeta: [[1e-9, 0.1, 1, 7.9, 8.1, 30, 1e6, 1e12], [1e-9, 0.2, 7.9, 8, 1e5, 1e12]],
  DigammaDifference: [[1e-9, 0.1, 1, 9.9, 10.1, 30, 1e6, 1e12], [0, 1e-9, 0.2, 7.9, 8, 1e5, 1e12]],
  Betainc: [[0.5, 3], [2, 4], [0, 0.2, 0.7, 1]],
};

/** The rows of the product of lists. */
function crosswise(lists: readonly (readonly number[])[]): number[][] {
  return lists.reduce<number[][]>((rows, list) => rows.flatMap((row) => list.map((x) => [...row, x])), [[]]);
}

/** Runs a kernel by name. */
function run(kernelName: string, ...xs: tf.Tensor[]): tf.Tensor {
  const { inputs } = elementwiseOps.get(kernelName)!;
  return tf.engine().runKernel(kernelName, Object.fromEntries(inputs.map((name, i) => [name, xs[i]!])));
}

describe('elementwise kernels', () => {
  test('the table of functions is that of the ops', () => {
    const named = Object.entries(SCALAR_FUNCTIONS).filter(([name]) => name !== 'Trigamma');
    expect(named.map(([name]) => name).sort()).toEqual([...elementwiseOps.keys()].sort());
    for (const [name, f] of named) expect([name, f]).toEqual([name, elementwiseOps.get(name)!.f]);
  });

  test.each(Object.keys(POINTS))('%s', (name) => {
    const { inputs, f } = elementwiseOps.get(name)!;
    const rows = crosswise(POINTS[name]!);
    const columns = inputs.map((_, i) => rows.map((row) => row[i]!));
    const program = compiled((...xs) => run(name, ...xs), columns.map((column) => [column.length]), false);
    const actual = program.value(columns);
    // What the compiler promises of special functions; where terms cancel, of the larger, which is of the size of the arguments.
    rows.forEach(([a = 0, b = 0, c = 0], i) => {
      const expected = f(a, b, c, 0);
      const size = Math.max(...[a, b, c].map(Math.abs).filter(Number.isFinite), 0);
      expect([a, b, c, relativeError(actual[i]!, expected, Math.min(size, 1)) < 3e-13]).toEqual([a, b, c, true]);
    });
  });

  test('of constants, and with a scalar beside an array', () => {
    const counts = [0, 2, 3];
    const mixed = compiled((y) => ops.xlogy(counts, y!), [[]], false).value([[0.3]]);
    counts.forEach((count, i) => expect(mixed[i]).toBeCloseTo(count * Math.log(0.3), 12));
    expect([...compiled((y) => ops.xlogy([1, 2], y!), [[]], false).value([[0]])]).toEqual([-Infinity, -Infinity]);
    expect(compiled((x) => ops.trigamma(x!), [[]], false).value([[2.5]])[0]).toBeCloseTo(SCALAR_FUNCTIONS['Polygamma']!(1, 2.5, 0, 0), 12);
  });
});

describe('the other kernels', () => {
  const numbers = (length: number) => fc.array(fc.double({ min: -3, max: 3, noNaN: true }), { minLength: length, maxLength: length });

  test.each([[false, false], [false, true], [true, false], [true, true]])('cumLogSumExp, exclusive %s, reverse %s', (exclusive, reverse) => {
    const program = compiled((x) => tf.sum(tf.square(ops.cumLogSumExp(x!, 1, { exclusive, reverse }))), [[2, 5, 3]]);
    const slow = (x: number[]): number => {
      let total = 0;
      for (let row = 0; row < 2; row++) {
        for (let column = 0; column < 3; column++) {
          for (let i = exclusive ? 1 : 0; i < 5; i++) {
            let sum = 0;
            for (let j = 0; j < (exclusive ? i : i + 1); j++) sum += Math.exp(x[row * 15 + (reverse ? 4 - j : j) * 3 + column]!);
            total += Math.log(sum) ** 2;
          }
        }
      }
      return total;
    };
    const finite = compiled((x) => {
      const sums = ops.cumLogSumExp(x!, 1, { exclusive, reverse });
      return tf.sum(tf.square(tf.where(tf.isFinite(sums), sums, tf.zerosLike(sums))));
    }, [[2, 5, 3]]);
    fc.assert(
      fc.property(numbers(30), (x) => {
        expect(relativeError(finite.value([x])[0]!, slow(x))).toBeLessThan(1e-13);
      }),
      { numRuns: 10 },
    );
    if (exclusive) expect(program.value([Array.from({ length: 30 }, () => 0)])[0]).toBe(Infinity);
  });

  test('cumLogSumExp far apart: nothing overflows or is lost', () => {
    const program = compiled((x) => ops.cumLogSumExp(x!), [[4]], false);
    expect([...program.value([[-2000, 0, 1000, -Infinity]])]).toEqual([-2000, 0, 1000, 1000]);
  });

  test('stopGradient: the value, and no gradient', () => {
    const program = compiled((x) => tf.sum(tf.mul(x!, ops.stopGradient(x!))), [[2]]);
    expect(program.value([[2, 3]])[0]).toBe(13);
    expect([...program.gradients([[2, 3]])[0]!]).toEqual([2, 3]);
  });

  test('cholesky and triangularSolve, batched and broadcast', () => {
    // log |A| and b' A^-1 b of A = B B' + I, two matrices for one b; by elimination below.
    const fn = (b: tf.Tensor, rhs: tf.Tensor): tf.Tensor => {
      const a = tf.add(tf.matMul(b, b, false, true), tf.eye(3));
      const l = ops.cholesky(a);
      const white = ops.triangularSolve(l, rhs);
      return tf.add(tf.sum(ops.logAbsDetTriangular(l)), tf.sum(tf.square(white)));
    };
    const program = compiled(fn as never, [[2, 3, 3], [3, 1]]);
    const slow = (x: number[], rhs: number[]): number => {
      let total = 0;
      for (let batch = 0; batch < 2; batch++) {
        const rows = [0, 1, 2].map((i) => x.slice(batch * 9 + 3 * i, batch * 9 + 3 * i + 3));
        const m = rows.map((r, i) => [...rows.map((s, j) => r.reduce((sum, value, k) => sum + value * s[k]!, i === j ? 1 : 0)), rhs[i]!]);
        for (let k = 0; k < 3; k++) {
          total += 0.5 * Math.log(m[k]![k]!);
          for (let i = k + 1; i < 3; i++) {
            const factor = m[i]![k]! / m[k]![k]!;
            for (let j = k; j < 4; j++) m[i]![j]! -= factor * m[k]![j]!;
          }
        }
        const solved: number[] = [];
        for (let i = 2; i >= 0; i--) {
          solved[i] = (m[i]![3]! - [0, 1, 2].filter((j) => j > i).reduce((sum, j) => sum + m[i]![j]! * solved[j]!, 0)) / m[i]![i]!;
        }
        total += solved.reduce((sum, value, i) => sum + value * rhs[i]!, 0);
      }
      return total;
    };
    fc.assert(
      fc.property(numbers(18), numbers(3), (x, rhs) => {
        expect(relativeError(program.value([x, rhs])[0]!, slow(x, rhs), 1)).toBeLessThan(1e-12);
        const [byX, byRhs] = program.gradients([x, rhs]);
        const h = 1e-5;
        [0, 7, 17].forEach((i) => {
          const difference = (slow(x.with(i, x[i]! + h), rhs) - slow(x.with(i, x[i]! - h), rhs)) / (2 * h);
          expect(relativeError(byX![i]!, difference, 1)).toBeLessThan(1e-6);
        });
        const difference = (slow(x, rhs.with(1, rhs[1]! + h)) - slow(x, rhs.with(1, rhs[1]! - h))) / (2 * h);
        expect(relativeError(byRhs![1]!, difference, 1)).toBeLessThan(1e-6);
      }),
      { numRuns: 10 },
    );
  });
});
