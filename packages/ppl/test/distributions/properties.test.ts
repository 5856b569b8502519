import '../../src/backend/setup.ts';
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import { RandomStream } from '../../src/random/stream.ts';
import { withValidation } from '../../src/util/validation.ts';
import { describeOnBackends } from '../helpers/backends.ts';
import { expectNoLeak } from '../helpers/leak.ts';
import type { Fixture } from './fixtures.ts';
import { all, batch, countCases, single, stacked } from './fixtures.ts';

const rows = all.map((fixture): [string, Fixture] => [fixture.name, fixture]);

/** Within a few float32 roundings of terms of size up to 10. */
function expectClose(actual: Tensor, expected: Tensor, tolerance = 1e-5): void {
  expect(actual.shape).toEqual(expected.shape);
  const [a, b] = [actual.dataSync(), expected.dataSync()];
  a.forEach((x: number, i: number) => {
    const error = Math.abs(x - b[i]!) / Math.max(1, Math.abs(b[i]!));
    if (!(error < tolerance || Object.is(x, b[i]))) throw new Error(`element ${i}: ${x} against ${b[i]}`);
  });
}

afterEach(() => tf.disposeVariables());

describeOnBackends('every distribution', () => {
  test.each(rows)('%s: draws lie in the support, with finite log-density of the right shape', (_name, fixture) => {
    tf.tidy(() => {
      const d = batch(fixture, stacked(fixture));
      const count = countCases(fixture);
      expect(d.batchShape).toEqual([count]);
      const stream = RandomStream.fromSeed(1);
      for (const sampleShape of [[], [50], [2, 3]]) {
        const x = d.sample(sampleShape, stream);
        expect(x.shape).toEqual([...sampleShape, count, ...d.eventShape]);
        expect(x.dtype).toBe(d.dtype);
        expect(tf.all(d.support.check(x)).dataSync()[0]).toBe(1);
        const logProb = d.logProb(x);
        expect(logProb.shape).toEqual([...sampleShape, count]);
        expect(tf.all(tf.isFinite(logProb)).dataSync()[0]).toBe(1);
      }
    });
  });

  // P17: also that numbers and tensors as parameters come to the same.
  test.each(rows)('%s: a batch is its elements, one by one', (_name, fixture) => {
    tf.tidy(() => {
      const d = batch(fixture, stacked(fixture));
      const x = d.sample([4], RandomStream.fromSeed(2));
      const elements = Array.from({ length: countCases(fixture) }, (_, i) => {
        const one = single(fixture, i);
        expect(one.batchShape).toEqual([]);
        expect(one.eventShape).toEqual(d.eventShape);
        return one.logProb(tf.gather(x, i, 1));
      });
      expectClose(d.logProb(x), tf.stack(elements, 1));
    });
  });

  // P16
  test.each(rows)('%s: expand, toEvent and mask go through logProb', (_name, fixture) => {
    tf.tidy(() => {
      const d = batch(fixture, stacked(fixture));
      const count = countCases(fixture);
      const wide = d.expand([3, count]);
      const x = wide.sample([2], RandomStream.fromSeed(3));
      expect(x.shape).toEqual([2, 3, count, ...d.eventShape]);
      // Expanded elements are independent, not copies.
      expect(tf.any(tf.notEqual(tf.gather(x, 0, 1), tf.gather(x, 1, 1))).dataSync()[0]).toBe(1);
      const plain = d.logProb(x);
      expectClose(wide.logProb(x), plain);
      expectClose(wide.toEvent(1).logProb(x), tf.sum(plain, -1));
      expectClose(wide.toEvent(1).toEvent(1).logProb(x), tf.sum(plain, [-2, -1]));
      const totals = tf.tile(tf.expandDims(tf.sum(plain, [-2, -1]), 1), [1, 5]);
      const repeated = tf.tile(tf.expandDims(x, 1), [1, 5, ...x.shape.slice(1).map(() => 1)]);
      expectClose(wide.toEvent(2).expand([5]).logProb(repeated), totals);
      const mask = tf.tensor1d(Array.from({ length: count }, (_, i) => i % 2 === 0), 'bool');
      expectClose(wide.mask(mask).logProb(x), tf.where(mask, plain, 0));
      expect(d.mask(tf.expandDims(mask, 1)).batchShape).toEqual([count, count]);
      // Also where a dimension of size one is widened.
      const first = Object.entries(stacked(fixture)).map(([name, value]) => [name, tf.slice(value, 0, 1)] as const);
      const repeated4 = batch(fixture, Object.fromEntries(first)).expand([4]);
      const y = repeated4.sample([30], RandomStream.fromSeed(3));
      expect(y.shape).toEqual([30, 4, ...d.eventShape]);
      expect(tf.any(tf.notEqual(tf.gather(y, 0, 1), tf.gather(y, 1, 1))).dataSync()[0]).toBe(1);
      expectClose(repeated4.logProb(y), tf.stack([0, 1, 2, 3].map((k) => single(fixture, 0).logProb(tf.gather(y, k, 1))), 1));
    });
  });

  test.each(rows)('%s: leaves no tensors behind', (_name, fixture) => {
    const parameters = stacked(fixture);
    const d = batch(fixture, parameters);
    const stream = RandomStream.fromSeed(4);
    const x = d.sample([], stream);
    const attempts: (() => Tensor)[] = [
      () => d.sample([2], stream),
      () => d.logProb(x),
      () => withValidation(false, () => d.logProb(x)),
      () => d.toEvent(1).logProb(x),
      () => d.mask(true).logProb(x),
      () => d.mask(false).logProb(x),
      () => d.mean,
      () => d.variance,
      () => d.entropy(),
      () => d.cdf(x),
      () => d.icdf(0.5),
      () => d.enumerateSupport(),
      () => d.rsample([2], stream),
    ];
    for (const attempt of attempts) {
      expectNoLeak(() => {
        let result: Tensor | null = null;
        try {
          result = attempt();
        } catch (error) {
          expect(String(error)).toMatch(/closed form|cannot be (enumerated|reparameterised)/);
        }
        result?.dispose();
      });
    }
    tf.dispose([x, ...Object.values(parameters)]);
  });
});
