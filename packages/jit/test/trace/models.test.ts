/** @file Whole models and networks with their gradients: against eager tfjs, differences, and densities in plain numbers. */
import * as tf from '@tensorflow/tfjs-core';
import * as layers from '@tensorflow/tfjs-layers';
import { interpret } from '../../src/graph/interpret.ts';
import { data } from '../../src/trace/data.ts';
import { traceGraph } from '../../src/trace/traceGraph.ts';
import type { TraceableFunction } from '../../src/trace/recording.ts';
import type { Argument } from '../helpers/agree.ts';
import { expectAgreement, expectTrueGradient, floats } from '../helpers/agree.ts';
import { discrepancy, integers, uniform } from '../helpers/numbers.ts';
import { useCpu } from '../helpers/tfjs.ts';

beforeAll(useCpu);

/** Value and gradient agree with eager tfjs (in float32), the gradient with differences (in float64). */
function check(fn: TraceableFunction, ...args: Argument[]): void {
  expectAgreement(fn, args, { grad: true });
  expectTrueGradient(fn, args);
}

const HALF_LOG_2PI = Math.log(2 * Math.PI) / 2;

/** log Normal(x | loc, scale), entry by entry. */
function normal(x: tf.TensorLike | tf.Tensor, loc: tf.Tensor | number, scale: tf.Tensor | tf.TensorLike): tf.Tensor {
  const z = tf.div(tf.sub(x, loc), scale);
  return tf.sub(tf.sub(tf.mul(-0.5, tf.square(z)), tf.log(scale as tf.Tensor)), HALF_LOG_2PI);
}

const SCHOOLS = { y: [28, 8, -3, 7, -1, 1, 18, 12], sigma: [15, 10, 16, 11, 9, 11, 10, 18] };

/** Eight schools (Rubin 1981), non-centred: mu, log tau and eta, with the Jacobian of tau. */
const eightSchools: TraceableFunction = (q) => {
  const [mu, logTau, eta] = [tf.reshape(tf.slice(q, 0, 1), []), tf.reshape(tf.slice(q, 1, 1), []), tf.slice(q, 2)];
  const tau = tf.exp(logTau);
  const theta = tf.add(mu, tf.mul(tau, eta));
  const halfCauchy = tf.sub(Math.log(2 / (5 * Math.PI)), tf.log1p(tf.square(tf.div(tau, 5))));
  const prior = tf.addN([normal(mu, 0, 5), halfCauchy, logTau, tf.sum(normal(eta, 0, 1))]);
  return tf.add(prior, tf.sum(normal(SCHOOLS.y, theta, SCHOOLS.sigma)));
};

/** The same in plain numbers. */
function eightSchoolsByHand([mu = 0, logTau = 0, ...eta]: readonly number[]): number {
  const density = (x: number, loc: number, scale: number): number => -0.5 * ((x - loc) / scale) ** 2 - Math.log(scale) - HALF_LOG_2PI;
  const tau = Math.exp(logTau);
  let sum = density(mu, 0, 5) + Math.log(2 / (5 * Math.PI)) - Math.log1p((tau / 5) ** 2) + logTau;
  eta.forEach((e, i) => {
    sum += density(e, 0, 1) + density(SCHOOLS.y[i]!, mu + tau * e, SCHOOLS.sigma[i]!);
  });
  return sum;
}

describe('eight schools', () => {
  const q = floats([10], -1.5, 1.5);

  test('agrees', () => check(eightSchools, q));

  test('is in float64 throughout', () => {
    const graph = traceGraph(eightSchools, { inputs: [{ shape: [10] }], valueAndGrad: true });
    const points = [uniform(10, -1.5, 1.5, 9), uniform(10, -1.5, 1.5, 10)];
    const excess = points.map((q) => interpret(graph, [q]).outputs[0]![0]! - eightSchoolsByHand(q));
    // One constant has neither few decimals nor a name, log(2 / (5 pi)): tfjs has it to half a unit in the last place of
    // float32. It shifts the density, by the same amount everywhere.
    expect(Math.abs(excess[0]!)).toBeLessThan(2 ** -22);
    expect(Math.abs(excess[0]! - excess[1]!)).toBeLessThan(1e-12);
  });

  test('takes far fewer operations than tfjs runs kernels', () => {
    const graph = traceGraph(eightSchools, { inputs: [{ shape: [10] }], valueAndGrad: true });
    const kernels = [...graph.kernels.values()].reduce((sum, count) => sum + count, 0);
    expect(kernels).toBeGreaterThan(70);
    expect(graph.numOperations).toBeLessThanOrEqual(60);
  });
});

