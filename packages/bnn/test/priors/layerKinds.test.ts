import * as tf from '@tensorflow/tfjs-core';
import { layers, sequential } from '@tensorflow/tfjs-layers';
import type { Sequential } from '@tensorflow/tfjs-layers';
import { dist, ready } from '@tychejs/ppl';
import { lift } from '../../src/lift/lift.ts';
import * as priors from '../../src/priors/index.ts';

beforeAll(async () => {
  await ready({ backend: 'cpu' });
});

/** The default, orthogonal, needs tfjs's chained methods. */
const recurrentInitializer = 'glorotNormal';

/** The standard deviations that a prior gives the weights of a net. */
function deviations(net: Sequential, prior: priors.Prior): Record<string, number> {
  const entries = [...prior.apply(lift(net).parameters)].map(([name, { variance }]) => [name, Math.sqrt(variance.dataSync()[0]!)] as const);
  return Object.fromEntries(entries);
}

/** Each kind of layer in a net, the name of a weight, and how many inputs and outputs the weight connects. */
const kinds: [name: string, net: () => Sequential, fanIn: number, fanOut: number][] = [
  ['dense1.kernel', () => sequential({ layers: [layers.dense({ units: 7, inputShape: [5] })] }), 5, 7],
  ['conv1d1.kernel', () => sequential({ layers: [layers.conv1d({ filters: 7, kernelSize: 3, inputShape: [9, 5] })] }), 15, 21],
  ['conv2d1.kernel', () => sequential({ layers: [layers.conv2d({ filters: 7, kernelSize: [3, 2], inputShape: [9, 9, 5] })] }), 30, 42],
  ['conv3d1.kernel', () => sequential({ layers: [layers.conv3d({ filters: 7, kernelSize: [3, 2, 2], inputShape: [9, 9, 9, 5] })] }), 60, 84],
  ['conv2dTranspose1.kernel', () => sequential({ layers: [layers.conv2dTranspose({ filters: 7, kernelSize: 2, inputShape: [9, 9, 5] })] }), 20, 28],
  ['conv3dTranspose1.kernel', () => sequential({ layers: [layers.conv3dTranspose({ filters: 7, kernelSize: 2, inputShape: [9, 9, 9, 5] })] }), 40, 56],
  ['depthwiseConv2d1.depthwiseKernel', () => sequential({ layers: [layers.depthwiseConv2d({ kernelSize: 3, depthMultiplier: 2, inputShape: [9, 9, 5] })] }), 9, 18],
  ['separableConv2d1.depthwiseKernel', () => sequential({ layers: [layers.separableConv2d({ filters: 7, kernelSize: 3, depthMultiplier: 2, inputShape: [9, 9, 5] })] }), 9, 18],
  ['separableConv2d1.pointwiseKernel', () => sequential({ layers: [layers.separableConv2d({ filters: 7, kernelSize: 3, depthMultiplier: 2, inputShape: [9, 9, 5] })] }), 10, 7],
  ['embedding1.embeddings', () => sequential({ layers: [layers.embedding({ inputDim: 11, outputDim: 4, inputLength: 3 })] }), 1, 4],
  ['lstm1.kernel', () => sequential({ layers: [layers.lstm({ units: 3, inputShape: [6, 5], recurrentInitializer })] }), 5, 12],
  ['lstm1.recurrentKernel', () => sequential({ layers: [layers.lstm({ units: 3, inputShape: [6, 5], recurrentInitializer })] }), 3, 12],
  ['gru1.kernel', () => sequential({ layers: [layers.gru({ units: 3, inputShape: [6, 5], recurrentInitializer })] }), 5, 9],
  ['gru1.recurrentKernel', () => sequential({ layers: [layers.gru({ units: 3, inputShape: [6, 5], recurrentInitializer })] }), 3, 9],
  ['dense1.bias', () => sequential({ layers: [layers.dense({ units: 7, inputShape: [5] })] }), 1, 7],
  ['layerNormalization1.gamma', () => sequential({ layers: [layers.layerNormalization({ axis: [1, 2], inputShape: [4, 5] })] }), 1, 20],
  ['layerNormalization1.beta', () => sequential({ layers: [layers.layerNormalization({ axis: [1, 2], inputShape: [4, 5] })] }), 1, 20],
  ['pReLu1.alpha', () => sequential({ layers: [layers.prelu({ inputShape: [4, 5] })] }), 1, 20],
];

test.each(kinds)('layerwiseNormal: %s', (name, make, fanIn, fanOut) => {
  const net = make();
  expect(deviations(net, priors.layerwiseNormal({ method: 'radford' }))[name]).toBeCloseTo(fanIn ** -0.5, 6);
  expect(deviations(net, priors.layerwiseNormal({ method: 'kaiming' }))[name]).toBeCloseTo(Math.sqrt(2 / fanIn), 6);
  const xavier = priors.layerwiseNormal({ method: 'xavier', nonlinearity: 'linear' });
  expect(deviations(net, xavier)[name]).toBeCloseTo(Math.sqrt(2 / (fanIn + fanOut)), 6);
  net.dispose();
});

