import * as tf from '@tensorflow/tfjs-core';
import fc from 'fast-check';
import { ready } from '../../src/backend/ready.ts';
import { broadcastShapes, shapeOf } from '../../src/util/shape.ts';

beforeAll(() => ready({ backend: 'cpu' }));

const sizes = fc.array(fc.integer({ min: 1, max: 3 }), { maxLength: 4 });

describe('shapeOf', () => {
  test('is the shape that tfjs gives', () => {
    fc.assert(
      fc.property(sizes, (shape) => {
        const nested = tf.tidy(() => tf.zeros(shape).arraySync()) as number[];
        expect(shapeOf(nested)).toEqual(shape);
      }),
    );
    expect(shapeOf(Float64Array.of(1, 2))).toEqual([2]);
    expect(shapeOf([])).toEqual([0]);
    expect(shapeOf([[], []])).toEqual([2, 0]);
  });

  test('refuses ragged arrays', () => {
    expect(() => shapeOf([[1, 2], [3]])).toThrow(/ragged array.*\[2\] and \[1\]/);
    expect(() => shapeOf([[[1]], [2]] as never)).toThrow(/ragged array/);
  });
});

test('broadcastShapes is what tfjs does', () => {
  fc.assert(
    fc.property(sizes, sizes, (a, b) => {
      let expected: number[] | null;
      try {
        expected = tf.tidy(() => [...tf.add(tf.zeros(a), tf.zeros(b)).shape]);
      } catch {
        expected = null;
      }
      if (expected === null) expect(() => broadcastShapes(a, b)).toThrow(/do not broadcast/);
      else expect(broadcastShapes(a, b)).toEqual(expected);
    }),
  );
});
