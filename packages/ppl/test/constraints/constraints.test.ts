import '../../src/backend/setup.ts';
import * as tf from '@tensorflow/tfjs-core';
import * as constraints from '../../src/constraints/index.ts';
import type { Constraint } from '../../src/constraints/index.ts';
import { sameSet } from '../../src/constraints/same.ts';
import { violation } from '../../src/distributions/parameter.ts';
import { describeOnBackends } from '../helpers/backends.ts';
import { expectNoLeak } from '../helpers/leak.ts';

type Value = Parameters<typeof tf.tensor>[0];

/** Sets with values inside and outside. */
const NUMBERS: [set: Constraint, inside: number[], outside: number[]][] = [
  [constraints.real, [0, -1e30, Infinity], []],
  [constraints.positive, [1e-30, 5, Infinity], [0, -1]],
  [constraints.nonNegative, [0, 5], [-1e-30]],
  [constraints.unitInterval, [0, 0.5, 1], [-0.1, 1.1]],
  [constraints.interval(-0.1, 0.1), [-0.1, 0, 0.1], [-0.11, 0.11]],
  [constraints.interval(-Infinity, Infinity), [-5, 5], []],
  [constraints.greaterThan(0.1), [0.2], [0.1, 0]],
  [constraints.greaterThanOrEqual(0.1), [0.1, 0.2], [0]],
  [constraints.lessThan(0.1), [0, -3], [0.1, 1]],
  [constraints.nonNegativeInteger, [0, 7], [-1, 0.5, Infinity]],
  [constraints.positiveInteger, [1, 7], [0, 0.5]],
  [constraints.integerInterval(2, 4), [2, 3, 4], [1, 5, 2.5]],
  [constraints.boolean, [0, 1], [2, 0.5, -1]],
  [constraints.circle, [0, -9], [Infinity]],
];

const ARRAYS: [set: Constraint, inside: Value[], outside: Value[]][] = [
  [constraints.realVector, [[1, -Infinity]], [[1, Number.NaN]]],
  [constraints.independent(constraints.positive, 2), [[[1, 2], [3, 4]]], [[[1, 2], [-3, 4]]]],
  [constraints.simplex, [[0.2, 0.8], [0, 1], [1 / 3, 2 / 3]], [[0.2, 0.7], [-0.1, 1.1], [Number.NaN, 1]]],
  [constraints.ordered, [[-3, 1, 2], [1, 2, 2.5]], [[1, 1, 2], [2, 1, 3], [Number.NaN, 1, 2]]],
  [constraints.ordered, [[5]], [[Number.NaN]]],
  [constraints.positiveOrdered, [[0.1, 2]], [[-1, 2], [0, 1], [2, 1]]],
  [constraints.oneHot, [[0, 1, 0], [1, 0, 0]], [[0, 0, 0], [1, 1, 0], [0.5, 0.5, 0], [2, -1, 0]]],
  [constraints.countsOf(3), [[0, 3], [1, 2]], [[1, 1], [-1, 4], [1.5, 1.5]]],
  [constraints.lowerCholesky, [[[1, 0], [-5, 2]]], [[[1, 1e-9], [0, 1]], [[0, 0], [1, 1]], [[-1, 0], [1, 1]], [[1, 0], [Number.NaN, 1]]]],
  [constraints.corrCholesky, [[[1, 0], [0.6, 0.8]]], [[[1, 0], [0.6, 0.9]], [[1, 0], [0.6, -0.8]], [[1, 0.1], [0.6, 0.8]]]],
  [constraints.positiveDefinite, [[[2, 1], [1, 2]]], [[[1, 2], [2, 1]], [[2, 1], [0.9, 2]], [[0, 0], [0, 1]], [[Number.NaN, 0], [0, 1]]]],
];

