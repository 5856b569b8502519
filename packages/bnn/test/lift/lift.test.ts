import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import { input, layers, model, sequential } from '@tensorflow/tfjs-layers';
import type { SymbolicTensor } from '@tensorflow/tfjs-layers';
import { dist, guides, handlers, ready } from '@tychejs/ppl';
import fc from 'fast-check';
import { expectNoLeak } from '../helpers/leak.ts';
import { VariationalBNN, likelihoods, priors } from '../../src/index.ts';
import { lift } from '../../src/lift/lift.ts';
import { inputOf, netRecipes, ownValues, scramble, single, snapshot, wavy } from '../helpers/nets.ts';

jest.setTimeout(60_000);

beforeAll(async () => {
  await ready({ backend: 'cpu' });
});

const values = (tensor: Tensor) => [...tensor.dataSync()];
const predicting = { training: false };

describe.each(['cpu', 'wasm'] as const)('the lifted net on %s', (backend) => {
  beforeAll(() => ready({ backend }));
  afterAll(() => ready({ backend: 'cpu' }));

  test('with the net\'s own weights computes what the net computes, to the last bit, for all kinds of layers', () => {
    fc.assert(
      fc.property(netRecipes, (recipe) => {
        const net = recipe.make();
        tf.tidy(() => {
          const x = inputOf(recipe);
          const lifted = lift(net);
          const expected = net.predict(x) as Tensor;
          const output = single(lifted.forward(x, ownValues(lifted), predicting));
          expect(output.shape).toEqual(expected.shape);
          expect(values(output)).toEqual(values(expected));
        });
        net.dispose();
      }),
      { numRuns: 40, seed: 43 },
    );
  });

  test('with a guide that puts all belief on the net\'s own weights predicts what the net predicts', () => {
    fc.assert(
      fc.property(netRecipes, (recipe) => {
        const net = recipe.make();
        const bnn = new VariationalBNN({
          net,
          prior: priors.iid(dist.normal(0, 1)),
          likelihood: likelihoods.homoskedasticGaussian({ scale: 1, eventDim: 0 }),
          guide: guides.AutoDelta,
        });
        expectNoLeak(() =>
          tf.tidy(() => {
            const x = inputOf(recipe);
            expect(values(bnn.predict(x, { numSamples: 1 }).mean)).toEqual(values(net.predict(x) as Tensor));
          }),
        );
        bnn.dispose();
        net.dispose();
      }),
      { numRuns: 15, seed: 46 },
    );
  });

  test('with other weights computes what the net computes once it has those, and the net has its own back', () => {
    fc.assert(
      fc.property(netRecipes, (recipe) => {
        const net = recipe.make();
        const other = recipe.make();
        scramble(other, 1000);
        // The moving statistics are no arguments: they stay the net's own.
        const state = net.weights.filter((weight) => !net.trainableWeights.includes(weight));
        tf.tidy(() => {
          other.weights.filter((weight) => !other.trainableWeights.includes(weight)).forEach((weight, i) => weight.write(state[i]!.read()));
          const x = inputOf(recipe);
          const before = snapshot(net);
          const expected = other.predict(x) as Tensor;
          const output = single(lift(net).forward(x, ownValues(lift(other)), predicting));
          expect(values(output)).toEqual(values(expected));
          expect(snapshot(net)).toEqual(before);
        });
        net.dispose();
        other.dispose();
      }),
      { numRuns: 30, seed: 44 },
    );
  });

  test.each([
    ['conv1d', () => layers.conv1d({ filters: 2, kernelSize: 2, dilationRate: 3, inputShape: [7, 2] }), [7, 2]],
    ['conv2d', () => layers.conv2d({ filters: 2, kernelSize: [2, 3], dilationRate: [3, 2], inputShape: [7, 7, 2] }), [7, 7, 2]],
    ['conv2d, channels first', () => layers.conv2d({ filters: 2, kernelSize: 2, dilationRate: 3, dataFormat: 'channelsFirst', inputShape: [2, 7, 7] }), [2, 7, 7]],
  ] as const)('follows tfjs in dilated %s', (_, make, shape) => {
    const net = sequential({ layers: [make() as ReturnType<typeof layers.conv2d>] });
    scramble(net);
    tf.tidy(() => {
      const x = wavy([2, ...shape]);
      const output = single(lift(net).forward(x, ownValues(lift(net)), predicting));
      expect(output.shape).toEqual((net.predict(x) as Tensor).shape);
      expect(values(output)).toEqual(values(net.predict(x) as Tensor));
    });
  });

  test('follows tfjs in conv1d with channels first, whose output has its channels last', () => {
    const net = sequential({ layers: [layers.conv1d({ filters: 3, kernelSize: 2, inputShape: [2, 6], dataFormat: 'channelsFirst' })] });
    scramble(net);
    tf.tidy(() => {
      const x = wavy([2, 2, 6]);
      const output = single(lift(net).forward(x, ownValues(lift(net)), predicting));
      expect(output.shape).toEqual([2, 5, 3]);
      expect(values(output)).toEqual(values(net.predict(x) as Tensor));
    });
  });

  test('has every trainable weight once', () => {
    fc.assert(
      fc.property(netRecipes, (recipe) => {
        const net = recipe.make();
        const { parameters } = lift(net);
        expect(new Set(parameters.map(({ variable }) => variable))).toEqual(new Set(net.trainableWeights));
        expect(new Set(parameters.map(({ name }) => name)).size).toBe(parameters.length);
        net.dispose();
      }),
      { numRuns: 30, seed: 45 },
    );
  });

  test('lets gradients flow to the values: as finite differences', () => {
    const net = sequential({
      layers: [layers.conv1d({ filters: 2, kernelSize: 2, inputShape: [4, 1], activation: 'tanh' }), layers.flatten(), layers.dense({ units: 1 })],
    });
    scramble(net);
    const lifted = lift(net);
    const x = wavy([3, 4, 1]);
    const own = ownValues(lifted);
    const loss = (name: string, value: Tensor): tf.Scalar =>
      tf.sum(tf.square(single(lifted.forward(x, new Map([...own, [name, value]]), { training: true }))));
    expectNoLeak(() => {
      for (const { name, shape } of lifted.parameters) {
        const value = own.get(name)!;
        const gradient = tf.tidy(() => values(tf.grad((w: Tensor) => loss(name, w))(value)));
        const step = 1e-2;
        gradient.forEach((slope, i) => {
          const shifted = (h: number) =>
            tf.tidy(() => {
              const data = value.dataSync().slice();
              data[i]! += h;
              return loss(name, tf.tensor(data, [...shape])).dataSync()[0]!;
            });
          expect((shifted(step) - shifted(-step)) / (2 * step)).toBeCloseTo(slope, 2);
        });
      }
    });
  });

  test('shares a layer that is used twice, and takes several inputs and outputs', () => {
    const left = input({ shape: [2], name: 'left' });
    const right = input({ shape: [2], name: 'right' });
    const shared = layers.dense({ units: 3, name: 'shared', activation: 'tanh' });
    const joined = layers.concatenate().apply([shared.apply(left) as SymbolicTensor, shared.apply(right) as SymbolicTensor]) as SymbolicTensor;
    const net = model({
      inputs: [left, right],
      outputs: [layers.dense({ units: 1 }).apply(joined) as SymbolicTensor, shared.apply(left) as SymbolicTensor],
    });
    scramble(net);
    const lifted = lift(net);
    expect(lifted.parameters.map(({ name }) => name)).toEqual(['shared.kernel', 'shared.bias', 'dense2.kernel', 'dense2.bias']);
    tf.tidy(() => {
      const x = [wavy([4, 2]), wavy([4, 2], 50)];
      const outputs = lifted.forward(x, ownValues(lifted), predicting) as Tensor[];
      const expected = net.predict(x) as Tensor[];
      expect(outputs.map(values)).toEqual(expected.map(values));
    });
    expect(() => lifted.forward(wavy([4, 2]), ownValues(lifted), predicting)).toThrow(/2 inputs \(left, right\), but got 1 tensor/);
  });
});

