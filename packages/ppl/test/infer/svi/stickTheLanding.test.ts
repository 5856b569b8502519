/** @file TraceELBO without the score of q: nothing left of the noise at the posterior, and right in the mean elsewhere. */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import { constraints, dist, getParamStore, guides, infer, param, ready, sample } from '@tychejs/ppl';
import { expectNoLeak } from '../../helpers/leak.ts';
import { estimate, exactPosterior, expectMean, lossAt, normalGuide, normalNormal } from './helpers.ts';

beforeAll(() => ready({ backend: 'cpu' }));
beforeEach(() => getParamStore().clear());

const problem = { priorMean: 0, priorSd: 2, noise: 1, data: [1, 2.5] };
const model = normalNormal(problem);
const { mean, sd } = exactPosterior(problem);
const sticking = (): InstanceType<typeof infer.TraceELBO> => new infer.TraceELBO({ stickTheLanding: true });

test('at the exact posterior every gradient is zero, where that of the plain ELBO is noise', () => {
  const guide = normalGuide(mean, sd);
  for (const seed of [1, 2, 3]) {
    const [plain, still] = [new infer.TraceELBO(), sticking()].map((loss) => estimate(loss, model, guide, seed));
    expect(still!.loss).toBeCloseTo(plain!.loss, 5);
    for (const name of ['loc', 'scale']) expect(still!.gradients[name]![0]).toBeCloseTo(0, 4);
    expect(Math.abs(plain!.gradients['scale']![0]!)).toBeGreaterThan(0.01);
  }
});

test('also for a guide whose sites depend on one another', () => {
  // w ~ N(0, 1), z ~ N(w, 1): the prior itself, as the posterior of a model without data.
  const pair = (from: () => Tensor, slope: () => Tensor, scale: () => Tensor) => (): void => {
    const w = sample('w', dist.normal(from(), 1));
    sample('z', dist.normal(tf.mul(w, slope()), scale()));
  };
  const prior = pair(() => tf.scalar(0), () => tf.scalar(1), () => tf.scalar(1));
  const guide = pair(
    () => param('from', tf.scalar(0)),
    () => param('slope', tf.scalar(1)),
    () => param('scale', tf.scalar(1), { constraint: constraints.positive }),
  );
  const { gradients } = estimate(sticking(), prior, guide, 4);
  for (const name of ['from', 'slope', 'scale']) expect(gradients[name]![0]).toBeCloseTo(0, 5);
  const plain = estimate(new infer.TraceELBO(), prior, guide, 4).gradients;
  expect(Math.abs(plain['slope']![0]!)).toBeGreaterThan(0.01);
});

test('elsewhere it is right in the mean', () => {
  const [loc, scale] = [0.3, 0.9];
  const guide = normalGuide(loc, scale);
  const found = Array.from({ length: 150 }, (_, seed) => estimate(sticking(), model, guide, seed).gradients);
  expectMean(found.map((gradients) => gradients['loc']![0]!), (loc - mean) / sd ** 2);
  expectMean(found.map((gradients) => gradients['scale']![0]!), scale ** 2 / sd ** 2 - 1);
});

test('parameters of the model are learnt as ever', () => {
  const learning = (): void => {
    const z = sample('z', dist.normal(param('prior', tf.scalar(0.4)), 1));
    sample('x', dist.normal(z, 1), { obs: 1 });
  };
  const [plain, still] = [new infer.TraceELBO(), sticking()].map((loss) => estimate(loss, learning, normalGuide(0.3, 0.9), 6).gradients);
  expect(still!['prior']![0]).toBeCloseTo(plain!['prior']![0]!, 6);
  expect(still!['prior']![0]).not.toBe(0);
});

test('automatic guides can take it, and no tensors are left', () => {
  const guide = new guides.AutoNormal(model);
  estimate(sticking(), model, guide, 1);
  expectNoLeak(() => estimate(sticking(), model, guide, 1));
  expectNoLeak(() => lossAt(sticking(), model, guide, 1));
});

test('draws that are not reparameterised are refused', () => {
  const prior = (): Tensor => sample('z', dist.bernoulli({ probs: 0.5 }));
  const guide = (): Tensor => sample('z', dist.bernoulli({ logits: param('logit', tf.scalar(0)) }));
  expect(() => expectNoLeak(() => estimate(sticking(), prior, guide, 1))).toThrow(
    /site "z": the guide draws it from bernoulli, whose draws are not reparameterised, as stickTheLanding needs/,
  );
});
