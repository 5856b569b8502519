import '../../src/backend/setup.ts';
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import fc from 'fast-check';
import * as constraints from '../../src/constraints/index.ts';
import type { Constraint } from '../../src/constraints/index.ts';
import { sameStructure } from '../../src/constraints/same.ts';
import * as dist from '../../src/distributions/index.ts';
import * as transforms from '../../src/transforms/index.ts';
import { feasibleValue } from '../../src/transforms/feasible.ts';
import { imageOf } from '../../src/transforms/image.ts';
import type { AutoregressiveNetwork, Transform } from '../../src/transforms/index.ts';
import { describeOnBackends } from '../helpers/backends.ts';
import { expectNoLeak } from '../helpers/leak.ts';

const { affine, biject, compose, independent, inverse } = transforms;

/** A transform, the shape of an x, and which elements of y are free coordinates of its (flat) codomain. */
type Row = [name: string, make: () => Transform, free: number[]];

const EACH = [0, 1, 2];

const elementwise: Row[] = [
  ['identity', () => transforms.identity, EACH],
  ['exp', () => transforms.exp, EACH],
  ['affine', () => affine([1, 2, -3], -2), EACH],
  ['sigmoid', () => transforms.sigmoid, EACH],
  ['softplus', () => transforms.softplus, EACH],
  ['tanh', () => transforms.tanh, EACH],
  ['power after exp', () => compose([transforms.exp, transforms.power(-1.5)]), EACH],
  ['interval', () => biject(constraints.interval(-2, 5)), EACH],
  ['interval of tensors', () => biject(constraints.interval([-2, 0, 1], [5, 1, 1.5])), EACH],
  ['greaterThan', () => biject(constraints.greaterThan(-2)), EACH],
  ['greaterThan of a tensor', () => biject(constraints.greaterThan([0, 1, 2])), EACH],
  ['lessThan', () => biject(constraints.lessThan(3)), EACH],
  ['circle', () => biject(constraints.circle), EACH],
  ['inverse of exp', () => inverse(transforms.exp), EACH],
  ['image', () => biject(imageOf(affine(1, -2), constraints.unitInterval)), EACH],
];

/** A network on 3 elements, with weights that are all different. */
function network(hiddenDims: readonly number[]): AutoregressiveNetwork {
  let count = 0;
  const fill = (size: number): number[] => Array.from({ length: size }, () => 0.6 * Math.sin(++count));
  const layers = transforms.maskedLayerShapes(3, hiddenDims).map(({ kernel: [inputs, units] }) => ({
    kernel: Array.from({ length: inputs }, () => fill(units)),
    bias: fill(units),
  }));
  return new transforms.MaskedNetwork(3, layers);
}

const joint: Row[] = [
  ['lowerCholeskyAffine', () => transforms.lowerCholeskyAffine([1, -2, 3], [[2, 0, 0], [-1, 0.5, 0], [3, 1, -1.5]]), EACH],
  ['permutation', () => transforms.permutation([2, 0, 1]), EACH],
  ['reshape', () => transforms.reshape([3], [3, 1]), EACH],
  ['affineAutoregressive', () => transforms.affineAutoregressive(network([5, 4])), EACH],
  ['affineAutoregressive without hidden layers', () => transforms.affineAutoregressive(network([])), EACH],
  ['flow', () => compose([transforms.affineAutoregressive(network([2])), transforms.permutation([2, 1, 0]), transforms.affineAutoregressive(network([7])), affine([1, 2, 3], [0.5, 0.1, 2])]), EACH],
  ['stickBreaking', () => transforms.stickBreaking, [0, 1, 2]],
  ['ordered', () => transforms.ordered, EACH],
  ['positiveOrdered', () => transforms.positiveOrdered, EACH],
  ['lowerCholesky', () => transforms.lowerCholesky, [0, 2, 3]],
  ['corrCholesky', () => transforms.corrCholesky, [3, 6, 7]],
  ['positiveDefinite', () => biject(constraints.positiveDefinite), [0, 2, 3]],
  ['independent', () => independent(transforms.exp, 1), EACH],
  ['biject(independent)', () => biject(constraints.independent(constraints.positive, 1)), EACH],
  ['compose of numbers and vectors', () => compose([affine(0.3, 0.5), transforms.ordered, transforms.exp]), EACH],
  ['inverse of ordered', () => compose([transforms.ordered, inverse(transforms.ordered), transforms.tanh]), EACH],
];