describe('regressions', () => {
  const [n, d] = [12, 3];
  const x = uniform(n * d, -1, 1, 4);
  const y = integers(n, 2, 5);

  test('logistic', () => {
    const model: TraceableFunction = (weights, bias) => {
      const logits = tf.add(tf.reshape(tf.matMul(tf.tensor2d(x, [n, d]), tf.reshape(weights!, [d, 1])), [n]), bias!);
      const likelihood = tf.sum(tf.sub(tf.mul(logits, y), tf.softplus(logits)));
      return tf.add(likelihood, tf.sum(normal(weights!, 0, 2.5)));
    };
    check(model, floats([d]), floats([]));
  });

  test('logistic, with data kept in float64', () => {
    const model: TraceableFunction = (weights) => {
      const logits = tf.reshape(tf.matMul(data(Float64Array.from(x), [n, d]), tf.reshape(weights, [d, 1])), [n]);
      return tf.sum(tf.sub(tf.mul(logits, y), tf.softplus(logits)));
    };
    const graph = traceGraph(model, { inputs: [{ shape: [d] }] });
    const w = uniform(d, -1, 1, 6);
    const byHand = y.reduce((sum, label, i) => {
      const logit = w.reduce((dot, weight, j) => dot + weight * x[i * d + j]!, 0);
      return sum + label * logit - Math.log1p(Math.exp(logit));
    }, 0);
    expect(Math.abs(interpret(graph, [w]).outputs[0]![0]! - byHand)).toBeLessThan(1e-14 * n);
  });

  test('hierarchical, by gather', () => {
    const groups = integers(n, 4, 8);
    const model: TraceableFunction = (q, logScale) => {
      const effects = tf.mul(tf.exp(logScale!), q!);
      const means = tf.gather(effects, tf.tensor1d(groups, 'int32'));
      return tf.add(tf.sum(normal(x.slice(0, n), means, 0.3)), tf.sum(normal(q!, 0, 1)));
    };
    check(model, floats([4]), floats([]));
  });

  test('robust, with a different formula on each side of a bound (Huber)', () => {
    const model: TraceableFunction = (location) => {
      const r = tf.abs(tf.sub(x.slice(0, n), location));
      return tf.sum(tf.where(tf.greaterEqual(r, 0.5), tf.sub(r, 0.25), tf.square(r)));
    };
    const location = { shape: [], values: [Math.fround(0.123)] };
    expectAgreement(model, [location], { grad: true });
    // The second derivative jumps at the bound, which lets the differences down.
    expectTrueGradient(model, [location], 1e-4);
  });
});

describe('mixtures and series', () => {
  const y = uniform(9, -3, 3, 12);

  test('a mixture of normals by log-sum-exp', () => {
    const model: TraceableFunction = (logits, means, logScales) => {
      const weights = tf.sub(logits!, tf.logSumExp(logits!));
      const components = normal(tf.tensor2d(y, [9, 1]), means!, tf.exp(logScales!));
      return tf.sum(tf.logSumExp(tf.add(weights, components), -1));
    };
    // tfjs's own logSumExp differentiates its maximum, through a comparison that has no gradient.
    registerComparisonGradient();
    check(model, floats([3], -1, 1, 1), floats([3], -2, 2, 2), floats([3], -1, 0.5, 3));
  });

  test('a random walk by cumulative sums', () => {
    const model: TraceableFunction = (steps, logScale) => {
      const path = tf.cumsum(tf.mul(steps!, tf.exp(logScale!)));
      return tf.add(tf.sum(normal(y, path, 0.7)), tf.sum(normal(steps!, 0, 1)));
    };
    check(model, floats([9]), floats([]));
  });

  test('an autoregression, step by step: unstack, stack, slices', () => {
    const model: TraceableFunction = (q) => {
      const [phi, logScale] = tf.unstack(tf.slice(q, 0, 2)) as [tf.Tensor, tf.Tensor];
      const noise = tf.unstack(tf.slice(q, 2));
      const states: tf.Tensor[] = [];
      let state: tf.Tensor = tf.scalar(0);
      for (const step of noise) {
        state = tf.add(tf.mul(tf.tanh(phi), state), tf.mul(tf.exp(logScale), step));
        states.push(state);
      }
      return tf.add(tf.sum(normal(y, tf.stack(states), 0.5)), tf.sum(normal(q, 0, 1)));
    };
    check(model, floats([11], -1, 1));
  });

  test('a correlation matrix: outer products, norms, softmax', () => {
    const model: TraceableFunction = (q) => {
      const rows = tf.softmax(tf.reshape(q, [3, 4]));
      const normed = tf.div(rows, tf.sqrt(tf.sum(tf.square(rows), 1, true)));
      const correlations = tf.matMul(normed, normed, false, true);
      return tf.sum(tf.mul(correlations, tf.tensor2d(uniform(9, -1, 1, 2), [3, 3])));
    };
    check(model, floats([12]));
  });
});

