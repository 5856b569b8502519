/** @file Layers inside of layers: nested models, one at two places, and custom layers that are made of layers. */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import { input, layers, model, sequential } from '@tensorflow/tfjs-layers';
import type { LayerVariable, LayersModel, SymbolicTensor } from '@tensorflow/tfjs-layers';
import { Handler, dist, handlers, ready } from '@tychejs/ppl';
import type { Message } from '@tychejs/ppl';
import { VariationalBNN, guides, handlers as netHandlers, likelihoods, priors } from '../../src/index.ts';
import { lift } from '../../src/lift/lift.ts';
import { ownValues, scramble, single, wavy } from '../helpers/nets.ts';

jest.setTimeout(60_000);

beforeAll(() => ready({ backend: 'cpu' }));

const values = (tensor: Tensor): number[] => [...tensor.dataSync()];

type Layer = InstanceType<typeof layers.Layer>;

/** Two dense layers with a way around them, and dropout: what a custom layer is often made of. */
class Residual extends layers.Layer {
  static className = 'Residual';
  private readonly dense = [layers.dense({ units: 3, activation: 'relu' }), layers.dense({ units: 3 })] as Layer[];
  private readonly dropout = layers.dropout({ rate: 0.5 }) as Layer;

  override build(shape: number[]): void {
    for (const dense of this.dense) {
      dense.build(shape);
      (this as unknown as { _trainableWeights: LayerVariable[] })._trainableWeights.push(...dense.trainableWeights);
    }
    this.built = true;
  }

  override call(inputs: Tensor | Tensor[], kwargs: Record<string, unknown>): Tensor {
    const x = Array.isArray(inputs) ? inputs[0]! : inputs;
    const [first, second] = this.dense as [Layer, Layer];
    const hidden = this.dropout.call(first.apply(x) as Tensor, kwargs);
    return tf.add(x, second.apply(hidden as Tensor) as Tensor);
  }
}

/** The names of operations that run. */
class Witness extends Handler {
  readonly seen: string[] = [];
  override process(message: Message): void {
    if (message.type === 'operation') this.seen.push(message.name);
  }
}

function runWith(net: LayersModel, x: Tensor | Tensor[], options: { training: boolean; seed?: number } = { training: false }) {
  const witness = new Witness();
  const lifted = lift(net);
  const output = tf.tidy(() => values(handlers.seed({ seed: options.seed ?? 1 }).run(() => witness.run(() => single(lifted.forward(x, ownValues(lifted), options))))) as never) as unknown as number[];
  return { output, names: lifted.parameters.map(({ name }) => name), operations: witness.seen };
}

test('a custom layer made of layers: their names, their operations, their randomness', () => {
  const net = sequential({ layers: [new Residual({ inputShape: [3] } as never), layers.dense({ name: 'head', units: 1 })] });
  scramble(net);
  const x = wavy([4, 3]);
  const { output, names, operations } = runWith(net, x);
  expect(output).toEqual(values(net.predict(x) as Tensor));
  expect(names).toEqual(['residual1.dense1.kernel', 'residual1.dense1.bias', 'residual1.dense2.kernel', 'residual1.dense2.bias', 'head.kernel', 'head.bias']);
  expect(operations).toEqual(['residual1.dense1', 'residual1.dense2', 'head']);
  const [first, again, other] = [1, 1, 2].map((seed) => runWith(net, x, { training: true, seed }).output);
  expect(again).toEqual(first);
  expect(other).not.toEqual(first);
  const bnn = new VariationalBNN({
    net,
    prior: priors.iid(dist.normal(0, 1), { hideLayers: ['residual1.dense1'] }),
    likelihood: likelihoods.homoskedasticGaussian({ scale: 1 }),
    guide: guides.autoNormal(),
  });
  expect(bnn.siteNames).toEqual(['residual1.dense2.kernel', 'residual1.dense2.bias', 'head.kernel', 'head.bias']);
});