/** log |det| by elimination with pivots. */
function logAbsDet(matrix: number[][]): number {
  const m = matrix.map((row) => [...row]);
  let total = 0;
  for (let k = 0; k < m.length; k++) {
    const pivot = m.slice(k).reduce((best, row, i) => (Math.abs(row[k]!) > Math.abs(m[best]![k]!) ? k + i : best), k);
    [m[k], m[pivot]] = [m[pivot]!, m[k]!];
    total += Math.log(Math.abs(m[k]![k]!));
    for (let i = k + 1; i < m.length; i++) {
      const factor = m[i]![k]! / m[k]![k]!;
      for (let j = k; j < m.length; j++) m[i]![j]! -= factor * m[k]![j]!;
    }
  }
  return total;
}

/** The Jacobian of the free coordinates of y at x, by central differences with one extrapolation, as [input][output]. */
function jacobian(transform: Transform, x: number[], free: number[]): number[][] {
  const forward = (point: number[]): number[] => tf.tidy(() => [...transform.forward(tf.tensor1d(point)).dataSync()]);
  const slopes = (k: number, h: number): number[] => {
    const at = (d: number): number[] => forward(x.map((value, i) => (i === k ? value + d : value)));
    const [up, down] = [at(h), at(-h)];
    return free.map((i) => (up[i]! - down[i]!) / (2 * h));
  };
  return x.map((_, k) => {
    const far = slopes(k, 0.04);
    return slopes(k, 0.02).map((near, i) => (4 * near - far[i]!) / 3);
  });
}

