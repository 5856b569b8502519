/** @file Every kind of layer of tfjs-layers, compiled with its gradients in both precisions, against eager tfjs. */
import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import type { Argument } from '../helpers/agree.ts';
import { expectAgreement, expectTrueGradient, floats } from '../helpers/agree.ts';
import { integers } from '../helpers/numbers.ts';
import { useCpu } from '../helpers/tfjs.ts';

beforeAll(async () => {
  await useCpu();
  // Truth values have no gradient; tfjs stops at those that it knows none of. `@tychejs/ppl` registers the same.
  for (const kernelName of [tf.Greater, tf.NotEqual, tf.Any]) {
    tf.registerGradient({
      kernelName,
      inputsToSave: kernelName === tf.Any ? ['x'] : ['a', 'b'],
      gradFunc: (_, saved) => {
        const names = kernelName === tf.Any ? ['x'] : ['a', 'b'];
        return Object.fromEntries(names.map((name, i) => [name, () => tf.zeros(saved[i]!.shape)]));
      },
    });
  }
});

const { layers: l } = tfl;

type Layer = InstanceType<typeof l.Layer>;
type Symbolic = tfl.SymbolicTensor;

/** A network that goes from its inputs to one output. */
interface Network {
  readonly inputs: readonly number[][];
  readonly build: (...inputs: Symbolic[]) => Symbolic;
  readonly training?: boolean;
  /** Whole numbers below this in place of floats. */
  readonly categories?: number;
  /** tfjs's own gradient is wrong there: differences take its place. */
  readonly gradientIsWrong?: boolean;
  /** False where tfjs has no gradient. */
  readonly hasGradient?: boolean;
}

/** Layers one after another. */
function chain(shape: number[], ...parts: Layer[]): Network {
  return { inputs: [shape], build: (x) => parts.reduce((value, layer) => layer.apply(value) as Symbolic, x) };
}

/** A layer of several inputs. */
function merge(shapes: number[][], layer: Layer): Network {
  return { inputs: shapes, build: (...inputs) => layer.apply(inputs) as Symbolic };
}

const BATCH = 3;

/** A mean of squares and a cross-entropy, which all outputs enter with factors of their own. */
function loss(output: tf.Tensor): tf.Tensor {
  const target = tf.tensor(floats(output.shape, -1, 1, 71).values as number[], output.shape);
  const logits = tf.reshape(output, [BATCH, -1]);
  const classes = logits.shape[1]!;
  const labels = tf.oneHot(integers(BATCH, classes, 5), classes);
  return tf.add(tf.mean(tf.square(tf.sub(output, target))), tf.losses.softmaxCrossEntropy(labels, logits));
}

/** The network as a function of its weights, then of its inputs. */
function functionOf(network: Network): { fn: (...args: tf.Tensor[]) => tf.Tensor; args: Argument[]; model: tfl.LayersModel } {
  const inputs = network.inputs.map((shape) => tfl.input({ shape }));
  const model = tfl.model({ inputs, outputs: network.build(...inputs) });
  const trainable = model.trainableWeights;
  for (const weight of model.weights) if (!trainable.includes(weight)) weight.write = () => weight;
  const weights = trainable.map(({ shape }, i) => floats(shape as number[], -0.7, 0.7, i + 1));
  const x = network.inputs.map((shape, i): Argument => {
    const own = [BATCH, ...shape];
    if (network.categories === undefined) return floats(own, -1.5, 1.5, 40 + i);
    return { shape: own, values: integers(own.reduce((a, b) => a * b), network.categories, 6), dtype: 'int32' };
  });
  const fn = (...args: tf.Tensor[]): tf.Tensor => {
    trainable.forEach((weight, i) => (weight.read = () => args[i]!));
    const values = args.slice(weights.length);
    return model.apply(values.length === 1 ? values[0]! : values, { training: network.training ?? false }) as tf.Tensor;
  };
  return { fn, args: [...weights, ...x], model };
}

function check(network: Network): void {
  const { fn, args, model } = functionOf(network);
  const lossOf = (...values: tf.Tensor[]): tf.Tensor => loss(fn(...values));
  if (network.hasGradient === false || network.gradientIsWrong === true) {
    expectAgreement(lossOf, args);
    if (network.gradientIsWrong === true) expectTrueGradient(lossOf, args);
  } else {
    const { gradients } = expectAgreement(lossOf, args, { grad: true });
    expect(gradients.filter((id) => id !== null)).toHaveLength(args.filter(({ dtype = 'float32' }) => dtype === 'float32').length);
  }
  model.dispose();
}

