import * as tf from '@tensorflow/tfjs-core';
import { layers, sequential } from '@tensorflow/tfjs-layers';
import { guides as autoguides, dist, handlers, ready } from '@tychejs/ppl';
import { VariationalBNN } from '../../src/bnn.ts';
import * as guides from '../../src/guides/index.ts';
import * as likelihoods from '../../src/likelihoods/index.ts';
import * as priors from '../../src/priors/index.ts';

jest.setTimeout(60_000);

beforeAll(async () => {
  await ready({ backend: 'cpu' });
});

/** The standard deviations that a guide begins with, the first of each weight. */
function initialScales(options: guides.AutoNormalOptions): Record<string, number> {
  const net = sequential({
    layers: [layers.embedding({ inputDim: 9, outputDim: 4, inputLength: 6 }), layers.conv1d({ filters: 2, kernelSize: 3 }), layers.flatten(), layers.dense({ units: 5 })],
  });
  const bnn = new VariationalBNN({
    net,
    prior: priors.iid(dist.normal(0, 1)),
    likelihood: likelihoods.homoskedasticGaussian({ scale: 1 }),
    guide: guides.autoNormal(options),
  });
  const posterior = bnn.guide!.getDetachedDistributions();
  const scales = tf.tidy(() => Object.entries(posterior).map(([name, { variance }]) => [name, Math.sqrt(variance.dataSync()[0]!)]) as never);
  bnn.dispose();
  net.dispose();
  return Object.fromEntries(scales as [string, number][]);
}

const NAMES = ['embedding1.embeddings', 'conv1d1.kernel', 'conv1d1.bias', 'dense1.kernel', 'dense1.bias'];
const close = (scales: readonly number[]) => Object.fromEntries(NAMES.map((name, i) => [name, expect.closeTo(scales[i]!, 5)]));

// Embeddings read one row into 4 numbers; the convolution sums over 3 × 4; the dense layer has 4 × 2 inputs.
test.each([
  ['0.1 where nothing is said', {}, [0.1, 0.1, 0.1, 0.1, 0.1]],
  ['a number', { initScale: 0.3 }, [0.3, 0.3, 0.3, 0.3, 0.3]],
  ['radford', { initScale: 'radford' }, [1, 12 ** -0.5, 1, 8 ** -0.5, 1]],
  ['kaiming, without a gain', { initScale: 'kaiming' }, [1, 12 ** -0.5, 1, 8 ** -0.5, 1]],
  ['xavier', { initScale: 'xavier' }, [Math.sqrt(2 / 5), Math.sqrt(2 / 18), Math.sqrt(2 / 3), Math.sqrt(2 / 13), Math.sqrt(2 / 6)]],
  ['values by name, 0.1 for the others', { initScale: { 'dense1.kernel': 0.7, 'conv1d1.bias': [0.2, 0.4] } }, [0.1, 0.1, 0.2, 0.7, 0.1]],
  ['a function', { initScale: ({ shape }: { shape: readonly number[] }) => 1 / shape.length }, [1 / 2, 1 / 3, 1, 1 / 2, 1]],
] satisfies [string, guides.AutoNormalOptions, number[]][])('initial scales: %s', (_, options, expected) => {
  expect(initialScales(options)).toEqual(close(expected));
});

test('no scale exceeds the bound, and those below it stay', () => {
  const scales = initialScales({ initScale: 'radford', maxGuideScale: 0.5 });
  expect(scales['conv1d1.kernel']).toBeCloseTo(12 ** -0.5, 5);
  expect(scales['dense1.bias']).toBeLessThan(0.5);
  expect(scales['dense1.bias']).toBeGreaterThan(0.4);
});

describe('kernels of transposed convolutions, which have outputs before inputs,', () => {
  // 2 × 2 × 3 inputs for each output.
  const make = (guide: ConstructorParameters<typeof VariationalBNN>[0]['guide']) =>
    new VariationalBNN({
      net: sequential({ layers: [layers.conv2dTranspose({ filters: 700, kernelSize: 2, useBias: false, inputShape: [3, 3, 3] })] }),
      prior: priors.iid(dist.normal(0, 1)),
      likelihood: likelihoods.homoskedasticGaussian({ scale: 1 }),
      guide,
    }).paramStore;

  test('have their scales by the right fan-in', () => {
    const store = make(guides.autoNormal({ initScale: 'kaiming' }));
    expect(store.get('guide.scales.conv2dTranspose1.kernel').dataSync()[0]).toBeCloseTo(12 ** -0.5, 6);
  });

  test.each([['kaiming', 12], ['radford', 12], ['xavier', (12 + 2800) / 2]] as const)('and means, by initToNormal with %s', (std, fan) => {
    const store = handlers.seed({ seed: 1 }).run(() => make((model, context) => new autoguides.AutoDiagonalNormal(model, { ...context, initLoc: guides.initToNormal({ std }) })));
    const means = [...store.get('guide.loc').dataSync()];
    const variance = means.reduce((sum, x) => sum + x * x, 0) / means.length;
    // Of 8,400 draws.
    expect(Math.abs(variance * fan - 1)).toBeLessThan(4.5 * Math.sqrt(2 / means.length));
  });
});

test('scales that are not positive are refused', () => {
  expect(() => initialScales({ initScale: 0 })).toThrow(/initScale must be positive, got 0/);
  expect(() => initialScales({ maxGuideScale: -1 })).toThrow(/maxGuideScale must be positive, got -1/);
});
