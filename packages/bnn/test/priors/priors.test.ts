import * as tf from '@tensorflow/tfjs-core';
import { layers, sequential } from '@tensorflow/tfjs-layers';
import { dist } from '@tychejs/ppl';
import fc from 'fast-check';
import { lift } from '../../src/lift/lift.ts';
import type { NetParameter } from '../../src/lift/net.ts';
import * as priors from '../../src/priors/index.ts';
import { expectNoLeak } from '../helpers/leak.ts';
import { netRecipes } from '../helpers/nets.ts';

// The cpu backend's advice on its first use.
jest.spyOn(console, 'warn').mockImplementationOnce(() => undefined);
void tf.setBackend('cpu');

const net = sequential({
  layers: [
    layers.conv2d({ filters: 4, kernelSize: [2, 3], inputShape: [6, 6, 5] }),
    layers.depthwiseConv2d({ kernelSize: 2, depthMultiplier: 3 }),
    layers.conv2dTranspose({ filters: 7, kernelSize: 2 }),
    layers.flatten(),
    layers.dense({ units: 8, useBias: false }),
  ],
});
const { parameters } = lift(net);

/** The standard deviation that a prior gives, read off its distribution. */
function deviations(prior: priors.Prior): Record<string, number> {
  return Object.fromEntries(
    [...prior.apply(parameters)].map(([name, { variance }]) => {
      const [first = NaN] = variance.dataSync();
      variance.dispose();
      return [name, Math.sqrt(first)];
    }),
  );
}

test('every prior gives each parameter one distribution, whose event is the parameter', () => {
  fc.assert(
    fc.property(netRecipes, (recipe) => {
      const model = recipe.make();
      const lifted = lift(model);
      const scalar = dist.normal(0, 1);
      const all = [
        priors.iid(scalar),
        priors.layerwiseNormal({ method: 'xavier' }),
        priors.lambda(() => scalar),
        priors.dictionary(Object.fromEntries(lifted.parameters.map(({ name }) => [name, scalar]))),
      ];
      expectNoLeak(() => {
        for (const prior of all) {
          const distributions = prior.apply(lifted.parameters);
          expect([...distributions.keys()]).toEqual(lifted.parameters.map(({ name }) => name));
          for (const { name, shape } of lifted.parameters) {
            expect(distributions.get(name)!.batchShape).toEqual([]);
            expect(distributions.get(name)!.eventShape).toEqual(shape);
          }
        }
      });
      model.dispose();
    }),
    { numRuns: 20, seed: 47 },
  );
});

describe('layerwiseNormal', () => {
  // Kernels: conv2d [2, 3, 5, 4], depthwise [2, 2, 4, 3], transposed [2, 2, 7, 12], dense [140, 8].
  const fans = { 'conv2d1.kernel': [30, 24], 'depthwiseConv2d1.depthwiseKernel': [4, 12], 'conv2dTranspose1.kernel': [48, 28], 'dense1.kernel': [140, 8] };

  test('radford: fan-in^-1/2', () => {
    const found = deviations(priors.layerwiseNormal({ method: 'radford' }));
    for (const [name, [fanIn]] of Object.entries(fans)) expect(found[name]).toBeCloseTo(fanIn! ** -0.5, 6);
    expect(found['conv2d1.bias']).toBeCloseTo(1, 6);
  });

  test('xavier: gain sqrt(2 / (fan-in + fan-out))', () => {
    const found = deviations(priors.layerwiseNormal({ method: 'xavier', nonlinearity: 'tanh' }));
    for (const [name, [fanIn, fanOut]] of Object.entries(fans)) {
      expect(found[name]).toBeCloseTo((5 / 3) * Math.sqrt(2 / (fanIn! + fanOut!)), 6);
    }
  });

  test('kaiming: gain fan-in^-1/2, for relu by default', () => {
    const found = deviations(priors.layerwiseNormal({ method: 'kaiming' }));
    for (const [name, [fanIn]] of Object.entries(fans)) expect(found[name]).toBeCloseTo(Math.sqrt(2 / fanIn!), 6);
  });

  test('keeps the size of signals through a convolution', () => {
    // With unit inputs and weights of variance 1 / fan-in, outputs have variance 1.
    const distribution = priors.layerwiseNormal({ method: 'radford' }).apply(parameters).get('conv2d1.kernel')!;
    tf.tidy(() => {
      const x = tf.ones([1, 2, 3, 5]) as tf.Tensor4D;
      const outputs = Array.from({ length: 400 }, () => tf.conv2d(x, distribution.sample() as tf.Tensor4D, 1, 'valid'));
      const mean = tf.mean(tf.square(tf.stack(outputs))).dataSync()[0]!;
      // 1,600 squares of standard normals: standard error sqrt(2 / 1600) = 0.035.
      expect(Math.abs(mean - 1)).toBeLessThan(4.5 * 0.0354);
    });
  });
});