const ACTIVATIONS = ['elu', 'hardSigmoid', 'linear', 'relu', 'relu6', 'selu', 'sigmoid', 'softmax', 'softplus', 'softsign', 'tanh', 'swish', 'mish', 'gelu', 'gelu_new'] as const;

test.each(ACTIVATIONS)('dense, %s', (activation) => {
  check(chain([5], l.dense({ units: 7, activation }), l.dense({ units: 4 })));
});

const glorot = { recurrentInitializer: 'glorotUniform' } as const;
const image = [7, 6, 3];

const NETWORKS: Readonly<Record<string, () => Network>> = {
  'dense over a sequence, without bias': () => chain([4, 3], l.dense({ units: 2, useBias: false })),
  conv1d: () => chain([9, 2], l.conv1d({ filters: 3, kernelSize: 3, strides: 2, activation: 'relu' })),
  'conv1d, dilated': () => ({ ...chain([9, 2], l.conv1d({ filters: 3, kernelSize: 2, dilationRate: 2 })), hasGradient: false }),
  'conv2d, same': () => chain(image, l.conv2d({ filters: 4, kernelSize: 3, padding: 'same', activation: 'relu' })),
  'conv2d, strides': () => chain(image, l.conv2d({ filters: 5, kernelSize: [3, 2], strides: [2, 1], activation: 'tanh' })),
  'conv2d, 1 by 1': () => chain(image, l.conv2d({ filters: 5, kernelSize: 1 })),
  'conv2d, channels first': () => chain([3, 6, 5], l.conv2d({ filters: 2, kernelSize: 2, dataFormat: 'channelsFirst' })),
  'conv2d, fused with its activation': () => chain(image, l.conv2d({ filters: 4, kernelSize: 2, activation: 'elu' }), l.flatten(), l.dense({ units: 3 })),
  conv3d: () => chain([4, 5, 4, 2], l.conv3d({ filters: 3, kernelSize: 2, activation: 'sigmoid' })),
  conv2dTranspose: () => chain([4, 3, 2], l.conv2dTranspose({ filters: 3, kernelSize: 3, strides: 2, padding: 'same' })),
  separableConv2d: () => chain(image, l.separableConv2d({ filters: 4, kernelSize: 3, depthMultiplier: 2, activation: 'relu' })),
  depthwiseConv2d: () => chain(image, l.depthwiseConv2d({ kernelSize: 3, depthMultiplier: 2, padding: 'same' })),
  embedding: () => ({ ...chain([4], l.embedding({ inputDim: 6, outputDim: 3 }), l.flatten()), categories: 6 }),
  'embedding with masked recurrence': () => ({
    ...chain([4], l.embedding({ inputDim: 6, outputDim: 3, maskZero: true }), l.lstm({ units: 2, ...glorot })),
    categories: 6,
  }),
  simpleRNN: () => chain([4, 3], l.simpleRNN({ units: 3, ...glorot })),
  lstm: () => chain([4, 3], l.lstm({ units: 3, returnSequences: true, ...glorot })),
  gru: () => chain([4, 3], l.gru({ units: 3, ...glorot })),
  'recurrence backwards': () => chain([4, 3], l.gru({ units: 2, goBackwards: true, activation: 'relu', ...glorot })),
  'bidirectional, concatenated': () => chain([4, 3], l.bidirectional({ layer: l.lstm({ units: 2, ...glorot }), mergeMode: 'concat' })),
  'bidirectional, summed': () => chain([4, 3], l.bidirectional({ layer: l.simpleRNN({ units: 2, returnSequences: true, ...glorot }), mergeMode: 'sum' })),
  timeDistributed: () => chain([4, 3], l.timeDistributed({ layer: l.dense({ units: 2, activation: 'tanh' }) })),
  stackedRNNCells: () => chain([3, 2], l.rnn({ cell: [l.gruCell({ units: 2, ...glorot }), l.lstmCell({ units: 3, ...glorot })] as never })),
  convLstm2d: () => chain([3, 4, 4, 2], l.convLstm2d({ filters: 2, kernelSize: 2, padding: 'same', ...glorot })),
  'batchNormalization, as in prediction': () => chain(image, l.batchNormalization()),
  'batchNormalization, as in training': () => ({ ...chain(image, l.conv2d({ filters: 3, kernelSize: 2 }), l.batchNormalization(), l.activation({ activation: 'relu' })), training: true }),
  'batchNormalization of vectors, as in training': () => ({ ...chain([5], l.batchNormalization()), training: true }),
  layerNormalization: () => chain([4, 5], l.layerNormalization()),
  maxPooling1d: () => chain([8, 3], l.maxPooling1d({ poolSize: 3, strides: 2 })),
  averagePooling1d: () => chain([8, 3], l.averagePooling1d({ poolSize: 2 })),
  maxPooling2d: () => chain(image, l.maxPooling2d({ poolSize: 2 })),
  'maxPooling2d, overlapping': () => chain(image, l.maxPooling2d({ poolSize: 3, strides: 1, padding: 'same' })),
  averagePooling2d: () => chain(image, l.averagePooling2d({ poolSize: 2, strides: 1 })),
  // tfjs divides the gradient by the window's size where the mean was over less.
  'averagePooling2d, padded': () => ({ ...chain(image, l.averagePooling2d({ poolSize: 2, strides: 1, padding: 'same' })), gradientIsWrong: true }),
  maxPooling3d: () => chain([4, 5, 4, 2], l.maxPooling3d({ poolSize: 2 })),
  averagePooling3d: () => chain([4, 5, 4, 2], l.averagePooling3d({ poolSize: 2 })),
  globalMaxPooling1d: () => chain([5, 3], l.globalMaxPooling1d()),
  globalAveragePooling1d: () => chain([5, 3], l.globalAveragePooling1d()),
  globalMaxPooling2d: () => chain(image, l.globalMaxPooling2d({})),
  globalAveragePooling2d: () => chain(image, l.globalAveragePooling2d({})),
  // On the cpu backend, gradients of resizing are wrong unless images are square.
  'upSampling2d, nearest': () => ({ ...chain([3, 4, 2], l.upSampling2d({ size: [2, 3] })), gradientIsWrong: true }),
  'upSampling2d, bilinear': () => ({ ...chain([3, 4, 2], l.upSampling2d({ size: [2, 2], interpolation: 'bilinear' })), gradientIsWrong: true }),
  zeroPadding2d: () => chain(image, l.zeroPadding2d({ padding: [[1, 0], [2, 1]] })),
  cropping2d: () => chain(image, l.cropping2D({ cropping: [[1, 2], [0, 1]] })),
  flatten: () => chain(image, l.flatten(), l.dense({ units: 2 })),
  reshape: () => chain(image, l.reshape({ targetShape: [6, 21] })),
  permute: () => chain(image, l.permute({ dims: [3, 1, 2] }), l.dense({ units: 2 })),
  repeatVector: () => chain([4], l.repeatVector({ n: 3 })),
  add: () => merge([[4, 3], [4, 3], [4, 3]], l.add()),
  multiply: () => merge([[4, 3], [4, 3]], l.multiply()),
  average: () => merge([[4, 3], [4, 3]], l.average()),
  maximum: () => merge([[4, 3], [4, 3]], l.maximum()),
  minimum: () => merge([[4, 3], [4, 3]], l.minimum()),
  concatenate: () => merge([[4, 3], [4, 2]], l.concatenate()),
  'concatenate along rows': () => merge([[4, 3], [2, 3]], l.concatenate({ axis: 1 })),
  dot: () => merge([[4, 3], [5, 3]], l.dot({ axes: 2 })),
  'dot, normalised': () => merge([[2, 6], [3, 6]], l.dot({ axes: 2, normalize: true })),
  leakyReLU: () => chain([5], l.dense({ units: 4 }), l.leakyReLU({ alpha: 0.2 })),
  prelu: () => chain([5], l.prelu({})),
  elu: () => chain([5], l.elu()),
  reLU: () => chain([5], l.reLU({ maxValue: 1 })),
  thresholdedReLU: () => chain([5], l.thresholdedReLU({ theta: 0.3 })),
  softmax: () => chain([5], l.softmax()),
  dropout: () => chain([5], l.dropout({ rate: 0.5 }), l.dense({ units: 2 })),
  'spatial and Gaussian dropout': () => chain([5, 2], l.gaussianNoise({ stddev: 1 }), l.gaussianDropout({ rate: 0.5 }), l.alphaDropout({ rate: 0.2 })),
  masking: () => chain([4, 3], l.masking({ maskValue: 0 }), l.gru({ units: 2, ...glorot })),
};

test.each(Object.keys(NETWORKS))('%s', (name) => check(NETWORKS[name]!()));