describe('the fan-in is what keeps the size of signals', () => {
  // By weights of variance 1 / fan-in, inputs of one become outputs of variance one wherever no padding is in reach.
  const signals: [string, () => Sequential, number[], (y: tf.Tensor) => tf.Tensor][] = [
    ['conv1d', () => sequential({ layers: [layers.conv1d({ filters: 8, kernelSize: 3, useBias: false, inputShape: [3, 5] })] }), [1, 3, 5], (y) => y],
    ['conv2dTranspose', () => sequential({ layers: [layers.conv2dTranspose({ filters: 8, kernelSize: 3, useBias: false, inputShape: [5, 5, 4] })] }), [1, 5, 5, 4], (y) => tf.slice(y, [0, 3, 3, 0], [1, 1, 1, 8])],
    ['depthwiseConv2d', () => sequential({ layers: [layers.depthwiseConv2d({ kernelSize: 3, depthMultiplier: 2, useBias: false, inputShape: [3, 3, 4] })] }), [1, 3, 3, 4], (y) => y],
  ];
  test.each(signals)('%s', (_, make, shape, inner) => {
    const net = make();
    const lifted = lift(net);
    const [name, distribution] = [...priors.layerwiseNormal({ method: 'radford' }).apply(lifted.parameters)][0]!;
    const square = tf.tidy(() => {
      const outputs = Array.from({ length: 200 }, () => {
        const y = lifted.forward(tf.ones(shape), new Map([[name, distribution.sample()]]), { training: false }) as tf.Tensor;
        return inner(y);
      });
      return tf.mean(tf.square(tf.stack(outputs))).dataSync()[0]! as never;
    }) as unknown as number;
    // 1,600 squares of standard normals: standard error sqrt(2 / 1600) = 0.035.
    expect(Math.abs(square - 1)).toBeLessThan(4.5 * 0.0354);
    net.dispose();
  });
});

describe('gains', () => {
  let net: Sequential;
  beforeAll(() => {
    net = sequential({
      layers: [layers.dense({ units: 4, inputShape: [4], useBias: false }), layers.dense({ units: 4, name: 'head', useBias: false })],
    });
  });

  // torch.nn.init.calculate_gain, as its documentation tabulates it.
  test.each([
    ['linear', 1], ['sigmoid', 1], ['tanh', 5 / 3], ['relu', Math.SQRT2], ['leakyRelu', Math.sqrt(2 / (1 + 0.01 ** 2))], ['selu', 0.75],
  ] as const)('%s: as in PyTorch', (nonlinearity, gain) => {
    expect(deviations(net, priors.layerwiseNormal({ method: 'kaiming', nonlinearity }))['dense1.kernel']).toBeCloseTo(gain / 2, 6);
  });

  test('leakyRelu with a slope of its own', () => {
    const prior = priors.layerwiseNormal({ method: 'kaiming', nonlinearity: 'leakyRelu', negativeSlope: 0.3 });
    expect(deviations(net, prior)['head.kernel']).toBeCloseTo(Math.sqrt(2 / 1.09) / 2, 6);
  });

  test('by layer, linear for those that are not named', () => {
    const found = deviations(net, priors.layerwiseNormal({ method: 'kaiming', nonlinearity: { dense1: 'relu' } }));
    expect(found['dense1.kernel']).toBeCloseTo(Math.SQRT2 / 2, 6);
    expect(found['head.kernel']).toBeCloseTo(0.5, 6);
  });

  test('of layers that are not there, or not known, are refused', () => {
    const of = (nonlinearity: Record<string, string>) => priors.layerwiseNormal({ method: 'kaiming', nonlinearity: nonlinearity as never });
    expect(() => deviations(net, of({ dense9: 'relu' }))).toThrow(/nonlinearity is given for "dense9", but layers with weights are dense1, head/);
    expect(() => of({ head: 'swish' })).toThrow(/unknown nonlinearity "swish"/);
    expect(() => priors.layerwiseNormal({ method: 'kaiming', negativeSlope: NaN })).toThrow(/negativeSlope must be a finite number/);
  });
});

test('a mixture as prior of every element', () => {
  const [weights, scales] = [[0.25, 0.75], [1, 0.1]];
  const mixture = dist.mixtureSameFamily(dist.categorical({ probs: weights }), dist.normal([0, 0], scales));
  const net = sequential({ layers: [layers.dense({ units: 2, inputShape: [3] })] });
  const prior = priors.iid(mixture).apply(lift(net).parameters).get('dense1.kernel')!;
  expect(prior.eventShape).toEqual([3, 2]);
  tf.tidy(() => {
    const w = [0.3, -0.1, 0, 1.5, -0.7, 0.2];
    const density = (x: number, s: number) => Math.exp(-0.5 * (x / s) ** 2) / (s * Math.sqrt(2 * Math.PI));
    const expected = w.reduce((sum, x) => sum + Math.log(weights[0]! * density(x, scales[0]!) + weights[1]! * density(x, scales[1]!)), 0);
    expect(prior.logProb(tf.tensor(w, [3, 2])).dataSync()[0]).toBeCloseTo(expected, 4);
  });
  net.dispose();
});
