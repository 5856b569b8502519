/** @file Numbers at full precision. */
import * as tf from '@tensorflow/tfjs-core';
import fc from 'fast-check';
import { interpret } from '../../src/graph/interpret.ts';
import { data } from '../../src/trace/data.ts';
import { intended, intendedAll } from '../../src/trace/intended.ts';
import { traceGraph } from '../../src/trace/traceGraph.ts';
import type { TraceOptions } from '../../src/trace/recording.ts';
import { expectNoLeak, useCpu } from '../helpers/tfjs.ts';

beforeAll(useCpu);

/** What the traced function gives at 0. */
function valueAt0(fn: (x: tf.Tensor) => tf.Tensor, options: Partial<TraceOptions> = {}): number[] {
  const graph = traceGraph((x) => tf.add(fn(x), x), { inputs: [{ shape: [] }], ...options });
  return [...interpret(graph, [[0]]).outputs[0]!];
}

describe('data', () => {
  const values = Float64Array.of(1 / 3, Math.E * 1e8, -1e-9);

  test('is a float32 tensor to tfjs', () => {
    const tensor = data(values);
    expect(tensor.dtype).toBe('float32');
    expect([...tensor.dataSync()]).toEqual([...values].map(Math.fround));
    tensor.dispose();
  });

  test('is float64 to a traced function, made outside or inside, reshaped or not', () => {
    expectNoLeak(() => {
      const tensor = data(values);
      expect(valueAt0(() => tensor)).toEqual([...values]);
      expect(valueAt0(() => data(values))).toEqual([...values]);
      const reshaped = tf.reshape(tensor, [3, 1]);
      expect(valueAt0(() => reshaped)).toEqual([...values]);
      tf.dispose([tensor, reshaped]);
    });
  });

  test('is computed with in float64', () => {
    expect(valueAt0(() => tf.exp(tf.sum(tf.log(tf.abs(data([1 / 3, 7.1, 1e-9]))))))).toEqual([
      Math.exp(Math.log(1 / 3) + Math.log(7.1) + Math.log(1e-9)),
    ]);
  });

  test('takes numbers, nested arrays and a shape', () => {
    tf.tidy(() => {
      expect(data(0.1).shape).toEqual([]);
      expect(data([[1, 2, 3], [4, 5, 6]]).shape).toEqual([2, 3]);
      expect(data(values, [1, 3]).shape).toEqual([1, 3]);
      expect(() => data(values, [2])).toThrow(/shape/);
      expect(() => data([[1, 2], [3]])).toThrow(/shape/);
    });
  });

  test('does not follow later changes of the array', () => {
    const array = Float64Array.of(1, 2);
    const tensor = data(array);
    array[0] = 9;
    expect(valueAt0(() => tensor)).toEqual([1, 2]);
    tensor.dispose();
  });
});

describe('float32 constants', () => {
  test('are read as the decimals that were written', () => {
    const literals = [0.1, -2.3, 1e-7, 123.456, 1e-30, 3e20, 2 ** 30, 0.00012, 28, 1e5];
    expect(valueAt0(() => tf.tensor1d(literals))).toEqual(literals);
    expect(valueAt0((x) => tf.mul(tf.add(x, 1), 0.1))).toEqual([0.1]);
  });

  test('or as the numbers that go by a name', () => {
    const named = [Math.PI, -Math.log(2 * Math.PI) / 2, Math.SQRT2, 1 / 3];
    expect(valueAt0(() => tf.tensor1d(named))).toEqual(named);
  });

  test('or as they are', () => {
    expect(valueAt0(() => tf.scalar(0.1), { constants: 'float32' })).toEqual([Math.fround(0.1)]);
  });

  test('or exactly, where tfjs hands over the number itself', () => {
    expect(valueAt0((x) => tf.clipByValue(x, 1 / 7, 1))).toEqual([1 / 7]);
    expect(valueAt0(() => tf.fill([], 1 / 7))).toEqual([1 / 7]);
  });

  test('never change by more than rounding', () => {
    fc.assert(
      fc.property(fc.float(), (x) => {
        expect(Object.is(Math.fround(intended(x)), x) || (x === 0 && intended(x) === 0)).toBe(true);
      }),
      { numRuns: 2000, seed: 1 },
    );
  });

  test('decimals of up to six digits come back', () => {
    fc.assert(
      fc.property(fc.integer({ min: -999999, max: 999999 }), fc.integer({ min: -12, max: 1 }), (digits, exponent) => {
        const written = Number(`${digits}e${exponent}`);
        expect(intendedAll([Math.fround(written)])[0]).toBe(written);
      }),
      { numRuns: 2000, seed: 2 },
    );
  });

  test('are read run by run as one by one', () => {
    const values = [0.1, 0.1, 0.2, Number.NaN, Number.NaN, -0, 0, Infinity].map(Math.fround);
    expect([...intendedAll(values)]).toEqual([0.1, 0.1, 0.2, Number.NaN, Number.NaN, -0, 0, Infinity]);
  });
});