describe('names', () => {
  const build = () =>
    sequential({
      layers: [
        layers.conv2d({ filters: 1, kernelSize: 2, inputShape: [4, 4, 1] }),
        layers.batchNormalization(),
        layers.depthwiseConv2d({ kernelSize: 2 }),
        layers.flatten(),
        layers.dense({ units: 2, name: 'head' }),
        layers.dense({ units: 2 }),
      ],
    });
  const names = (net: Parameters<typeof lift>[0]) => lift(net).parameters.map(({ name }) => name);

  test('do not depend on how many layers were made before', () => {
    const first = names(build());
    layers.dense({ units: 1 });
    const second = names(build());
    expect(second).toEqual(first);
    expect(first).toEqual([
      'conv2d1.kernel',
      'conv2d1.bias',
      'batchNormalization1.gamma',
      'batchNormalization1.beta',
      'depthwiseConv2d1.depthwiseKernel',
      'depthwiseConv2d1.bias',
      'head.kernel',
      'head.bias',
      'dense2.kernel',
      'dense2.bias',
    ]);
  });

  test('are dotted for nested models, and tell apart the parts of wrappers', () => {
    const encoder = sequential({ name: 'encoder', layers: [layers.dense({ units: 2, inputShape: [3, 2] }), layers.dense({ units: 2 })] });
    const net = sequential({
      layers: [
        encoder,
        sequential({ layers: [layers.dense({ units: 2, inputShape: [3, 2] })] }),
        layers.timeDistributed({ layer: layers.dense({ units: 2 }) }),
        layers.bidirectional({ layer: layers.lstm({ units: 1, returnSequences: true, recurrentInitializer: 'glorotNormal' }) as never, mergeMode: 'concat' }),
        layers.rnn({ cell: [layers.simpleRNNCell({ units: 2, recurrentInitializer: 'ones' }), layers.simpleRNNCell({ units: 1, recurrentInitializer: 'ones' })] }),
      ],
    });
    expect(names(net).filter((name) => !name.endsWith('ias') && !name.endsWith('recurrentKernel'))).toEqual([
      'encoder.dense1.kernel',
      'encoder.dense2.kernel',
      'sequential2.dense1.kernel',
      'timeDistributed1.dense1.kernel',
      'bidirectional1.forward.kernel',
      'bidirectional1.backward.kernel',
      'rnn1.cell1.kernel',
      'rnn1.cell2.kernel',
    ]);
  });

  test('made up never hide names given', () => {
    const net = sequential({ layers: [layers.dense({ units: 1, inputShape: [1] }), layers.dense({ units: 1, name: 'dense1' })] });
    expect(names(net)).toEqual(['dense2.kernel', 'dense2.bias', 'dense1.kernel', 'dense1.bias']);
  });

  test('of weights that one layer calls the same get numbers', () => {
    class Twice extends layers.Layer {
      static className = 'Twice';
      override build(): void {
        const options = ['float32', { apply: (shape: number[]) => tf.ones(shape), getConfig: () => ({}), getClassName: () => 'x' }] as never[];
        this.addWeight('scale', [1], ...(options as [never, never]));
        this.addWeight('other/scale', [1], ...(options as [never, never]));
        this.built = true;
      }
    }
    const net = sequential({ layers: [new Twice({ inputShape: [1] })] });
    expect(names(net)).toEqual(['twice1.scale', 'twice1.scale2']);
  });
});

