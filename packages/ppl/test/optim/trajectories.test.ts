/** @file Optimisers against tfjs's, and against their formulas. */
import * as tf from '@tensorflow/tfjs-core';
import { ready } from '../../src/backend/ready.ts';
import { adagrad, adagradRmsprop, adam, adamax, adamW, clippedAdam, rmsprop, sgd } from '../../src/optim/index.ts';
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
    // tfjs adds eps under the root, so here it is as good as none.
    ['rmsprop', rmsprop({ lr: 0.05, decay: 0.7, eps: 1e-15 }), () => tf.train.rmsprop(0.05, 0.7, 0, 1e-15)],
    ['rmsprop with momentum', rmsprop({ lr: 0.05, decay: 0.9, momentum: 0.6, eps: 1e-15 }), () => tf.train.rmsprop(0.05, 0.9, 0.6, 1e-15)],
    ['adamax', adamax({ lr: 0.05, eps: 1e-7 }), () => tf.train.adamax(0.05, 0.9, 0.999, 1e-7)],
  ])('%s', (_, ours, theirs) => {
    expectSame(ourTrajectory(ours), tfjsTrajectory(theirs()));
  });
});

/** A formula for one number: x, its slope g and the number of the update t, all in float64, as it is published. */
type Formula = () => (x: number, g: number, t: number) => number;

/** Each number is moved by itself, with what it remembers in the closure. */
function publishedTrajectory(formula: Formula): number[][] {
  const moves = start.map(() => formula());
  const value = [...start];
  return gradients.map((gradient, step) => {
    moves.forEach((move, i) => {
      value[i] = move(value[i]!, gradient[i]!, step + 1);
    });
    return [...value];
  });
}

/** Kingma and Ba's algorithm 1, with what its variants add. */
function adamFormula(lr: number, { decay = 0, clip = Infinity, lrd = 1 }: { decay?: number; clip?: number; lrd?: number }): Formula {
  return () => {
    let [m, v] = [0, 0];
    return (x, slope, t) => {
      const g = Math.sign(slope) * Math.min(clip, Math.abs(slope));
      m = 0.9 * m + 0.1 * g;
      v = 0.999 * v + 0.001 * g ** 2;
      const [mHat, vHat] = [m / (1 - 0.9 ** t), v / (1 - 0.999 ** t)];
      return x - lr * decay * x - (lr * lrd ** t * mHat) / (Math.sqrt(vHat) + 1e-8);
    };
  };
}

/** What torch's documentation of RMSprop says, line by line. */
function rmspropFormula(lr: number, alpha: number, eps: number, momentum: number, centered: boolean): Formula {
  return () => {
    let [v, average, b] = [0, 0, 0];
    return (x, g) => {
      v = alpha * v + (1 - alpha) * g ** 2;
      let vTilde = v;
      if (centered) {
        average = average * alpha + (1 - alpha) * g;
        vTilde = vTilde - average ** 2;
      }
      if (momentum === 0) return x - (lr * g) / (Math.sqrt(vTilde) + eps);
      b = momentum * b + g / (Math.sqrt(vTilde) + eps);
      return x - lr * b;
    };
  };
}

const adamaxFormula: Formula = () => {
  let [m, u] = [0, 0];
  return (x, g, t) => {
    m = 0.8 * m + 0.2 * g;
    u = Math.max(0.7 * u, Math.abs(g) + 0.01);
    return x - (0.002 * m) / ((1 - 0.8 ** t) * u);
  };
};

const adagradFormula: Formula = () => {
  let sum = 0;
  return (x, g, t) => {
    sum += g ** 2;
    return x - ((0.05 / (1 + (t - 1) * 0.3)) * g) / (Math.sqrt(sum) + 1e-10);
  };
};

/** Equations 10 and 11 of Kucukelbir et al. (JMLR 2017), with τ = 1. */
const adviFormula: Formula = () => {
  let s = NaN;
  return (x, g, t) => {
    s = t === 1 ? g ** 2 : 0.3 * g ** 2 + 0.7 * s;
    return x - (2 * t ** (-0.5 + 0.1) * g) / (1 + Math.sqrt(s));
  };
};

describe('trajectories are those of the published formulas', () => {
  test.each<[string, Optimizer, Formula]>([
    ['adam', adam({ lr: 0.1 }), adamFormula(0.1, {})],
    ['adamW shrinks values apart from the gradient', adamW({ lr: 0.1, weightDecay: 0.2 }), adamFormula(0.1, { decay: 0.2 })],
    ['clippedAdam clips each element, and lets the learning rate fall', clippedAdam({ lr: 0.1, clipNorm: 0.5, lrd: 0.9 }), adamFormula(0.1, { clip: 0.5, lrd: 0.9 })],
    ['adamax with torch\'s eps', adamax({ beta1: 0.8, beta2: 0.7, eps: 0.01 }), adamaxFormula],
    ['rmsprop by default', rmsprop(), rmspropFormula(0.01, 0.99, 1e-8, 0, false)],
    ['rmsprop with eps outside of the root', rmsprop({ lr: 0.02, decay: 0.8, eps: 0.1, momentum: 0.5 }), rmspropFormula(0.02, 0.8, 0.1, 0.5, false)],
    ['centered rmsprop', rmsprop({ decay: 0.8, centered: true, eps: 1e-3 }), rmspropFormula(0.01, 0.8, 1e-3, 0, true)],
    ['centered rmsprop with momentum', rmsprop({ decay: 0.8, centered: true, momentum: 0.7, eps: 1e-3 }), rmspropFormula(0.01, 0.8, 1e-3, 0.7, true)],
    ['adagrad by default, but with a decay', adagrad({ lr: 0.05, lrDecay: 0.3 }), adagradFormula],
    ['adagradRmsprop', adagradRmsprop({ lr: 2, delta: 0.1, t: 0.3 }), adviFormula],
  ])('%s', (_, optimizer, formula) => {
    expectSame(ourTrajectory(optimizer), publishedTrajectory(formula));
  });
});
