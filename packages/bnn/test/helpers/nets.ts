/** @file Random networks, and what tests ask of networks. */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import { initializers, layers, sequential } from '@tensorflow/tfjs-layers';
import type { LayerVariable, LayersModel, Sequential } from '@tensorflow/tfjs-layers';
import fc from 'fast-check';
import { linear } from '../../src/lift/operations/linear.ts';
import type { LiftedNet, NetOutput } from '../../src/lift/net.ts';

type Layer = ReturnType<typeof layers.dense>;
type Activation = 'linear' | 'relu' | 'elu' | 'tanh' | 'softplus';

/** How to make one layer of a stack; the input's shape is given for the first. */
interface LayerRecipe {
  readonly text: string;
  make(inputShape?: number[]): unknown;
}

export interface NetRecipe {
  readonly inputShape: number[];
  readonly text: string;
  /** How many words the input is made of; undefined if it is made of numbers. */
  readonly words?: number;
  make(): Sequential;
}

const activation = fc.constantFrom<Activation>('linear', 'relu', 'elu', 'tanh', 'softplus');

const dense: fc.Arbitrary<LayerRecipe> = fc
  .record({ units: fc.integer({ min: 1, max: 4 }), activation, useBias: fc.boolean() })
  .map((args) => ({
    text: `dense ${JSON.stringify(args)}`,
    make: (inputShape) => layers.dense({ ...args, ...(inputShape && { inputShape }) }),
  }));

/** tfjs refuses strides together with dilation. */
const convolutionArgs = fc
  .record({
    filters: fc.integer({ min: 1, max: 3 }),
    kernelSize: fc.integer({ min: 1, max: 2 }),
    strides: fc.integer({ min: 1, max: 2 }),
    dilationRate: fc.integer({ min: 1, max: 2 }),
    padding: fc.constantFrom('same' as const, 'valid' as const),
    dataFormat: fc.constantFrom('channelsLast' as const, 'channelsFirst' as const),
    activation,
    useBias: fc.boolean(),
  })
  .map((args) => (args.strides > 1 ? { ...args, dilationRate: 1 } : args));

// Channels first would give an output of another shape than tfjs declares.
const conv1d: fc.Arbitrary<LayerRecipe> = convolutionArgs.map((args) => ({
  text: `conv1d ${JSON.stringify(args)}`,
  make: (inputShape) => layers.conv1d({ ...args, dataFormat: 'channelsLast', ...(inputShape && { inputShape }) }),
}));

const conv2d: fc.Arbitrary<LayerRecipe> = convolutionArgs.map((args) => ({
  text: `conv2d ${JSON.stringify(args)}`,
  make: (inputShape) => layers.conv2d({ ...args, ...(inputShape && { inputShape }) }),
}));

const conv3d: fc.Arbitrary<LayerRecipe> = convolutionArgs.map((args) => ({
  text: `conv3d ${JSON.stringify(args)}`,
  make: (inputShape) => layers.conv3d({ ...args, dilationRate: 1, ...(inputShape && { inputShape }) }),
}));

/** A recipe for a layer by what makes it, less the input's shape. */
const recipe = (text: string, make: (options: { inputShape?: number[] }) => unknown): LayerRecipe => ({
  text,
  make: (inputShape) => make(inputShape === undefined ? {} : { inputShape }),
});

const plain: fc.Arbitrary<LayerRecipe> = fc.constantFrom(
  recipe('gaussianNoise', (options) => layers.gaussianNoise({ stddev: 0.5, ...options })),
  recipe('gaussianDropout', (options) => layers.gaussianDropout({ rate: 0.3, ...options })),
  recipe('alphaDropout', (options) => layers.alphaDropout({ rate: 0.3, ...options })),
  recipe('custom, by tf.matMul', (options) => new Mixing(options)),
  recipe('custom, by linear', (options) => new Mixing({ ...options, isEffectful: true })),
  { text: 'batchNormalization', make: (inputShape?: number[]) => layers.batchNormalization({ ...(inputShape && { inputShape }) }) },
  { text: 'layerNormalization', make: (inputShape?: number[]) => layers.layerNormalization({ ...(inputShape && { inputShape }) }) },
  { text: 'prelu', make: (inputShape?: number[]) => layers.prelu({ ...(inputShape && { inputShape }) }) },
  { text: 'dropout', make: (inputShape?: number[]) => layers.dropout({ rate: 0.5, ...(inputShape && { inputShape }) }) },
);

const depthwise: LayerRecipe = {
  text: 'depthwiseConv2d',
  make: (inputShape) => layers.depthwiseConv2d({ kernelSize: 2, depthMultiplier: 2, padding: 'same', ...(inputShape && { inputShape }) }),
};