describe('the user\'s net', () => {
  const build = () => {
    const net = sequential({
      layers: [
        layers.dense({ units: 3, inputShape: [2], activation: 'relu' }),
        layers.batchNormalization(),
        layers.dropout({ rate: 0.3 }),
        layers.dense({ units: 1 }),
      ],
    });
    scramble(net);
    return net;
  };

  test('is as it was, training included, also after an error inside of a layer', () => {
    const net = build();
    const before = snapshot(net);
    const lifted = lift(net);
    const x = wavy([5, 2]);
    const expected = tf.tidy(() => values(net.predict(x) as Tensor));
    tf.tidy(() => {
      lifted.forward(x, ownValues(lifted), { training: true });
      expect(() => lifted.forward(wavy([5, 3]), ownValues(lifted), predicting)).toThrow(/axis -1/);
      expect(() => lifted.forward(x, new Map(), predicting)).toThrow(/no value was given .* "dense1.kernel"/);
      const broken = new Map([...ownValues(lifted), ['dense2.kernel', tf.zeros([7, 7])]]);
      expect(() => lifted.forward(x, broken, predicting)).toThrow();
      expect(values(net.predict(x) as Tensor)).toEqual(expected);
    });
    expect(snapshot(net)).toEqual(before);
    for (const layer of net.layers) expect(Object.hasOwn(layer, 'call')).toBe(false);
    for (const weight of net.weights) expect(Object.keys(weight)).not.toContain('read');
    lifted.dispose();
  });

  test('can still be trained, without effect on values given to the lifted one', async () => {
    const net = build();
    const lifted = lift(net);
    const x = wavy([8, 2]);
    tf.tidy(() => lifted.forward(x, ownValues(lifted), { training: true }));
    net.compile({ loss: 'meanSquaredError', optimizer: 'sgd' });
    const before = snapshot(net);
    await net.fit(x, tf.zeros([8, 1]), { epochs: 1, verbose: 0 });
    expect(snapshot(net)).not.toEqual(before);
    lifted.dispose();
  });

  test('keeps its moving statistics; the lifted net updates its own as tfjs would, in training only', () => {
    const net = sequential({ layers: [layers.batchNormalization({ inputShape: [2], momentum: 0.5 })] });
    const twin = sequential({ layers: [layers.batchNormalization({ inputShape: [2], momentum: 0.5 })] });
    const before = snapshot(net);
    const lifted = lift(net);
    tf.tidy(() => {
      const x = wavy([6, 2]);
      const own = ownValues(lifted);
      twin.apply(x, { training: true });
      twin.apply(x, { training: true });
      expectNoLeak(() => tf.tidy(() => void lifted.forward(x, own, { training: true })), 2);
      expectNoLeak(() => tf.tidy(() => void lifted.forward(x, own, { training: true })));
      const trained = values(single(lifted.forward(x, own, predicting)));
      expect(trained).toEqual(values(twin.predict(x) as Tensor));
      expect(values(single(lifted.forward(x, own, predicting)))).toEqual(trained);
      expect(trained).not.toEqual(values(net.predict(x) as Tensor));
    });
    expect(snapshot(net)).toEqual(before);
    expectNoLeak(() => lifted.dispose(), -2);
  });

  test('keeps frozen layers frozen', () => {
    const net = sequential({ layers: [layers.dense({ units: 2, inputShape: [1], trainable: false }), layers.dense({ units: 1 })] });
    expect(lift(net).parameters.map(({ name }) => name)).toEqual(['dense2.kernel', 'dense2.bias']);
  });
});

