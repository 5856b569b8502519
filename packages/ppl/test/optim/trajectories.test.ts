/** @file Optimisers against tfjs's, and against their formulas. */
import * as tf from '@tensorflow/tfjs-core';
import { ready } from '../../src/backend/ready.ts';
import { adagrad, adam, adamW, clippedAdam, rmsprop, sgd } from '../../src/optim/index.ts';
import type { Optimizer } from '../../src/optim/index.ts';
import { RandomStream } from '../../src/random/stream.ts';

const STEPS = 30;
const SIZE = 5;

/** Gradients of very different sizes: whatever an optimiser gets wrong shows. */
const gradients = (() => {
  const stream = RandomStream.fromSeed(4);
  return Array.from({ length: STEPS }, () =>
    Float32Array.from({ length: SIZE }, (_, i) => 10 ** (i - 3) * stream.normal() + (i === 4 ? 30 : 0.01)),
  );
})();
const start = [1, -2, 0.5, 0, 3];

function ourTrajectory(optimizer: Optimizer): number[][] {
  const variable = { isDisposed: false };
  const value = Float32Array.from(start);
  return gradients.map((gradient) => {
    optimizer.step([{ name: 'x', variable, value, gradient }]);
    return [...value];
  });
}

function tfjsTrajectory(optimizer: tf.Optimizer): number[][] {
  const x = tf.variable(tf.tensor1d(start), true, 'x');
  const path = gradients.map((gradient) => {
    tf.tidy(() => optimizer.applyGradients({ x: tf.tensor1d(gradient) }));
    return [...x.dataSync()];
  });
  x.dispose();
  optimizer.dispose();
  return path;
}

function expectSame(actual: number[][], expected: number[][]): void {
  actual.forEach((values, step) =>
    values.forEach((value, i) => {
      const wanted = expected[step]![i]!;
      // tfjs computes in float32 throughout, powers of the betas too: a unit of the seventh digit a step, over thirty steps.
      expect(Math.abs(value - wanted)).toBeLessThan(3e-5 * Math.max(1, Math.abs(wanted)));
    }),
  );
}

beforeAll(() => ready({ backend: 'cpu' }));

describe('trajectories are those of tf.train', () => {
  test.each<[string, Optimizer, () => tf.Optimizer]>([
    ['adam', adam({ lr: 0.1, eps: 1e-7 }), () => tf.train.adam(0.1, 0.9, 0.999, 1e-7)],
    ['adam with other betas', adam({ lr: 0.03, beta1: 0.5, beta2: 0.9, eps: 1e-4 }), () => tf.train.adam(0.03, 0.5, 0.9, 1e-4)],
    ['sgd', sgd({ lr: 0.01 }), () => tf.train.sgd(0.01)],
    ['sgd with momentum', sgd({ lr: 0.01, momentum: 0.8 }), () => tf.train.momentum(0.01, 0.8)],
    ['sgd with Nesterov momentum', sgd({ lr: 0.01, momentum: 0.8, nesterov: true }), () => tf.train.momentum(0.01, 0.8, true)],
    ['adagrad', adagrad({ lr: 0.1, initialAccumulatorValue: 0.3, eps: 0 }), () => tf.train.adagrad(0.1, 0.3)],
    ['rmsprop', rmsprop({ lr: 0.05, decay: 0.7, eps: 1e-5 }), () => tf.train.rmsprop(0.05, 0.7, 0, 1e-5)],
    ['rmsprop with momentum', rmsprop({ lr: 0.05, momentum: 0.6, eps: 1e-5 }), () => tf.train.rmsprop(0.05, 0.9, 0.6, 1e-5)],
  ])('%s', (_, ours, theirs) => {
    expectSame(ourTrajectory(ours), tfjsTrajectory(theirs()));
  });
});

/** Adam as in the paper, one number at a time in float64, with what its variants add. */
function adamOracle(lr: number, variant: { decay?: number; clip?: number; lrd?: number }): number[][] {
  const { decay = 0, clip = Infinity, lrd = 1 } = variant;
  const value = [...start];
  const m = value.map(() => 0);
  const v = value.map(() => 0);
  return gradients.map((gradient, step) => {
    const t = step + 1;
    const rate = lr * lrd ** t;
    for (let i = 0; i < SIZE; i++) {
      const g = Math.sign(gradient[i]!) * Math.min(clip, Math.abs(gradient[i]!));
      m[i] = 0.9 * m[i]! + 0.1 * g;
      v[i] = 0.999 * v[i]! + 0.001 * g ** 2;
      const step1 = (rate * m[i]!) / (1 - 0.9 ** t) / (Math.sqrt(v[i]! / (1 - 0.999 ** t)) + 1e-8);
      value[i] = value[i]! * (1 - lr * decay) - step1;
    }
    return [...value];
  });
}

test('adamW shrinks values apart from the gradient', () => {
  expectSame(ourTrajectory(adamW({ lr: 0.1, weightDecay: 0.2 })), adamOracle(0.1, { decay: 0.2 }));
});

test('clippedAdam clips each element, and lets the learning rate fall', () => {
  expectSame(ourTrajectory(clippedAdam({ lr: 0.1, clipNorm: 0.5, lrd: 0.9 })), adamOracle(0.1, { clip: 0.5, lrd: 0.9 }));
});