describeOnBackends('constraints', () => {
  test.each(NUMBERS.map((row): [string, (typeof row)[0], number[], number[]] => [row[0].name, ...row]))('%s', (_name, set, inside, outside) => {
    expectNoLeak(() => {
      const values = [...inside, ...outside, Number.NaN];
      const expected = [...inside.map(() => 1), ...outside.map(() => 0), 0];
      const x = tf.tensor1d(values);
      const checked = set.check(x);
      expect(checked.dtype).toBe('bool');
      expect([...checked.dataSync()]).toEqual(expected);
      // Numbers and elements of tensors are judged alike.
      expect(values.map((value) => Number(set.contains!(value)))).toEqual(expected);
      expect([...x.dataSync()].map((value) => Number(set.contains!(value)))).toEqual(expected);
      tf.dispose([x, checked]);
    });
  });

  test.each(ARRAYS.map((row): [string, (typeof row)[0], Value[], Value[]] => [row[0].name, ...row]))('%s', (_name, set, inside, outside) => {
    expectNoLeak(() =>
      tf.tidy(() => {
        const checks = [...inside, ...outside].map((value) => set.check(tf.tensor(value, undefined, 'float32')));
        checks.forEach((checked) => expect(checked.shape).toEqual([]));
        expect(checks.map((checked) => checked.dataSync()[0])).toEqual([...inside.map(() => 1), ...outside.map(() => 0)]);
        // A batch is its elements.
        const stackable = [...inside, ...outside].map((value) => tf.tensor(value, undefined, 'float32'));
        expect([...set.check(tf.stack(stackable)).dataSync()]).toEqual(checks.map((checked) => checked.dataSync()[0]));
      }),
    );
  });

  test('bounds may be arrays and tensors', () => {
    tf.tidy(() => {
      const low = tf.tensor1d([0, 1]);
      const list = (set: Constraint, x: number[]): number[] => [...set.check(tf.tensor1d(x)).dataSync()];
      expect(list(constraints.interval(low, [1, 2]), [1, 0.5])).toEqual([1, 0]);
      expect(list(constraints.greaterThan(low), [1, 1])).toEqual([1, 0]);
      expect(list(constraints.integerInterval(0, low), [1, 1])).toEqual([0, 1]);
      expect(constraints.interval(low, 2).contains).toBeUndefined();
      expect(constraints.interval(low, 2).name).toBe('interval(tensor [2], 2)');
    });
  });

  test('violations name one offender, for small and large tensors', () => {
    expect(violation(3, constraints.positive)).toBeNull();
    expect(violation(-3, constraints.positive)).toBe('must be positive, got -3');
    expect(violation([[1, 2], [-3, 4]], constraints.positive)).toBe('must be positive, got -3 (in a tensor [2, 2])');
    expect(violation(Float64Array.of(1, -0.1), constraints.positive)).toMatch(/^must be positive, got -0.1/);
    expectNoLeak(() => {
      const large = tf.tensor1d(Float32Array.from({ length: 40_000 }, (_, i) => (i === 39_000 ? -7 : 1)));
      expect(violation(large, constraints.positive)).toBe('must be positive, got -7 (in a tensor [40000])');
      expect(violation(large, constraints.interval(-7, 1))).toBeNull();
      large.dispose();
      expect(violation([0.5, 0.6], constraints.simplex)).toBe('must be simplex, got [0.5, 0.6] of shape [2]');
    });
  });
});

test('bounds in the wrong order are refused', () => {
  expect(() => constraints.interval(2, 1)).toThrow('constraints.interval: the lower bound must be below the upper, got 2 and 1');
  expect(() => constraints.interval(1, 1)).toThrow(/below/);
  expect(() => constraints.independent(constraints.real, -1)).toThrow(/non-negative integer/);
});

test('sets are compared element by element', () => {
  expect(sameSet(constraints.realVector, constraints.real)).toBe(true);
  expect(sameSet(constraints.independent(constraints.independent(constraints.positive, 1), 1), constraints.positive)).toBe(true);
  expect(sameSet(constraints.positive, constraints.nonNegative)).toBe(false);
  expect(sameSet(constraints.ordered, constraints.positiveOrdered)).toBe(false);
  expect(constraints.independent(constraints.positive, 0)).toBe(constraints.positive);
});