describe('dropout', () => {
  test.each([
    ['elements', {}, 1000],
    ['whole columns', { noiseShape: [1, null] as never }, 20],
  ])('drops %s in training, as the seed says, and scales up the others', (_, options, choices) => {
    // An identity behind it, as a net needs a weight.
    const net = sequential({
      layers: [layers.dropout({ rate: 0.25, inputShape: [20], ...options }), layers.dense({ units: 20, kernelInitializer: 'identity' })],
    });
    const lifted = lift(net);
    const run = (seed: number, training: boolean) =>
      tf.tidy(() => handlers.seed({ seed }).run(() => values(single(lifted.forward(tf.ones([50, 20]), ownValues(lifted), { training })))));
    const output = run(1, true);
    expect(run(1, true)).toEqual(output);
    expect(run(2, true)).not.toEqual(output);
    expect(run(1, false)).toEqual(output.map(() => 1));
    for (const value of new Set(output)) expect([0, 4 / 3].some((allowed) => Math.abs(value - allowed) < 1e-6)).toBe(true);
    const columns = Array.from({ length: 20 }, (__, j) => new Set(output.filter((___, i) => i % 20 === j)).size);
    expect(columns.every((size) => size === 1)).toBe(choices === 20);
    const share = output.filter((value) => value === 0).length / 1000;
    expect(Math.abs(share - 0.25)).toBeLessThan(4.5 * Math.sqrt((0.25 * 0.75) / choices));
  });
});