describeOnBackends('transforms', () => {
  const vectors = fc.array(fc.double({ min: -2, max: 2, noNaN: true }), { minLength: 3, maxLength: 3 });

  // P24
  test.each([...elementwise, ...joint])('%s: inverse undoes forward; the Jacobian is what differences say', (name, make, free) => {
    const transform = make();
    fc.assert(
      fc.property(vectors, (point) => {
        // The domain of the inverse of exp is not all numbers.
        const start = name === 'inverse of exp' ? point.map(Math.exp) : point;
        tf.tidy(() => {
          const x = tf.tensor1d(start);
          const y = transform.forward(x);
          expect(y.shape).toEqual(transform.forwardShape([3]));
          expect(transform.inverseShape(y.shape)).toEqual([3]);
          expect(tf.all(transform.codomain.check(y)).dataSync()[0]).toBe(1);
          const back = transform.inverse(y).dataSync();
          // Differences of ordered elements lose digits: 1e-7 times e², beside e⁻².
          back.forEach((value: number, i: number) => expect(Math.abs(value - start[i]!)).toBeLessThan(1e-4));
          const change = transform.logAbsDetJacobian(x, y);
          expect(change.shape).toEqual([3].slice(0, 1 - transform.domain.eventDim));
          const matrix = jacobian(transform, start, free);
          const expected = logAbsDet(matrix);
          expect(Math.abs(tf.sum(change).dataSync()[0]! - expected)).toBeLessThan(2e-3 * Math.max(1, Math.abs(expected)));
          // inverse negates
          const opposite = inverse(transform).logAbsDetJacobian(y, x);
          expect(Math.abs(tf.sum(tf.add(opposite, change)).dataSync()[0]!)).toBeLessThan(1e-5);
        });
      }),
      { numRuns: 10, seed: 1 },
    );
  });

  test.each([...elementwise, ...joint])('%s: a batch is its elements, and no tensors stay', (name, make) => {
    const transform = make();
    const x = tf.tensor2d([[0.1, -0.5, 1], [0.7, 0.2, -1]].map((row) => (name === 'inverse of exp' ? row.map(Math.exp) : row)));
    expectNoLeak(() => {
      const y = transform.forward(x);
      const change = transform.logAbsDetJacobian(x, y);
      const again = transform.inverse(y);
      const ys = y.arraySync() as number[][];
      tf.tidy(() => {
        expect(change.shape).toEqual([2, 3].slice(0, 2 - transform.domain.eventDim));
        tf.unstack(x).forEach((row, i) => {
          const one = transform.forward(row);
          one.dataSync().forEach((value: number, k: number) => expect(value).toBeCloseTo((ys.flat(9) as number[])[i * one.size + k]!, 5));
          const own = transform.logAbsDetJacobian(row, one);
          own.dataSync().forEach((value: number, k: number) => expect(value).toBeCloseTo(change.dataSync()[i * own.size + k]!, 5));
        });
      });
      tf.dispose([y, change, again]);
    });
    x.dispose();
  });

  // P25
  const sets: [string, () => Constraint, number[]][] = [
    ['positive', () => constraints.positive, [5]],
    ['nonNegative', () => constraints.nonNegative, [5]],
    ['unitInterval', () => new constraints.Interval(0, 1, true, 'open'), [5]],
    ['interval', () => new constraints.Interval(1, 1.5, true, 'open'), [5]],
    ['a far interval', () => new constraints.Interval(-1000, -999, true, 'open'), [5]],
    ['interval of tensors', () => new constraints.Interval([-1, 0, 1, 100, -7], [0, 1, 1.25, 101, 1000], true, 'open'), [5]],
    ['greaterThan', () => constraints.greaterThan(1000), [5]],
    ['greaterThan negative', () => constraints.greaterThan(-3), [5]],
    ['greaterThan of a tensor', () => constraints.greaterThan([-1, 0, 1, 100, -7]), [5]],
    ['lessThan', () => constraints.lessThan(-1000), [5]],
    ['simplex', () => constraints.simplex, [12]],
    ['ordered', () => constraints.ordered, [5]],
    ['positiveOrdered', () => constraints.positiveOrdered, [5]],
    ['lowerCholesky', () => constraints.lowerCholesky, [3, 3]],
    ['corrCholesky', () => constraints.corrCholesky, [4, 4]],
    ['independent', () => constraints.independent(constraints.interval(1, 2), 1), [5]],
  ];

  test.each(sets)('biject(%s): all of [-20, 20]ⁿ lands strictly inside, with finite volume change', (name, make, shape) => {
    const constraint = make();
    const transform = biject(constraint);
    const [size] = transform.inverseShape(shape) as [number];
    const extreme = fc.oneof(fc.constantFrom(-20, 0, 20), fc.double({ min: -20, max: 20, noNaN: true }));
    fc.assert(
      fc.property(fc.array(extreme, { minLength: size, maxLength: size }), (point) => {
        tf.tidy(() => {
          const x = tf.tensor1d(point);
          const y = transform.forward(x);
          expect(y.shape).toEqual(shape);
          expect(tf.all(constraint.check(y)).dataSync()[0]).toBe(1);
          expect(tf.all(tf.isFinite(transform.logAbsDetJacobian(x, y))).dataSync()[0]).toBe(1);
          expect(tf.all(tf.isFinite(transform.inverse(y))).dataSync()[0]).toBe(1);
          const sum = name === 'simplex' ? tf.sum(y) : tf.sum(tf.square(y), -1);
          if (name === 'simplex') expect(tf.min(y).dataSync()[0]).toBeGreaterThan(0);
          if (name === 'simplex' || name === 'corrCholesky') sum.dataSync().forEach((one: number) => expect(Math.abs(one - 1)).toBeLessThan(2e-6));
        });
      }),
      { numRuns: 40, seed: 2, examples: [-20, 20].map((corner) => [Array.from({ length: size }, () => corner)]) },
    );
  });

  test('intervals keep their bounds out however far one goes', () => {
    for (const set of [new constraints.Interval(0, 1, true, 'open'), new constraints.Interval(-1, 0, true, 'open'), constraints.greaterThan(1)]) {
      tf.tidy(() => {
        const y = biject(set).forward(tf.tensor1d([-1000, -100, 80]));
        expect(tf.all(set.check(y)).dataSync()[0]).toBe(1);
      });
    }
  });

  test('zero goes to the middle', () => {
    tf.tidy(() => {
      const middle = (c: Constraint, shape: number[]): number[] => [...biject(c).forward(tf.zeros(shape)).dataSync()];
      middle(constraints.simplex, [3]).forEach((x) => expect(x).toBeCloseTo(0.25, 6));
      expect(middle(constraints.interval(1, 3), [1])).toEqual([2]);
      expect(middle(constraints.positive, [1])).toEqual([1]);
      expect(middle(constraints.corrCholesky, [1])).toEqual([1, 0, 0, 1]);
    });
  });

  test('gradients through images are finite at the extremes', () => {
    for (const [, make, shape] of sets) {
      tf.tidy(() => {
        const transform = biject(make());
        const [size] = transform.inverseShape(shape) as [number];
        const f = (x: Tensor): Tensor => tf.add(tf.sum(transform.forward(x)), tf.sum(transform.logAbsDetJacobian(x, transform.forward(x))));
        for (const value of [-20, 20]) {
          expect(tf.all(tf.isFinite(tf.grad(f)(tf.fill([size], value)))).dataSync()[0]).toBe(1);
        }
      });
    }
  });

  test('feasible values lie inside, also of supports that depend on parameters', () => {
    const cases = [
      dist.uniform([0, 5], [1, 7]),
      dist.gamma(2, 3).expand([2]),
      dist.dirichlet([[1, 2, 3]]),
      dist.categorical({ probs: [0.5, 0.5] }),
      dist.poisson([1, 2]),
      dist.multinomial(3, { probs: [0.5, 0.5] }),
      dist.lkjCholesky(3, 1),
      dist.transformed(dist.exponential(1), [affine(1, -1)]),
      dist.mixtureSameFamily(dist.categorical({ probs: [0.5, 0.5] }), dist.uniform([0, 2], [1, 3])),
    ];
    for (const d of cases) {
      expectNoLeak(() => {
        const value = feasibleValue(d);
        tf.tidy(() => {
          expect(value.shape).toEqual([...d.batchShape, ...d.eventShape]);
          expect(value.dtype).toBe(d.dtype);
          expect(tf.all(tf.isFinite(d.logProb(value))).dataSync()[0]).toBe(1);
        });
        value.dispose();
      });
    }
  });
});

