/** @file Losses that are functions. */
import * as tf from '@tensorflow/tfjs-core';
import type { Scalar, Tensor } from '@tensorflow/tfjs-core';
import { getParamStore, handlers, infer, ready } from '@tychejs/ppl';
import type { LossFunction } from '../../../src/infer/svi/lossOf.ts';
import { expectNoLeak } from '../../helpers/leak.ts';
import { normalGuide, normalNormal } from './helpers.ts';

beforeAll(() => ready({ backend: 'cpu' }));
beforeEach(() => getParamStore().clear());

const [model, guide] = [normalNormal({ priorMean: 0, priorSd: 2, noise: 1, data: [1, 2] }), normalGuide(0.5, 0.7)];

/** -ELBO by hand. */
const byHand: LossFunction = (p, q, args) => {
  const drawn = handlers.trace(q).getTrace(...args);
  const joint = handlers.replay({ trace: drawn }).run(() => handlers.trace(p).getTrace(...args));
  return tf.sub(drawn.logProbSum(), joint.logProbSum());
};

test('a function that computes the ELBO is the same as TraceELBO', () => {
  const numbers = (loss: ReturnType<typeof infer.lossOf>): number[] => {
    const result = handlers.seed({ seed: 3 }).run(() => loss.lossAndGradients(model, guide, []));
    if (result instanceof Promise) throw new Error('at once');
    const tensors: Tensor[] = [result.loss, ...result.gradients.map(({ gradient }) => gradient)];
    const values = tensors.map((tensor) => tensor.dataSync()[0]!);
    tf.dispose(tensors);
    return values;
  };
  // Two estimates with draws of their own, so only the form can be compared: a function of the same draw gives the same.
  const given = handlers.substitute({ data: { z: 0.9 } });
  const [function_, elbo] = given.run(() => [numbers(infer.lossOf(byHand)), numbers(new infer.TraceELBO())]);
  expect(function_).toHaveLength(3);
  function_!.forEach((value, i) => expect(value).toBeCloseTo(elbo![i]!, 5));
});

test('loss, gradients and expression leave no tensors', () => {
  const loss = infer.lossOf(byHand);
  const seeded = <R>(body: () => R): R => handlers.seed({ seed: 3 }).run(body);
  const run = (): void => {
    const result = seeded(() => loss.lossAndGradients(model, guide, []));
    if ('loss' in result) tf.dispose([result.loss, result.gradients.map(({ gradient }) => gradient)]);
    tf.dispose(seeded(() => loss.loss?.(model, guide, [])) as Scalar);
    tf.dispose(tf.tidy(() => seeded(() => loss.differentiableLoss?.(model, guide, [])) as Scalar));
  };
  run();
  expectNoLeak(run);
});

test('a loss is itself', () => {
  const loss = new infer.TraceELBO();
  expect(infer.lossOf(loss)).toBe(loss);
});

test.each<[string, unknown]>([
  ['a number', 1],
  ['nothing', null],
  ['a class, not made yet', infer.TraceELBO],
  ['an object of another kind', {}],
])('%s is refused', (_, loss) => {
  expect(() => infer.lossOf(loss as LossFunction)).toThrow(/infer\.SVI: loss must be an object such as new infer\.TraceELBO\(\), or a function/);
});

test.each<[string, () => unknown, RegExp]>([
  ['a number', () => 1, /must return a scalar tensor, got number/],
  ['a tensor that is no scalar', () => tf.tensor1d([1, 2]), /must return a scalar tensor, got a tensor of shape \[2\]; sum it up with tf\.sum/],
])('a function that returns %s is refused', (_, loss, message) => {
  const run = (): unknown => infer.lossOf(loss as LossFunction).lossAndGradients(model, guide, []);
  expect(() => expectNoLeak(run)).toThrow(message);
});