describe('a net that is a function', () => {
  test('gets its weights as second argument, or from its parameters', () => {
    const parameters = { w: tf.variable(tf.scalar(2)), 'block.b': tf.variable(tf.scalar(1)) };
    const net = {
      parameters,
      forward: (x: Tensor | Tensor[], { w }: Readonly<Record<string, Tensor>>) => tf.add(tf.mul(x as Tensor, w!), net.parameters['block.b']),
    };
    const lifted = lift(net);
    expect(lifted.parameters.map(({ name, role }) => [name, role])).toEqual([['w', 'w'], ['block.b', 'b']]);
    tf.tidy(() => {
      const given = new Map<string, Tensor>([['w', tf.scalar(3)], ['block.b', tf.scalar(10)]]);
      expect(values(single(lifted.forward(tf.tensor1d([1, 2]), given, predicting)))).toEqual([13, 16]);
      const slope = tf.grad((w: Tensor) => single(lifted.forward(tf.scalar(4), new Map([...given, ['w', w]]), predicting)))(tf.scalar(3));
      expect(values(slope)).toEqual([4]);
    });
    expect(net.parameters['block.b']).toBeInstanceOf(tf.Variable);
    expect(values(net.parameters.w)).toEqual([2]);
  });

  test('that does not read a weight is refused, and left as it was', () => {
    const w = tf.variable(tf.scalar(2));
    const net = { parameters: { w }, forward: (x: Tensor | Tensor[]) => tf.mul(x as Tensor, w) };
    tf.tidy(() => {
      expect(() => lift(net).forward(tf.scalar(1), new Map([['w', tf.scalar(3)]]), predicting)).toThrow(
        /did not read its parameter "w".*second argument/,
      );
    });
    expect(net.parameters.w).toBe(w);
  });
});

describe('refuses, saying what to do', () => {
  const cases: [string, () => unknown, RegExp][] = [
    ['no net', () => lift(null as never), /net must be a tf\.LayersModel/],
    ['an empty net', () => lift(sequential()), /no layers yet/],
    ['a net without weights', () => lift(sequential({ layers: [layers.flatten({ inputShape: [2, 2] } as never)] })), /no trainable weights/],
    [
      'state between calls',
      () => lift(sequential({ layers: [layers.lstm({ units: 1, stateful: true, batchInputShape: [1, 2, 1], recurrentInitializer: 'ones' })] })),
      /"lstm1" is stateful/,
    ],
    ['weights that are no variables', () => lift({ forward: (x) => x, parameters: { w: tf.scalar(1) as never } }), /parameters\["w"\] must be a tf\.Variable/],
    [
      'an input that is no tensor',
      () => lift(sequential({ layers: [layers.dense({ units: 1, inputShape: [1] })] })).forward([[1]] as never, new Map(), predicting),
      /input must be a tensor/,
    ],
  ];
  test.each(cases)('%s', (_, act, message) => {
    expect(act).toThrow(message);
  });
});