test('lambda is given the name, the layer and the variable, and may hide', () => {
  const seen: unknown[] = [];
  const prior = priors.lambda((name, layer, variable) => {
    seen.push([name, layer?.getClassName(), variable.shape]);
    return name.endsWith('kernel') ? dist.normal(0, 2) : null;
  }, { hideParameters: ['depthwiseKernel'] });
  expect([...prior.apply(parameters).keys()]).toEqual(['conv2d1.kernel', 'conv2dTranspose1.kernel', 'dense1.kernel']);
  expect(seen).toContainEqual(['conv2d1.bias', 'Conv2D', [4]]);
  expect(seen).not.toContainEqual(expect.arrayContaining(['depthwiseConv2d1.depthwiseKernel']));
});

test('distributions that have the parameter\'s shape already stay as they are', () => {
  const own = dist.normal(tf.zeros([140, 8]), 1).toEvent(2);
  const row = dist.normal(tf.zeros([8]), 1).toEvent(1);
  const only = { expose: ['dense1.kernel'] };
  for (const distribution of [own, row, dist.normal(tf.zeros([8]), 1)]) {
    const [applied] = [...priors.iid(distribution, only).apply(parameters).values()];
    expect(applied!.eventShape).toEqual([140, 8]);
    tf.tidy(() => {
      // Independent standard normals at zero.
      expect(applied!.logProb(tf.zeros([140, 8])).dataSync()[0]).toBeCloseTo(-0.5 * Math.log(2 * Math.PI) * 140 * 8, 1);
    });
  }
});

test('asked for some of the parameters, gives those that it exposes', () => {
  const wanted = new Set(['dense1.kernel', 'conv2d1.bias']);
  expect([...priors.iid(dist.normal(0, 1), { hideParameters: ['bias'] }).apply(parameters, wanted).keys()]).toEqual(['dense1.kernel']);
  const dictionary = priors.dictionary({ 'dense1.kernel': dist.normal(0, 1) });
  expect([...dictionary.apply(parameters, new Set(['dense1.kernel'])).keys()]).toEqual(['dense1.kernel']);
});

describe('refuses, saying what to do', () => {
  const apply = (prior: priors.Prior) => prior.apply(parameters as readonly NetParameter[]);
  const cases: [string, () => unknown, RegExp][] = [
    ['what is no distribution', () => priors.iid(1 as never), /priors\.iid: the first argument must be a distribution/],
    ['a shape that does not fit', () => apply(priors.iid(dist.normal(tf.zeros([3]), 1))), /"conv2d1\.kernel" has batch shape \[3\].*\[2, 3, 5, 4\]/],
    ['an event that does not fit', () => apply(priors.iid(dist.normal(tf.zeros([3]), 1).toEvent(1))), /event shape \[3\].*does not expand/],
    ['a missing entry', () => apply(priors.dictionary({})), /no distribution for "conv2d1\.kernel", only for none; add one, or hide/],
    ['an entry too many', () => apply(priors.dictionary({ x: dist.normal(0, 1) })), /no parameter "x"; there are conv2d1\.kernel/],
    ['an unknown method', () => priors.layerwiseNormal({ method: 'he' as never }), /unknown method "he"; take one of radford, xavier, kaiming/],
    ['an unknown nonlinearity', () => priors.layerwiseNormal({ method: 'xavier', nonlinearity: 'swish' as never }), /unknown nonlinearity "swish"/],
    ['what is no function', () => priors.lambda({} as never), /must be a function/],
  ];
  test.each(cases)('%s', (_, act, message) => {
    expect(act).toThrow(message);
  });
});
