/** @file Every guide of ppl on a network, guides by layer, and posteriors that become priors. */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import { layers, sequential } from '@tensorflow/tfjs-layers';
import type { LayersModel } from '@tensorflow/tfjs-layers';
import { dist, guides as autoguides, handlers as effects, infer, optim, ready, transforms } from '@tychejs/ppl';
import { DropInBNN, VariationalBNN, guides, likelihoods, priors } from '../../src/index.ts';
import { expectNoLeak } from '../helpers/leak.ts';
import { exactPosterior, line, lineData, solve } from '../helpers/linearRegression.ts';
import { scramble, wavy } from '../helpers/nets.ts';

jest.setTimeout(60_000);

beforeAll(() => ready({ backend: 'cpu' }));

type AnyGuide = guides.GuideBuilder | guides.GuideClass;

const seeded = <R>(seed: number, body: () => R): R => effects.seed({ seed }).run(body);
const values = (tensor: Tensor): number[] => [...tensor.dataSync()];
const standard = priors.iid(dist.normal(0, 1));
const free = (distributions: Record<string, dist.Distribution>) => tf.dispose(distributions as unknown as tf.TensorContainer);

function net(): LayersModel {
  const made = sequential({
    layers: [layers.dense({ name: 'body', units: 3, inputShape: [2], activation: 'tanh' }), layers.dense({ name: 'last', units: 1 })],
  });
  scramble(made);
  return made;
}

const every: [string, AnyGuide, { detached: boolean }][] = [
  ['AutoDelta', autoguides.AutoDelta, { detached: false }],
  ['AutoNormal', autoguides.AutoNormal, { detached: true }],
  ['AutoDiagonalNormal', autoguides.AutoDiagonalNormal, { detached: true }],
  ['AutoMultivariateNormal', autoguides.AutoMultivariateNormal, { detached: true }],
  ['AutoLowRankMultivariateNormal', (model, context) => new autoguides.AutoLowRankMultivariateNormal(model, { ...context, rank: 2 }), { detached: true }],
  ['AutoLaplaceApproximation', autoguides.AutoLaplaceApproximation, { detached: false }],
  ['AutoIAFNormal', autoguides.AutoIAFNormal, { detached: false }],
  [
    'AutoNormalizingFlow',
    (model, context) => new autoguides.AutoNormalizingFlow(model, { ...context, transform: (n) => transforms.affine(tf.zeros([n]), tf.fill([n], 0.1)) }),
    { detached: false },
  ],
  ['byLayer', guides.byLayer({ last: autoguides.AutoMultivariateNormal }), { detached: true }],
];

test.each(every)('%s on a network: it begins at the weights, learns, predicts, and is a prior where it has normals', async (name, guide, { detached }) => {
  const user = net();
  const bnn = new VariationalBNN({ net: user, prior: standard, likelihood: likelihoods.homoskedasticGaussian({ scale: 0.3 }), guide });
  const x = wavy([12, 2]);
  const y = tf.sin(tf.slice(x, [0, 0], [12, 1]));
  const median = (bnn.guide as { median?: () => Record<string, Tensor> }).median?.();
  if (median !== undefined && name !== 'AutoNormalizingFlow') {
    expect(values(median['body.kernel']!)).toEqual(values(user.getWeights()[0]!).map((weight) => expect.closeTo(weight, 2)));
  }
  const { losses } = await seeded(1, () => bnn.fit({ x, y }, { optim: optim.adam({ lr: 0.03 }), epochs: 40 }));
  const mean = (from: number) => losses.slice(from, from + 5).reduce((a, b) => a + b, 0) / 5;
  expect(mean(35)).toBeLessThan(mean(0));
  expectNoLeak(() => {
    const predicted = bnn.predict(x, { numSamples: 2 });
    expect(predicted.mean.shape).toEqual([12, 1]);
    tf.dispose(predicted);
  });
  const knows = bnn.guide as { getDetachedDistributions?: (names?: string[]) => Record<string, dist.Distribution> };
  expect(knows.getDetachedDistributions !== undefined).toBe(detached);
  if (detached) {
    const prior = knows.getDetachedDistributions!();
    expect(Object.fromEntries(Object.entries(prior).map(([name, { eventShape }]) => [name, eventShape]))).toEqual({
      'body.kernel': [2, 3], 'body.bias': [3], 'last.kernel': [3, 1], 'last.bias': [1],
    });
    bnn.updatePrior(priors.dictionary(prior));
    await bnn.fit({ x, y }, { optim: optim.adam({ lr: 0.01 }), epochs: 1 });
    expectNoLeak(() => free(knows.getDetachedDistributions!(['last.kernel'])));
    expect(() => knows.getDetachedDistributions!(['first.kernel'])).toThrow(/"first.kernel" is not one of its sites/);
    free(prior);
  }
  bnn.dispose();
});