/** The gradients of a network's loss in all its weights, which become the inputs. */
function networkLoss(network: layers.Sequential, loss: (output: tf.Tensor) => tf.Tensor, x: tf.Tensor): TraceableFunction {
  const weights = network.layers.flatMap((layer) => layer.trainableWeights);
  return (...values) => {
    weights.forEach((weight, i) => (weight.read = () => values[i]!));
    return loss(network.apply(x) as tf.Tensor);
  };
}

function weightsOf(network: layers.Sequential): Argument[] {
  return network.trainableWeights.map(({ shape }, i) => floats(shape as number[], -0.7, 0.7, i + 1));
}

describe('networks of tfjs-layers', () => {
  const crossEntropy = (labels: number[], classes: number) => (logits: tf.Tensor): tf.Tensor => {
    const logProb = tf.logSoftmax(logits);
    return tf.neg(tf.mean(tf.sum(tf.mul(logProb, tf.oneHot(labels, classes)), -1)));
  };

  test('a multilayer perceptron', () => {
    const network = layers.sequential({
      layers: [
        layers.layers.dense({ inputShape: [3], units: 4, activation: 'tanh' }),
        layers.layers.dense({ units: 3, activation: 'elu' }),
        layers.layers.dense({ units: 2, activation: 'softplus' }),
      ],
    });
    const x = tf.tensor2d(uniform(15, -1, 1, 1), [5, 3]);
    check(networkLoss(network, (output) => tf.mean(tf.square(tf.sub(output, 0.3))), x), ...weightsOf(network));
    network.dispose();
    x.dispose();
  });

  test('a convolutional network', () => {
    const network = layers.sequential({
      layers: [
        layers.layers.conv2d({ inputShape: [6, 6, 2], filters: 3, kernelSize: 3, activation: 'sigmoid', padding: 'same' }),
        layers.layers.maxPooling2d({ poolSize: 2 }),
        layers.layers.separableConv2d({ filters: 2, kernelSize: 2, activation: 'tanh' }),
        layers.layers.batchNormalization(),
        layers.layers.averagePooling2d({ poolSize: 2, strides: 1 }),
        layers.layers.flatten(),
        layers.layers.dense({ units: 3 }),
      ],
    });
    const x = tf.tensor4d(uniform(144, -1, 1, 2), [2, 6, 6, 2]);
    check(networkLoss(network, crossEntropy([2, 0], 3), x), ...weightsOf(network));
    network.dispose();
    x.dispose();
  });

  test('embedding and recurrence', () => {
    const network = layers.sequential({
      layers: [
        layers.layers.embedding({ inputDim: 5, outputDim: 2, inputLength: 4 }),
        layers.layers.lstm({ units: 2, returnSequences: true, recurrentInitializer: 'glorotUniform' }),
        layers.layers.gru({ units: 2, recurrentActivation: 'sigmoid', recurrentInitializer: 'glorotUniform' }),
        layers.layers.layerNormalization(),
      ],
    });
    const x = tf.tensor2d([[0, 3, 3, 1], [2, 4, 0, 0]]);
    check(networkLoss(network, (output) => tf.sum(tf.mul(output, [1, -2])), x), ...weightsOf(network));
    network.dispose();
    x.dispose();
  });
});

/** A zero gradient for Equal, which tfjs's gradient of `max` runs into; ppl registers the same. */
function registerComparisonGradient(): void {
  tf.registerGradient({
    kernelName: tf.Equal,
    inputsToSave: ['a', 'b'],
    gradFunc: (_, saved) => Object.fromEntries(['a', 'b'].map((name, i) => [name, () => tf.zeros(saved[i]!.shape)])),
  });
}

test('discrepancy sees what differs', () => {
  expect(discrepancy([1, 2], [1, 2.5])).toBeCloseTo(0.2);
  expect(discrepancy([1], [Number.NaN])).toBe(Infinity);
});
