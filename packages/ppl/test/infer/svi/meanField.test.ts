/** @file Where TraceMeanFieldELBO samples instead of using a closed form, and where it cannot be right. */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import { constraints, dist, factor, getParamStore, handlers, infer, param, plate, ready, sample } from '@tychejs/ppl';
import { FiniteCheck } from '../../../src/infer/svi/nonFinite.ts';
import { expectNoLeak } from '../../helpers/leak.ts';
import { estimate, lossAt } from './helpers.ts';

beforeAll(() => ready({ backend: 'cpu' }));
beforeEach(() => getParamStore().clear());

const loc = (): Tensor => param('loc', tf.scalar(0.5));
const scale = (): Tensor => param('scale', tf.scalar(0.7), { constraint: constraints.positive });
const guide = (): Tensor => sample('z', dist.normal(loc(), scale()));
const gaussian = (): Tensor => sample('z', dist.normal(0, 2));

/** Losses by a few seeds. */
const losses = (loss: 'TraceELBO' | 'TraceMeanFieldELBO', model: () => unknown, own: () => unknown = guide): number[] =>
  [1, 2, 3].map((seed) => lossAt(new infer[loss](), model, own, seed));

test('a closed form does not depend on the draws', () => {
  const [first, ...others] = losses('TraceMeanFieldELBO', gaussian);
  const kl = Math.log(2 / 0.7) + (0.7 ** 2 + 0.5 ** 2) / 8 - 0.5;
  expect(first).toBeCloseTo(kl, 5);
  expect(others).toEqual([first, first]);
});

test('what has none is sampled: the same as TraceELBO', () => {
  const heavy = (): Tensor => sample('z', dist.studentT(3, 0, 1));
  const [sampled, expected] = [losses('TraceMeanFieldELBO', heavy), losses('TraceELBO', heavy)];
  sampled.forEach((loss, i) => expect(loss).toBeCloseTo(expected[i]!, 5));
  expect(new Set(sampled).size).toBe(3);
});

test.each<[string, (body: () => Tensor) => Tensor]>([
  ['scaled', (body) => handlers.scale({ scale: 3 }).run(body)],
  ['masked', (body) => handlers.mask({ mask: false }).run(body)],
])('a prior that is %s otherwise than its posterior is sampled: the same as TraceELBO', (_, weigh) => {
  const model = (): Tensor => weigh(gaussian);
  const [sampled, expected] = [losses('TraceMeanFieldELBO', model), losses('TraceELBO', model)];
  sampled.forEach((loss, i) => expect(loss).toBeCloseTo(expected[i]!, 5));
});

test('closed forms are scaled and masked as their sites are', () => {
  const inPlate = (body: () => Tensor) => (): unknown =>
    plate('items', 6, { subsampleSize: 3 }, () => handlers.mask({ mask: tf.tensor1d([1, 0, 0], 'bool') }).run(body));
  // The mask is made anew in model and guide, so that the two are not known to be the same; from outside it is one.
  const mask = tf.tensor1d([1, 0, 0], 'bool');
  const plain = (body: () => Tensor) => (): unknown => plate('items', 6, { subsampleSize: 3 }, body);
  const kl = Math.log(2 / 0.7) + (0.7 ** 2 + 0.5 ** 2) / 8 - 0.5;
  const [outside] = handlers.mask({ mask }).run(() => losses('TraceMeanFieldELBO', plain(gaussian), plain(guide)));
  expect(outside).toBeCloseTo(2 * kl, 5);
  const [sampled, expected] = [losses('TraceMeanFieldELBO', inPlate(gaussian), inPlate(guide)), losses('TraceELBO', inPlate(gaussian), inPlate(guide))];
  sampled.forEach((loss, i) => expect(loss).toBeCloseTo(expected[i]!, 4));
  mask.dispose();
});

test('auxiliary sites and factors of the guide count', () => {
  const withAuxiliary = (): void => {
    const u = sample('u', dist.normal(loc(), 1), { infer: { isAuxiliary: true } });
    sample('z', dist.normal(u, scale()));
    factor('f', tf.mul(u, 0.3));
  };
  const heavy = (): Tensor => sample('z', dist.studentT(3, 0, 1));
  const [sampled, expected] = [losses('TraceMeanFieldELBO', heavy, withAuxiliary), losses('TraceELBO', heavy, withAuxiliary)];
  sampled.forEach((loss, i) => expect(loss).toBeCloseTo(expected[i]!, 4));
  expect(estimate(new infer.TraceMeanFieldELBO(), heavy, withAuxiliary, 1).gradients['loc']![0]).not.toBe(0);
});

test('a closed form that overflows is named when the cause of a loss that is no number is looked for', () => {
  // The variance overflows in float32, the density at the draw does not.
  const wide = (): Tensor => sample('z', dist.normal(loc(), 1e20));
  const given = handlers.substitute({ data: { z: 0.5 } });
  const run = (own: () => unknown): number => given.run(() => lossAt(new infer.TraceMeanFieldELBO(), gaussian, own, 1));
  expect(run(wide)).toBe(Infinity);
  const message = /site "z": the divergence of its posterior, normal, from its prior, normal, is Infinity/;
  expect(() => expectNoLeak(() => new FiniteCheck().run(() => run(wide)))).toThrow(message);
  expect(new FiniteCheck().run(() => run(guide))).toBeLessThan(10);
  // What is masked out does not count.
  const masked = handlers.mask({ mask: false });
  expect(masked.run(() => new FiniteCheck().run(() => run(wide)))).toBe(0);
});

test('sites in another order are warned of, once', () => {
  const warn = jest.spyOn(console, 'warn').mockReturnValue();
  const model = (): unknown => [sample('a', dist.normal(0, 1)), sample('b', dist.normal(0, 1))];
  const reversed = (): unknown => [sample('b', dist.normal(loc(), 1)), sample('a', dist.normal(loc(), 1))];
  const loss = new infer.TraceMeanFieldELBO();
  for (const seed of [1, 2]) lossAt(loss, model, reversed, seed);
  expect(warn.mock.calls).toEqual([[expect.stringMatching(/the model samples a, b in this order, the guide b, a\..*TraceELBO/)]]);
  lossAt(new infer.TraceELBO(), model, reversed, 1);
  expect(warn).toHaveBeenCalledTimes(1);
  warn.mockRestore();
});
