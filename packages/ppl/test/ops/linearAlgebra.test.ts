import * as tf from '@tensorflow/tfjs-core';
import fc from 'fast-check';
import * as ops from '../../src/ops/index.ts';
import { RandomStream } from '../../src/random/stream.ts';
import { describeOnBackends } from '../helpers/backends.ts';
import { gradient, relativeError } from '../helpers/finiteDifference.ts';
import { expectNoLeak } from '../helpers/leak.ts';

fc.configureGlobal({ seed: 21, numRuns: 20 });

type Matrix = number[][];

const stream = RandomStream.fromSeed(4);
const randomMatrix = (n: number, m = n): Matrix =>
  Array.from({ length: n }, () => Array.from({ length: m }, () => Math.fround(stream.normal())));
const transpose = (a: Matrix): Matrix => a[0]!.map((_, j) => a.map((row) => row[j]!));
const multiply = (a: Matrix, b: Matrix): Matrix =>
  a.map((row) => b[0]!.map((_, j) => row.reduce((sum, x, k) => sum + x * b[k]![j]!, 0)));
const positiveDefinite = (n: number): Matrix => {
  const a = randomMatrix(n);
  return multiply(a, transpose(a)).map((row, i) => row.map((x, j) => Math.fround(x + (i === j ? n : 0))));
};
const lowerTriangular = (n: number): Matrix =>
  randomMatrix(n).map((row, i) => row.map((x, j) => (j > i ? 0 : j === i ? 1.5 + Math.abs(x) : x)));

function expectClose(actual: number[], expected: number[], tolerance: number): void {
  const scale = Math.max(1e-3, ...expected.map(Math.abs));
  expect(actual).toHaveLength(expected.length);
  actual.forEach((x, i) => expect(Math.abs(x - expected[i]!) / scale).toBeLessThan(tolerance));
}

/** The factor by the textbook's sums over columns, in float64. */
function slowCholesky(a: Matrix): Matrix {
  const n = a.length;
  const l = a.map((row) => row.map(() => 0));
  for (let j = 0; j < n; j++) {
    l[j]![j] = Math.sqrt(a[j]![j]! - l[j]!.slice(0, j).reduce((sum, x) => sum + x * x, 0));
    for (let i = j + 1; i < n; i++) {
      const dot = l[i]!.slice(0, j).reduce((sum, x, k) => sum + x * l[j]![k]!, 0);
      l[i]![j] = (a[i]![j]! - dot) / l[j]![j]!;
    }
  }
  return l;
}

/** Gaussian elimination with pivoting, in float64. */
function slowSolve(a: Matrix, b: Matrix): Matrix {
  const n = a.length;
  const rows = a.map((row, i) => [...row, ...b[i]!]);
  for (let i = 0; i < n; i++) {
    let pivot = i;
    for (let k = i; k < n; k++) if (Math.abs(rows[k]![i]!) > Math.abs(rows[pivot]![i]!)) pivot = k;
    [rows[i], rows[pivot]] = [rows[pivot]!, rows[i]!];
    for (let k = 0; k < n; k++) {
      if (k === i) continue;
      const factor = rows[k]![i]! / rows[i]![i]!;
      rows[k] = rows[k]!.map((x, j) => x - factor * rows[i]![j]!);
    }
  }
  return rows.map((row, i) => row.slice(n).map((x) => x / row[i]!));
}

