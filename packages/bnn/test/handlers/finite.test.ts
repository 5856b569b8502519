/** @file Local reparameterisation and flipout never come to NaN (where TyXe's local reparameterisation does). */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import { layers, sequential } from '@tensorflow/tfjs-layers';
import { dist, infer, ready } from '@tychejs/ppl';
import fc from 'fast-check';
import { BayesianNet } from '../../src/bayesianNet.ts';
import { guides, handlers, likelihoods, priors } from '../../src/index.ts';
import { expectNoLeak } from '../helpers/leak.ts';
import { scramble, wavy } from '../helpers/nets.ts';
import { seeded, values } from './posterior.ts';

jest.setTimeout(60_000);

beforeAll(() => ready({ backend: 'cpu' }));

const SIZE = 4;

const kinds = {
  conv2d: (filters: number, useBias: boolean) => layers.conv2d({ filters, kernelSize: 2, padding: 'same', useBias }),
  depthwiseConv2d: (_: number, useBias: boolean) => layers.depthwiseConv2d({ kernelSize: 2, padding: 'same', useBias }),
  conv2dTranspose: (filters: number, useBias: boolean) => layers.conv2dTranspose({ filters, kernelSize: 2, padding: 'same', useBias }),
  separableConv2d: (filters: number, useBias: boolean) => layers.separableConv2d({ filters, kernelSize: 2, padding: 'same', useBias }),
  dense: (units: number, useBias: boolean) => layers.dense({ units, useBias }),
} as const;

const recipes = fc.record({
  blocks: fc.array(
    fc.record({ kind: fc.constantFrom(...(Object.keys(kinds) as (keyof typeof kinds)[])), channels: fc.integer({ min: 1, max: 3 }), useBias: fc.boolean(), activation: fc.constantFrom('reLU', 'eLU', 'none') }),
    { minLength: 1, maxLength: 3 },
  ),
  /** The deviations of the weights, down to next to nothing. */
  scale: fc.constantFrom(1e-8, 1e-6, 1e-3, 0.1, 3),
  batch: fc.constantFrom(1, 2, 5),
  images: fc.constantFrom('zero', 'one', 'alike', 'large', 'tiny', 'any'),
  /** Whether all units of the first block are dead, if a ReLU follows. */
  dead: fc.boolean(),
  seed: fc.nat(999),
});

type Recipe = typeof recipes extends fc.Arbitrary<infer R> ? R : never;

function network({ blocks, dead }: Recipe) {
  const net = sequential();
  net.add(layers.inputLayer({ inputShape: [SIZE, SIZE, 2] }));
  for (const { kind, channels, useBias, activation } of blocks) {
    net.add(kinds[kind](channels, useBias));
    net.add(layers.batchNormalization());
    if (activation === 'reLU') net.add(layers.reLU());
    if (activation === 'eLU') net.add(layers.elu());
  }
  net.add(layers.globalAveragePooling2d({}));
  net.add(layers.dense({ units: 3 }));
  scramble(net);
  // A shift far below zero, which a ReLU turns into nothing, for any input.
  const [, shift] = net.layers.find((layer) => layer.getClassName() === 'BatchNormalization')!.weights;
  if (dead) tf.tidy(() => void shift!.write(tf.fill(shift!.shape as number[], -1e3)));
  return net;
}

function imagesOf({ images, batch, seed }: Recipe): Tensor {
  const shape = [batch, SIZE, SIZE, 2];
  switch (images) {
    case 'zero':
      return tf.zeros(shape);
    case 'one':
      return tf.ones(shape);
    case 'alike':
      return tf.tile(wavy([1, ...shape.slice(1)], seed), [batch, 1, 1, 1]);
    case 'large':
      return tf.mul(wavy(shape, seed), 1e6);
    case 'tiny':
      return tf.mul(wavy(shape, seed), 1e-12);
    case 'any':
      return wavy(shape, seed);
  }
}

test.each([['localReparameterization', handlers.localReparameterization], ['flipout', handlers.flipout]] as const)(
  '%s through batch-normalised layers: loss, gradients and statistics are finite',
  (_, handler) => {
    fc.assert(
      fc.property(recipes, (recipe) => {
        const net = network(recipe);
        const bayesian = new BayesianNet(net, priors.iid(dist.normal(0, 1), { hideLayerTypes: ['BatchNormalization'] }));
        const guide = bayesian.guideBy('test', guides.autoNormal({ initScale: recipe.scale }));
        const likelihood = likelihoods.categorical();
        const x = imagesOf(recipe);
        const y = tf.tensor1d(Array.from({ length: recipe.batch }, (__, i) => i % 3), 'int32');
        bayesian.createParameters(() => guide());
        const model = () => void likelihood.observe(bayesian.forward(x, { training: true }), y);
        const step = () =>
          tf.tidy(() => {
            const { loss, gradients } = new infer.TraceMeanFieldELBO().lossAndGradients(model, guide as () => unknown, []);
            return [loss, ...gradients.map(({ gradient }) => gradient)].flatMap(values) as never;
          }) as number[];
        const run = () => seeded(recipe.seed, () => handler().run(step));
        // The first pass makes the copies of the statistics.
        const numbers = [...run(), ...expectNoLeak(run)];
        const statistics = bayesian.lifted.state.flatMap(({ value }) => values(value()));
        expect(numbers.length).toBeGreaterThan(4);
        expect([...numbers, ...statistics].every(Number.isFinite)).toBe(true);
        bayesian.dispose();
        net.dispose();
      }),
      { numRuns: 20, seed: 61 },
    );
  },
);