const transposed: fc.Arbitrary<LayerRecipe> = fc.constantFrom(
  recipe('conv2dTranspose', (options) => layers.conv2dTranspose({ filters: 2, kernelSize: 3, strides: 2, padding: 'same', activation: 'tanh', ...options })),
  recipe('conv2dTranspose, channels first', (options) => layers.conv2dTranspose({ filters: 9, kernelSize: 2, dataFormat: 'channelsFirst', ...options })),
);

const transposed3d: fc.Arbitrary<LayerRecipe> = fc.constantFrom(
  recipe('conv3dTranspose', (options) => layers.conv3dTranspose({ filters: 2, kernelSize: 2, strides: 2, activation: 'elu', ...options })),
  recipe('conv3dTranspose, channels first', (options) => layers.conv3dTranspose({ filters: 5, kernelSize: 2, padding: 'same', useBias: false, dataFormat: 'channelsFirst', ...options })),
);

const separable: LayerRecipe = {
  text: 'separableConv2d',
  make: (inputShape) => layers.separableConv2d({ filters: 2, kernelSize: 2, padding: 'same', ...(inputShape && { inputShape }) }),
};

/** The default, orthogonal, needs tfjs's chained methods. */
const recurrentInitializer = 'glorotNormal';

const recurrent: fc.Arbitrary<LayerRecipe> = fc.constantFrom(
  { text: 'lstm', make: (inputShape?: number[]) => layers.lstm({ units: 2, returnSequences: true, recurrentInitializer, ...(inputShape && { inputShape }) }) },
  { text: 'gru', make: (inputShape?: number[]) => layers.gru({ units: 2, returnSequences: true, recurrentInitializer, ...(inputShape && { inputShape }) }) },
  {
    text: 'bidirectional',
    make: (inputShape?: number[]) =>
      layers.bidirectional({
        layer: layers.simpleRNN({ units: 2, returnSequences: true, recurrentInitializer }) as never,
        mergeMode: 'concat',
        ...(inputShape && { inputShape }),
      }),
  },
  recipe('lstm that drops', (options) => layers.lstm({ units: 2, dropout: 0.5, recurrentDropout: 0.3, returnSequences: true, recurrentInitializer, ...options })),
  recipe('gru that drops', (options) => layers.gru({ units: 2, dropout: 0.5, useBias: false, returnSequences: true, recurrentInitializer, ...options })),
  recipe('simpleRNN', (options) => layers.simpleRNN({ units: 3, recurrentDropout: 0.3, returnSequences: true, goBackwards: true, recurrentInitializer, ...options })),
  recipe('spatialDropout1d', (options) => layers.spatialDropout1d({ rate: 0.5, ...options } as never)),
  {
    text: 'timeDistributed(dense)',
    make: (inputShape?: number[]) => layers.timeDistributed({ layer: layers.dense({ units: 2 }), ...(inputShape && { inputShape }) }),
  },
  {
    text: 'rnn(stacked cells)',
    make: (inputShape?: number[]) =>
      layers.rnn({
        cell: [layers.gruCell({ units: 2, recurrentInitializer }), layers.simpleRNNCell({ units: 3, recurrentInitializer })],
        returnSequences: true,
        ...(inputShape && { inputShape }),
      }),
  },
);

const flatten: LayerRecipe = { text: 'flatten', make: () => layers.flatten() };

function stack(inputShape: number[], body: fc.Arbitrary<LayerRecipe>, flat: boolean): fc.Arbitrary<NetRecipe> {
  return fc.tuple(fc.array(body, { minLength: 1, maxLength: 3 }), fc.array(dense, { minLength: flat ? 1 : 0, maxLength: 2 })).map(
    ([front, back]) => {
      const recipes = [...front, ...(flat ? [flatten] : []), ...back];
      return {
        inputShape,
        text: `[${inputShape.join(', ')}]: ${recipes.map(({ text }) => text).join(' | ')}`,
        make: () => {
          const net = sequential();
          recipes.forEach((recipe, i) => net.add(recipe.make(i === 0 ? inputShape : undefined) as Layer));
          scramble(net);
          return net;
        },
      };
    },
  );
}

/** A custom layer: a matrix product over the last dimension, and a shift. */
export class Mixing extends layers.Layer {
  static className = 'Mixing';
  private readonly isEffectful: boolean;
  private kernel!: LayerVariable;
  private shift!: LayerVariable;