/** The words of an embedding once more, as what a state is compared with. */
class TiedOutput extends layers.Layer {
  static className = 'TiedOutput';
  private readonly words: Layer;

  constructor(words: Layer) {
    super({});
    this.words = words;
  }

  override computeOutputShape(shape: number[]): number[] {
    return [...shape.slice(0, -1), 5];
  }

  override call(inputs: Tensor | Tensor[]): Tensor {
    return tf.matMul([inputs].flat()[0] as tf.Tensor2D, this.words.weights[0]!.read() as tf.Tensor2D, false, true);
  }
}

test('a weight that another layer reads too is one weight, with one value', () => {
  const words = layers.embedding({ name: 'words', inputDim: 5, outputDim: 2, inputLength: 3 });
  const net = sequential({ layers: [words, layers.simpleRNN({ units: 2, recurrentInitializer: 'ones' }), new TiedOutput(words as Layer)] });
  scramble(net);
  const x = tf.tensor2d([[0, 4, 1], [2, 2, 3]]);
  expect(runWith(net, x).output).toEqual(values(net.predict(x) as Tensor));
  expect(runWith(net, x).names.filter((name) => name.endsWith('embeddings'))).toEqual(['words.embeddings']);
  const lifted = lift(net);
  const zero = tf.tidy(() => values(single(lifted.forward(x, new Map([...ownValues(lifted), ['words.embeddings', tf.zeros([5, 2])]]), { training: false }))));
  expect(zero.every((logit) => logit === 0)).toBe(true);
});

test('a model that is used at two places has one set of weights, and so has a layer inside of it', () => {
  const encoder = sequential({ name: 'encoder', layers: [layers.dense({ units: 2, inputShape: [2], activation: 'tanh' }), layers.batchNormalization()] });
  const [left, right] = [input({ shape: [2] }), input({ shape: [2] })];
  const both = [left, right].map((each) => encoder.apply(each) as SymbolicTensor);
  const net = model({ inputs: [left, right], outputs: layers.dense({ units: 1 }).apply(layers.concatenate().apply(both) as SymbolicTensor) as SymbolicTensor });
  scramble(net);
  const x = [wavy([5, 2]), wavy([5, 2], 30)];
  const { output, names, operations } = runWith(net, x);
  expect(output).toEqual(values(net.predict(x) as Tensor));
  expect(names).toEqual(['encoder.dense1.kernel', 'encoder.dense1.bias', 'encoder.batchNormalization1.gamma', 'encoder.batchNormalization1.beta', 'dense1.kernel', 'dense1.bias']);
  expect(operations).toEqual(['encoder.dense1', 'encoder.dense1', 'dense1']);
});

test('branches that come together: a functional model under handlers', () => {
  const x = input({ shape: [4, 4, 1] });
  const conv = (filters: number, from: SymbolicTensor) => layers.conv2d({ filters, kernelSize: 3, padding: 'same', activation: 'relu' }).apply(from) as SymbolicTensor;
  const first = conv(2, x);
  const joined = layers.add().apply([conv(2, first), first]) as SymbolicTensor;
  const net = model({ inputs: x, outputs: layers.dense({ units: 3 }).apply(layers.flatten().apply(joined)) as SymbolicTensor });
  scramble(net);
  const images = wavy([3, 4, 4, 1]);
  expect(runWith(net, images).output).toEqual(values(net.predict(images) as Tensor));
  const bnn = new VariationalBNN({ net, prior: priors.iid(dist.normal(0, 1)), likelihood: likelihoods.categorical(), guide: guides.autoNormal({ initScale: 1e-6 }) });
  for (const handler of [netHandlers.localReparameterization, netHandlers.flipout]) {
    const predicted = tf.tidy(() => values(handler().run(() => bnn.predict(images, { numSamples: 1 }))));
    const expected = tf.tidy(() => values(tf.logSoftmax(net.predict(images) as Tensor)));
    predicted.forEach((logit, i) => expect(logit).toBeCloseTo(expected[i]!, 4));
  }
});
