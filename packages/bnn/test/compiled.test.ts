/** @file A Bayesian network's log joint compiles, and NUTS samples it. */
import * as tf from '@tensorflow/tfjs-core';
import { layers, sequential } from '@tensorflow/tfjs-layers';
import { dist, infer, ready, sample } from '@tychejs/ppl';
import { BayesianNet } from '../src/bayesianNet.ts';
import { iid } from '../src/priors/iid.ts';

beforeAll(() => ready({ backend: 'cpu' }));

const N = 100;
const HIDDEN = 50;
const x = Array.from({ length: N }, (_, i) => -1 + (2 * i) / (N - 1));
const y = x.map((each, i) => Math.sin(3 * each) + 0.1 * Math.cos(17 * i));

/** 1-50-1 with tanh between, standard normal weights, and noise of 0.1. */
function regression(): () => void {
  const net = sequential({
    layers: [layers.dense({ units: HIDDEN, activation: 'tanh', inputShape: [1] }), layers.dense({ units: 1 })],
  });
  const bayesian = new BayesianNet(net, iid(dist.normal(0, 1)));
  return () => {
    const mean = bayesian.forward(tf.tensor2d(x, [N, 1]), { training: false });
    sample('y', dist.normal(tf.reshape(mean, [N]), 0.1), { obs: y });
  };
}

/** The same in plain numbers, with the weights in the order of the sites. */
function logJoint(q: ArrayLike<number>): number {
  const at = (i: number): number => q[i]!;
  let sum = 0;
  const normal = (value: number, loc: number, scale: number): void => {
    sum -= 0.5 * ((value - loc) / scale) ** 2 + Math.log(scale) + 0.5 * Math.log(2 * Math.PI);
  };
  for (let i = 0; i < q.length; i++) normal(at(i), 0, 1);
  x.forEach((input, n) => {
    let mean = at(3 * HIDDEN);
    for (let h = 0; h < HIDDEN; h++) mean += at(2 * HIDDEN + h) * Math.tanh(input * at(h) + at(HIDDEN + h));
    normal(y[n]!, mean, 0.1);
  });
  return sum;
}

test('the log joint is that of plain numbers, in float64, and its gradient that of differences', () => {
  const before = tf.memory().numTensors;
  const model = regression();
  const weights = tf.memory().numTensors - before;
  const density = infer.logDensity(model, [], { engine: 'compiled' });
  expect(density.dimension).toBe(3 * HIDDEN + 1);
  expect(density.siteNames).toHaveLength(4);
  const q = Float64Array.from({ length: density.dimension }, (_, i) => 0.5 * Math.sin(5 * i + 1));
  const gradient = new Float64Array(density.dimension);
  const value = density.evaluate(q, gradient);
  // The inputs come as float32 tensors, read as the decimals that were meant: nine digits.
  expect(Math.abs(value / logJoint(q) - 1)).toBeLessThan(1e-7);
  const shifted = (i: number, by: number): number => logJoint(q.with(i, q[i]! + by));
  const scale = Math.max(...gradient.map(Math.abs));
  for (const i of [0, 17, 50, 77, 100, 133, 150]) {
    const difference = (shifted(i, 1e-5) - shifted(i, -1e-5)) / 2e-5;
    expect(Math.abs(gradient[i]! - difference)).toBeLessThan(1e-6 * scale);
  }
  expect(tf.memory().numTensors - before).toBe(weights);
});

test('NUTS on it fits', async () => {
  const mcmc = new infer.MCMC(new infer.NUTS(regression(), { engine: 'compiled', maxTreeDepth: 6 }), {
    numSamples: 50,
    numWarmup: 100,
    seed: 1,
  });
  await mcmc.run();
  const samples = mcmc.getSamples();
  const [hidden, hiddenBias, output, bias] = Object.values(samples).map(({ data }) => data) as [Float64Array, Float64Array, Float64Array, Float64Array];
  const mean = x.map((input) => {
    let sum = 0;
    for (let draw = 0; draw < 50; draw++) {
      sum += bias[draw]!;
      for (let h = 0; h < HIDDEN; h++) {
        const k = draw * HIDDEN + h;
        sum += output[k]! * Math.tanh(input * hidden[k]! + hiddenBias[k]!);
      }
    }
    return sum / 50;
  });
  // Ripples of 0.1 and an uncertainty of about 0.1 √(parameters in effect / N), say 0.04.
  const rootMeanSquare = Math.sqrt(mean.reduce((sum, m, i) => sum + (m - Math.sin(3 * x[i]!)) ** 2, 0) / N);
  expect(rootMeanSquare).toBeLessThan(0.1);
});
