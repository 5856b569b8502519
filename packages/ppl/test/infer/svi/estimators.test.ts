/** @file All estimators agree in the mean with the ELBO and its gradient, worked out by hand: subsampled, scaled, reparameterised or not. */
import * as tf from '@tensorflow/tfjs-core';
import { dist, getParamStore, handlers, infer, param, plate, ready, sample } from '@tychejs/ppl';
import type { Elbo } from '../../../src/infer/svi/elbo.ts';
import { Normal } from '../../../src/distributions/normal.ts';
import { estimate, expectMean } from './helpers.ts';

// Machines under load take several times as long as alone.
jest.setTimeout(60_000);

beforeAll(() => ready({ backend: 'cpu' }));
beforeEach(() => getParamStore().clear());

/** A normal distribution that does not own up to being differentiable. */
class OpaqueNormal extends Normal {
  override readonly hasRsample = false as boolean as true;
}

const DATA = [0.5, -1, 2, 0.1];
const SCALE = 2;
const START = { mu: 0.4, muScale: 0.5, z: [0.2, -0.3, 0.9, 0], zScale: 0.7 };

const model = (): void => {
  const mu = sample('mu', dist.normal(0, 1));
  plate('data', 4, { subsampleSize: 2 }, (indices) => {
    const z = sample('z', dist.normal(0, 1));
    sample('x', dist.normal(tf.add(z, mu), 1), { obs: tf.gather(tf.tensor1d(DATA), indices) });
  });
};

const guide = (isOpaque: boolean, baseline?: object) => (): void => {
  const make = (...at: ConstructorParameters<typeof Normal>): Normal => (isOpaque ? new OpaqueNormal(...at) : new Normal(...at));
  const notes = baseline === undefined ? {} : { infer: { baseline } };
  sample('mu', make(param('mu.loc', tf.scalar(START.mu)), tf.exp(param('mu.logScale', tf.scalar(Math.log(START.muScale))))), notes);
  plate('data', 4, { subsampleSize: 2 }, () => {
    const loc = param('z.loc', tf.tensor1d(START.z), { eventDim: 0 });
    sample('z', make(loc, tf.exp(param('z.logScale', tf.scalar(Math.log(START.zScale))))), notes);
  });
};

/** E_q[log q - log p]: divergences from N(0, 1), and E (x - z - mu)² / 2 + log √2π of each datum. */
const divergence = (loc: number, scale: number): number => (scale ** 2 + loc ** 2 - 1) / 2 - Math.log(scale);
const residuals = DATA.map((x, i) => x - START.z[i]! - START.mu);
const expected = {
  loss:
    divergence(START.mu, START.muScale) +
    DATA.reduce(
      (sum, _, i) =>
        sum + divergence(START.z[i]!, START.zScale) + (residuals[i]! ** 2 + START.muScale ** 2 + START.zScale ** 2 + Math.log(2 * Math.PI)) / 2,
      0,
    ),
  'mu.loc': [START.mu - residuals.reduce((a, b) => a + b, 0)],
  'mu.logScale': [START.muScale ** 2 * (1 + 4) - 1],
  'z.loc': START.z.map((z, i) => z - residuals[i]!),
  'z.logScale': [4 * (2 * START.zScale ** 2 - 1)],
};

const opaque = (baseline?: object): (() => void) => guide(true, baseline);

test.each<[string, () => Elbo, () => void]>([
  ['TraceELBO', () => new infer.TraceELBO(), guide(false)],
  ['TraceELBO with particles together', () => new infer.TraceELBO({ numParticles: 2, vectorizeParticles: true }), guide(false)],
  ['TraceELBO that sticks the landing', () => new infer.TraceELBO({ stickTheLanding: true }), guide(false)],
  ['TraceMeanFieldELBO', () => new infer.TraceMeanFieldELBO(), guide(false)],
  ['RenyiELBO with one particle', () => new infer.RenyiELBO({ numParticles: 1, alpha: 0.5 }), guide(false)],
  ['TraceELBO, by the score function', () => new infer.TraceELBO({ numParticles: 4, vectorizeParticles: true }), opaque()],
  ['TraceGraphELBO, by the score function', () => new infer.TraceGraphELBO({ numParticles: 4, vectorizeParticles: true }), opaque()],
  ['TraceGraphELBO with decaying averages', () => new infer.TraceGraphELBO({ numParticles: 4, vectorizeParticles: true }), opaque({ decayingAverage: true })],
  ['RenyiELBO with one particle, by the score function', () => new infer.RenyiELBO({ numParticles: 1, alpha: 0.5 }), opaque()],
])('%s', (_, make, own) => {
  const loss = make();
  const found = handlers.scale({ scale: SCALE }).run(() => Array.from({ length: 80 }, (_unused, seed) => estimate(loss, model, own, seed)));
  expectMean(found.map((each) => each.loss), SCALE * expected.loss);
  for (const name of ['mu.loc', 'mu.logScale', 'z.loc', 'z.logScale'] as const) {
    expected[name].forEach((value, i) => expectMean(found.map((each) => each.gradients[name]![i]!), SCALE * value));
  }
});

test('the opaque guide is one', () => {
  expect(() => estimate(new infer.TraceMeanFieldELBO(), model, opaque(), 1)).toThrow(/site "mu": .*not reparameterised/);
});

describe('a scale around the latent sites of model and guide tempers the divergence, and nothing else', () => {
  const tempered = (program: () => void): (() => void) => () => handlers.scale({ scale: 0.25 }).run(program);
  const parts = (latent: () => tf.Tensor): (() => void) => () => {
    const z = handlers.scale({ scale: 0.25 }).run(latent);
    sample('x', dist.normal(z, 1), { obs: 1.5 });
  };
  const [loc, scale] = [0.4, 0.5];
  const posterior = (): void => {
    sample('z', dist.normal(param('loc', tf.scalar(loc)), scale));
  };
  const likelihood = ((1.5 - loc) ** 2 + scale ** 2 + Math.log(2 * Math.PI)) / 2;

  test.each(['TraceELBO', 'TraceMeanFieldELBO'] as const)('%s', (objective) => {
    const prior = parts(() => sample('z', dist.normal(0, 1)));
    const found = Array.from({ length: 80 }, (_, seed) => estimate(new infer[objective](), prior, tempered(posterior), seed));
    expectMean(found.map((each) => each.loss), 0.25 * divergence(loc, scale) + likelihood);
    expectMean(found.map((each) => each.gradients['loc']![0]!), 0.25 * loc - (1.5 - loc));
  });

  // E[s log q - log p]: the entropy alone is tempered, whatever the objective.
  test.each(['TraceELBO', 'TraceMeanFieldELBO'] as const)('%s: around the guide alone it weighs log q alone', (objective) => {
    const prior = (): void => {
      sample('z', dist.normal(0, 1));
    };
    const entropy = 0.5 * Math.log(2 * Math.PI * Math.E) + Math.log(scale);
    const crossEntropy = (loc ** 2 + scale ** 2 + Math.log(2 * Math.PI)) / 2;
    const found = Array.from({ length: 80 }, (_, seed) => estimate(new infer[objective](), prior, tempered(posterior), seed).loss);
    expectMean(found, crossEntropy - 0.25 * entropy);
  });
});