describeOnBackends('linear algebra', () => {
  test('cholesky is the textbook factor, batched', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 7 }), fc.integer({ min: 1, max: 3 }), (n, batch) => {
        const matrices = Array.from({ length: batch }, () => positiveDefinite(n));
        const l = expectNoLeak(() => tf.tidy(() => ops.cholesky([matrices]).arraySync())) as unknown as Matrix[][];
        matrices.forEach((a, i) => expectClose(l[0]![i]!.flat(), slowCholesky(a).flat(), 1e-6));
      }),
    );
  });

  test('cholesky reads the lower triangle alone, and gives NaN where there is no factor', () => {
    tf.tidy(() => {
      expect(ops.cholesky([[4, 99], [2, 5]]).arraySync()).toEqual([[2, 0], [1, 2]]);
      const [good, bad] = ops.cholesky([[[4, 0], [0, 1]], [[1, 2], [2, 1]]]).arraySync() as unknown as Matrix[];
      expect(good).toEqual([[2, 0], [0, 1]]);
      expect(bad![1]![1]).toBeNaN();
    });
  });

  // The gradient in A of a function of symmetric matrices: half of what moving a_ij and a_ji together does.
  const symmetricGradient = (f: (a: Matrix) => number, a: Matrix): number[] => {
    return a.flatMap((row, i) =>
      row.map((_, j) => {
        const [slope] = gradient(([h]) => {
          const moved = a.map((r) => [...r]);
          moved[i]![j]! += h! / 2;
          moved[j]![i]! += h! / 2;
          return f(moved);
        }, [0], 0.05);
        return slope!;
      }),
    );
  };

  test('cholesky has the right gradient and second derivative', () => {
    for (const n of [1, 2, 4]) {
      const a = positiveDefinite(n);
      const weights = randomMatrix(n);
      const slow = (x: Matrix) => slowCholesky(x).flat().reduce((sum, l, i) => sum + l * l * l * weights.flat()[i]!, 0);
      const fast = (x: tf.Tensor) => tf.sum(tf.mul(tf.pow(ops.cholesky(x), 3), tf.tensor(weights)));
      const actual = expectNoLeak(() => tf.tidy(() => [...tf.grad(fast)(tf.tensor(a)).dataSync()]));
      expectClose(actual, symmetricGradient(slow, a), 2e-5);
      // The second along one direction, against differences of the gradient above.
      const direction = positiveDefinite(n);
      const moved = (h: number) => a.map((row, i) => row.map((x, j) => x + h * direction[i]![j]!));
      const along = (x: tf.Tensor) => tf.sum(tf.mul(tf.grad(fast)(x), tf.tensor(direction)));
      const second = tf.tidy(() => tf.sum(tf.mul(tf.grad(along)(tf.tensor(a)), tf.tensor(direction))).dataSync()[0]!);
      const h = 0.02;
      const expected = (slow(moved(h)) - 2 * slow(a) + slow(moved(-h))) / (h * h);
      expect(relativeError(second, expected, 0.1)).toBeLessThan(0.01);
    }
  });

  test.each([
    [true, false],
    [true, true],
    [false, false],
    [false, true],
  ])('triangularSolve, lower %p, transpose %p, value and gradients', (lower, transposed) => {
    const l = lowerTriangular(4);
    // Rubbish in the triangle that is not to be read.
    const given = (lower ? l : transpose(l)).map((row, i) => row.map((x, j) => ((lower ? j > i : j < i) ? 7 : x)));
    const triangle = (x: Matrix) => x.map((row, i) => row.map((v, j) => ((lower ? j > i : j < i) ? 0 : v)));
    const b = randomMatrix(4, 3);
    const options = { lower, transpose: transposed };
    const slow = (t: Matrix, right: Matrix) => slowSolve(transposed ? transpose(triangle(t)) : triangle(t), right);
    const x = expectNoLeak(() => tf.tidy(() => ops.triangularSolve(given, b, options).arraySync())) as Matrix;
    expectClose(x.flat(), slow(given, b).flat(), 1e-6);

    const shaped = (flat: number[], columns: number) =>
      Array.from({ length: 4 }, (_, i) => flat.slice(i * columns, (i + 1) * columns));
    const total = (m: Matrix) => m.flat().reduce((sum, v, i) => sum + (i + 1) * v * v, 0);
    const weights = Array.from({ length: 12 }, (_, i) => i + 1);
    const loss = (t: tf.Tensor, right: tf.Tensor) =>
      tf.sum(tf.mul(tf.square(ops.triangularSolve(t, right, options)), tf.reshape(weights, [4, 3])));
    const [inT, inB] = expectNoLeak(() =>
      tf.tidy(() => tf.grads(loss)([tf.tensor(given), tf.tensor(b)]).map((g) => [...g.dataSync()])),
    );
    expectClose(inT!, gradient((flat) => total(slow(shaped(flat, 4), b)), given.flat(), 0.05), 2e-5);
    expectClose(inB!, gradient((flat) => total(slow(given, shaped(flat, 3))), b.flat(), 0.05), 2e-5);
  });

  test('triangularSolve broadcasts batches, takes vectors, and sums gradients back', () => {
    const l = lowerTriangular(3);
    const rights = [randomMatrix(3, 2), randomMatrix(3, 2)];
    tf.tidy(() => {
      const x = ops.triangularSolve(l, rights) as tf.Tensor3D;
      expect(x.shape).toEqual([2, 3, 2]);
      x.arraySync().forEach((m, i) => expectClose(m.flat(), slowSolve(l, rights[i]!).flat(), 1e-6));
      const [inL] = tf.grads((t: tf.Tensor, b: tf.Tensor) => tf.sum(ops.triangularSolve(t, b)))([tf.tensor(l), tf.tensor(rights)]);
      const single = rights.map((b) => tf.grad((t) => tf.sum(ops.triangularSolve(t, tf.tensor(b))))(tf.tensor(l)));
      expectClose([...inL!.dataSync()], [...tf.add(single[0]!, single[1]!).dataSync()], 1e-5);
      expect(ops.triangularSolve(l, [1, 2, 3]).shape).toEqual([3]);
      expect(ops.triangularSolve([l, l], rights[0]!).shape).toEqual([2, 3, 2]);
    });
  });

  test('logdet and choleskySolve', () => {
    const a = positiveDefinite(3);
    const b = randomMatrix(3, 2);
    const det =
      a[0]![0]! * (a[1]![1]! * a[2]![2]! - a[1]![2]! * a[2]![1]!) -
      a[0]![1]! * (a[1]![0]! * a[2]![2]! - a[1]![2]! * a[2]![0]!) +
      a[0]![2]! * (a[1]![0]! * a[2]![1]! - a[1]![1]! * a[2]![0]!);
    tf.tidy(() => {
      expect(ops.logdet(a).dataSync()[0]).toBeCloseTo(Math.log(det), 5);
      expect(ops.logdet([a, a]).shape).toEqual([2]);
      const identity = [[1, 0, 0], [0, 1, 0], [0, 0, 1]];
      // The gradient of log det A is the inverse of A.
      expectClose([...tf.grad(ops.logdet)(tf.tensor(a)).dataSync()], slowSolve(a, identity).flat(), 1e-5);
      expectClose([...ops.choleskySolve(ops.cholesky(a), b).dataSync()], slowSolve(a, b).flat(), 1e-5);
      expect(ops.logAbsDetTriangular([[2, 0], [5, -3]]).dataSync()[0]).toBeCloseTo(Math.log(6), 6);
    });
  });

  test('triangles and diagonals, with infinities left out of gradients and zeros', () => {
    expectNoLeak(() =>
      tf.tidy(() => {
        const x = [[1, 2, 3], [4, 5, 6]];
        expect(ops.tril(x).arraySync()).toEqual([[1, 0, 0], [4, 5, 0]]);
        expect(ops.tril(x, -1).arraySync()).toEqual([[0, 0, 0], [4, 0, 0]]);
        expect(ops.tril(x, 1).arraySync()).toEqual([[1, 2, 0], [4, 5, 6]]);
        expect(ops.triu(x).arraySync()).toEqual([[1, 2, 3], [0, 5, 6]]);
        expect(ops.triu([x, x], 1).arraySync()).toEqual([[[0, 2, 3], [0, 0, 6]], [[0, 2, 3], [0, 0, 6]]]);
        expect(ops.tril([[1, Infinity], [Number.NaN, 2]]).arraySync()).toEqual([[1, 0], [Number.NaN, 2]]);
        expect(ops.diagPart([[[1, 2], [3, Infinity]]]).arraySync()).toEqual([[1, Infinity]]);
        expect(ops.diagEmbed([[1, Infinity]]).arraySync()).toEqual([[[1, 0], [0, Infinity]]]);
        const squares = (y: tf.Tensor) => tf.sum(tf.square(ops.tril(y)));
        expect(tf.grad(squares)(tf.tensor(x)).arraySync()).toEqual([[2, 0, 0], [8, 10, 0]]);
        const diagonal = (y: tf.Tensor) => tf.sum(tf.square(ops.diagPart(y)));
        expect(tf.grad(diagonal)(tf.tensor([[1, 2], [3, 4]])).arraySync()).toEqual([[2, 0], [0, 8]]);
        const embedded = (y: tf.Tensor) => tf.sum(tf.mul(ops.diagEmbed(y), [[1, 2], [3, 4]]));
        expect(tf.grad(embedded)(tf.tensor([5, 6])).arraySync()).toEqual([1, 4]);
      }),
    );
  });

  test('outer and matVec', () => {
    tf.tidy(() => {
      expect(ops.outer([1, 2], [3, 4, 5]).arraySync()).toEqual([[3, 4, 5], [6, 8, 10]]);
      expect(ops.outer([[1], [2]], [3, 4]).shape).toEqual([2, 1, 2]);
      expect(ops.matVec([[1, 2], [3, 4]], [5, 6]).arraySync()).toEqual([17, 39]);
    });
  });

  test('errors name the shapes', () => {
    expect(() => ops.cholesky([1, 2])).toThrow(/ops.cholesky: expected square matrices .* got shape \[2\]/);
    expect(() => ops.triangularSolve([[1, 2]], [1])).toThrow(/ops.triangularSolve: expected square matrices/);
    expect(() => ops.triangularSolve([[1, 0], [0, 1]], [1, 2, 3])).toThrow(/\[2, 2\] need right-hand sides \[..., 2, m\], got \[3\]/);
    expect(() => ops.triangularSolve([[1]], [1], { upper: true } as object)).toThrow(/unknown option "upper"/);
    expect(() => ops.diagPart([1])).toThrow(/ops.diagPart: expected square/);
    expect(() => ops.diagEmbed(1)).toThrow(/got a scalar/);
  });

  test('empty batches and matrices', () => {
    tf.tidy(() => {
      expect(ops.cholesky(tf.zeros([0, 2, 2])).shape).toEqual([0, 2, 2]);
      expect(ops.triangularSolve(tf.zeros([0, 2, 2]), tf.zeros([0, 2, 1])).shape).toEqual([0, 2, 1]);
      expect(ops.logdet(tf.zeros([0, 2, 2])).shape).toEqual([0]);
    });
  });
});