describe('choosing a bijection', () => {
  test('discrete sets have none, and neither do unknown ones', () => {
    expect(() => biject(constraints.boolean)).toThrow(/no bijection .* onto boolean: it is discrete/);
    expect(() => biject(constraints.independent(constraints.nonNegativeInteger, 1))).toThrow(transforms.NoBijection);
    const unknown: Constraint = { name: 'mine', eventDim: 0, isDiscrete: false, check: (x) => tf.isFinite(x) };
    expect(() => biject(unknown)).toThrow(/onto mine: register one with transforms.registerBijection/);
  });

  test('registered ones are found, for subclasses too', () => {
    class Even extends constraints.Interval {}
    const set = new Even(0, 1, false, 'even');
    expect(biject(set)).toBe(transforms.sigmoid);
    transforms.registerBijection(Even, ({ upper }) => affine(upper, 1));
    expect(biject(set).name).toBe('affine(1, 1)');
    expect(biject(constraints.unitInterval)).toBe(transforms.sigmoid);
  });

  test('compose flattens; inverse of inverse is the transform', () => {
    expect(compose([])).toBe(transforms.identity);
    expect(compose([transforms.exp])).toBe(transforms.exp);
    expect(compose([compose([transforms.exp, transforms.tanh]), transforms.exp]).name).toBe('compose(exp, tanh, exp)');
    expect(inverse(inverse(transforms.exp))).toBe(transforms.exp);
  });

  test('structures are compared field by field', () => {
    const x = tf.scalar(1);
    expect(sameStructure(affine(1, [2, 3]), affine(1, [2, 3]))).toBe(true);
    expect(sameStructure(affine(1, [2, 3]), affine(1, [2, 4]))).toBe(false);
    expect(sameStructure(affine(x, 1), affine(x, 1))).toBe(true);
    expect(sameStructure(affine(x, 1), affine(1, 1))).toBe(false);
    expect(sameStructure(compose([transforms.exp, affine(1, 2)]), compose([transforms.exp, affine(1, 2)]))).toBe(true);
    expect(sameStructure(transforms.exp, transforms.softplus)).toBe(false);
    expect(sameStructure(constraints.greaterThan(0), constraints.positive)).toBe(true);
    expect(sameStructure(constraints.interval(0, 1), constraints.interval(0, 2))).toBe(false);
    x.dispose();
  });
});

test('the inverse of corrCholesky has a gradient where a row is as long as it can be', () => {
  const slope = tf.tidy(() =>
    tf.grad((y: Tensor) => tf.sum(transforms.corrCholesky.inverse(y)))(tf.tensor2d([[1, 0], [0.6, 0.8]])).dataSync(),
  );
  expect([...slope].every(Number.isFinite)).toBe(true);
});