  constructor({ isEffectful = false, ...options }: { inputShape?: number[]; isEffectful?: boolean } = {}) {
    super(options);
    this.isEffectful = isEffectful;
  }

  override build(shape: number[]): void {
    const channels = shape.at(-1)!;
    this.kernel = this.addWeight('kernel', [channels, channels], 'float32', initializers.ones());
    this.shift = this.addWeight('shift', [channels], 'float32', initializers.zeros());
    this.built = true;
  }

  override call(inputs: Tensor | Tensor[]): Tensor {
    const x = Array.isArray(inputs) ? inputs[0]! : inputs;
    if (this.isEffectful) return linear(x, this.kernel.read(), this.shift.read(), { name: 'mixing' });
    const rows = tf.matMul(tf.reshape(x, [-1, x.shape.at(-1)!]), this.kernel.read() as tf.Tensor2D);
    return tf.add(tf.reshape(rows, x.shape), this.shift.read());
  }
}

/** Words in place of numbers. */
const sentences: fc.Arbitrary<NetRecipe> = fc.record({ maskZero: fc.boolean(), back: fc.constantFrom('lstm', 'gru', 'flatten') }).map(({ maskZero, back }) => ({
  inputShape: [4],
  text: `embedding ${maskZero ? 'that masks ' : ''}| ${back} | dense`,
  words: 5,
  make: () => {
    const behind = { lstm: () => layers.lstm({ units: 2, recurrentInitializer }), gru: () => layers.gru({ units: 2, recurrentInitializer }), flatten: () => layers.flatten() };
    const net = sequential({
      layers: [layers.embedding({ inputDim: 5, outputDim: 3, inputLength: 4, maskZero: maskZero && back !== 'flatten' }), behind[back as keyof typeof behind](), layers.dense({ units: 2 })],
    });
    scramble(net);
    return net;
  },
}));

/** An input for a net: numbers, or words. */
export const inputOf = ({ inputShape, words }: NetRecipe): Tensor =>
  tf.tidy(() => (words === undefined ? wavy([2, ...inputShape]) : tf.floor(tf.mul(words, tf.abs(wavy([2, ...inputShape]))))));

/** Stacks of all kinds of layers, with random weights. */
export const netRecipes: fc.Arbitrary<NetRecipe> = fc.oneof(
  stack([3], fc.oneof(dense, plain), false),
  stack([3, 2], fc.oneof(dense, plain, recurrent), true),
  stack([9, 9], fc.oneof(conv1d, plain, dense), true),
  sentences,
  stack([9, 9, 9], fc.oneof(conv2d, plain, fc.constantFrom(depthwise, separable), transposed, dense), true),
  stack([5, 5, 5, 5], fc.oneof(conv3d, transposed3d, dense), true),
).filter((recipe) => {
  // Convolutions may eat up all of a dimension, and tfjs multiplies empty matrices wrongly; noise alone is no net.
  const net = recipe.make();
  const isEmpty = net.trainableWeights.length === 0 || net.layers.some(({ outputShape }) => outputShape.some((size) => size !== null && (size as number) < 1));
  net.dispose();
  return !isEmpty;
});

/** Numbers in (-1, 1) that look random: the digits of sines behind the fourth. */
export function numbers(count: number, start = 0): Float32Array {
  const fraction = (x: number): number => x - Math.floor(x);
  return Float32Array.from({ length: count }, (_, i) => 2 * fraction(Math.sin(12.9898 * (i + start) + 0.7) * 43758.5453) - 1);
}

export function wavy(shape: readonly number[], start = 0): Tensor {
  return tf.tensor(numbers(shape.reduce((a, b) => a * b, 1), start), [...shape]);
}

/** Gives every weight of the net its own value; variances stay positive. */
export function scramble(net: LayersModel, start = 0): void {
  tf.tidy(() => {
    const values = net.weights.map((weight, i) => {
      const value = wavy(weight.shape.map((size) => size ?? 1), start + 31 * i);
      return weight.originalName.endsWith('variance') ? tf.exp(value) : tf.mul(value, 0.5);
    });
    net.setWeights(values);
  });
}

/** The net's own weights, as values for {@link LiftedNet.forward}. */
export function ownValues(lifted: LiftedNet): Map<string, Tensor> {
  return new Map(lifted.parameters.map((parameter) => [parameter.name, parameter.value()]));
}

export function single(output: NetOutput): Tensor {
  if (Array.isArray(output)) throw new Error('expected one output');
  return output;
}

/** Everything that the net holds, as numbers. */
export function snapshot(net: LayersModel): number[][] {
  return net.weights.map((weight) => [...weight.read().dataSync()]);
}