test('a prior that the weights of the net cannot have come from says so, and the guide can begin elsewhere', async () => {
  const build = (guide: AnyGuide) =>
    new VariationalBNN({ net: net(), prior: priors.iid(dist.gamma(2, 1)), likelihood: likelihoods.homoskedasticGaussian({ scale: 1 }), guide });
  expect(() => build(guides.autoNormal())).toThrow(/site "body.kernel": the net's own values are none that its prior, of support independent\(nonNegative, 2\), can have; say where .* initLoc/);
  const bnn = build(guides.autoNormal({ initLoc: infer.initToMedian() }));
  const { losses } = await bnn.fit({ x: wavy([4, 2]), y: wavy([4, 1]) }, { optim: optim.adam({ lr: 0.01 }), epochs: 2 });
  expect(losses.every(Number.isFinite)).toBe(true);
});

test('a guide of the mode does not give the Laplace approximation of the prior for that of the posterior', async () => {
  const bnn = new VariationalBNN({ net: net(), prior: standard, likelihood: likelihoods.homoskedasticGaussian({ scale: 1 }), guide: autoguides.AutoLaplaceApproximation });
  await expect((bnn.guide as unknown as autoguides.AutoLaplaceApproximation<[]>).laplaceApproximation()).rejects.toThrow(/knows the prior of the weights, but not the data.*LaplaceBNN/);
});

describe('guides.byLayer', () => {
  const make = (guide: AnyGuide, prior: priors.Prior = standard) =>
    new VariationalBNN({ net: net(), prior, likelihood: likelihoods.homoskedasticGaussian({ scale: 0.3 }), guide });

  test('gives each layer a guide, and the others theirs', () => {
    const bnn = make(guides.byLayer({ last: autoguides.AutoMultivariateNormal }, autoguides.AutoDelta));
    expect(bnn.paramStore.names().toSorted()).toEqual(['guide.last.loc', 'guide.last.scale', 'guide.last.scaleTril', 'guide.others.body.bias', 'guide.others.body.kernel']);
    const draws = Array.from({ length: 2 }, (__, seed) => seeded(seed, () => (bnn.guide as unknown as () => Record<string, Tensor>)()));
    expect(values(draws[0]!['body.kernel']!)).toEqual(values(draws[1]!['body.kernel']!));
    expect(values(draws[0]!['last.kernel']!)).not.toEqual(values(draws[1]!['last.kernel']!));
  });

  test('refuses layers that are not sampled', () => {
    expect(() => make(guides.byLayer({ head: autoguides.AutoDelta }))).toThrow(/no weight of layer "head" is sampled; sampled are body.kernel, /);
    expect(() => make(guides.byLayer({ last: autoguides.AutoDelta }), priors.iid(dist.normal(0, 1), { hideLayers: ['last'] }))).toThrow(/layer "last"/);
  });

  test('by the prior’s filter, the last layer alone has a distribution', () => {
    const bnn = make(autoguides.AutoMultivariateNormal, priors.iid(dist.normal(0, 1), { exposeLayers: ['last'] }));
    expect(bnn.siteNames).toEqual(['last.kernel', 'last.bias']);
    expect(bnn.paramStore.get('guide.scaleTril').shape).toEqual([6]);
    expect(bnn.paramStore.names()).toContain('body.kernel');
  });
});

describe('a posterior that becomes the prior (P50)', () => {
  test.each([
    ['AutoNormal', autoguides.AutoNormal],
    ['AutoDiagonalNormal', autoguides.AutoDiagonalNormal],
    ['AutoMultivariateNormal', autoguides.AutoMultivariateNormal],
    ['AutoLowRankMultivariateNormal', autoguides.AutoLowRankMultivariateNormal],
  ] as [string, guides.GuideClass][])('%s is no distance away from it', (_, guide) => {
    const bnn = new DropInBNN({ net: line(3), prior: standard, guide });
    const divergence = (seed: number) =>
      tf.tidy(() => {
        seeded(seed, () => bnn.forward(tf.ones([1, 3])));
        return values(bnn.klLoss)[0]!;
      });
    expect(Math.abs(divergence(1))).toBeGreaterThan(0.1);
    bnn.updatePrior(priors.dictionary((bnn.guide as unknown as autoguides.AutoNormal<[]>).getDetachedDistributions()));
    for (const seed of [1, 2, 3]) expect(Math.abs(divergence(seed))).toBeLessThan(1e-4);
  });

  test('with full covariance, two conjugate updates are one with all data', async () => {
    const sigma = 0.5;
    const data = lineData(40, sigma);
    const part = (start: number) => ({ x: tf.slice(data.x, [start, 0], [20, 3]), y: tf.slice(data.y, [start, 0], [20, 1]) });
    const bnn = new VariationalBNN({ net: line(3), prior: standard, likelihood: likelihoods.homoskedasticGaussian({ scale: sigma }), guide: autoguides.AutoMultivariateNormal });
    /** Puts the guide at the exact posterior of these data. */
    const place = ({ mean, precision }: ReturnType<typeof exactPosterior>) => {
      // L with L L' = P⁻¹.
      const unit = precision.map((__, i) => precision.map((___, j) => Number(i === j)));
      const factor = cholesky(unit.map((column) => solve(precision, column)));
      const scale = factor.map((row, i) => row[i]!);
      bnn.paramStore.set('guide.loc', mean);
      bnn.paramStore.set('guide.scale', scale);
      bnn.paramStore.set('guide.scaleTril', [factor[1]![0]! / scale[1]!, factor[2]![0]! / scale[2]!, factor[2]![1]! / scale[2]!]);
    };
    /** Where the guide is the exact posterior, every draw gives the same loss: the evidence. */
    const spread = async (batch: { x: Tensor; y: Tensor }) => {
      const { losses } = await seeded(7, () => bnn.fit(batch, { optim: optim.sgd({ lr: 1e-12 }), epochs: 6, engine: 'eager' }));
      return Math.max(...losses) - Math.min(...losses);
    };
    place(exactPosterior(part(0), sigma));
    expect(await spread(part(0))).toBeLessThan(1e-3);
    bnn.updatePrior(priors.dictionary((bnn.guide as unknown as autoguides.AutoMultivariateNormal<[]>).getDetachedDistributions()));
    expect(await spread(part(20))).toBeGreaterThan(0.1);
    place(exactPosterior(data, sigma));
    expect(await spread(part(20))).toBeLessThan(1e-3);
    bnn.dispose();
  });
});

/** The lower triangular factor of a positive definite matrix. */
function cholesky(m: number[][]): number[][] {
  const factor = m.map(() => m.map(() => 0));
  m.forEach((row, i) => {
    for (let j = 0; j <= i; j++) {
      const rest = row[j]! - factor[i]!.reduce((sum, value, k) => (k < j ? sum + value * factor[j]![k]! : sum), 0);
      factor[i]![j] = i === j ? Math.sqrt(rest) : rest / factor[j]![j]!;
    }
  });
  return factor;
}
