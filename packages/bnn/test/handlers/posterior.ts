/** @file Networks with a posterior that is known, and moments of what they put out. */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import type { LayersModel } from '@tensorflow/tfjs-layers';
import { dist, handlers as effects } from '@tychejs/ppl';
import { BayesianNet } from '../../src/bayesianNet.ts';
import { VariationalBNN, guides, handlers, likelihoods, priors } from '../../src/index.ts';
import type { NetInput } from '../../src/index.ts';
import { scramble } from '../helpers/nets.ts';

export const values = (tensor: Tensor): number[] => [...tensor.dataSync()];
export const seeded = <R>(seed: number, body: () => R): R => effects.seed({ seed }).run(body);

/** A network around `net`, with posterior Normal(weight, scale) for each weight, where weights are the net's own. */
export function posterior(net: LayersModel, scale = 0.3, hide: readonly string[] = []): VariationalBNN<likelihoods.GaussianPredictions> {
  scramble(net);
  return new VariationalBNN({
    net,
    // Wide, so that it shows if outputs were drawn from it instead.
    prior: priors.iid(dist.normal(0, 50), hide.length === 0 ? {} : { hideParameters: hide }),
    likelihood: likelihoods.homoskedasticGaussian({ scale: 1, eventDim: 0 }),
    guide: guides.autoNormal({ initScale: scale }),
  });
}

/** Outputs of `numSamples` draws: `[numSamples, ...]`. */
export function outputs(bnn: VariationalBNN<likelihoods.GaussianPredictions>, x: NetInput, numSamples: number): Tensor {
  return tf.tidy(() => bnn.predict(x, { numSamples, aggregate: false }).mean);
}

/** Mean and variance of each entry over the first dimension. */
export function moments(draws: Tensor): { means: number[]; variances: number[]; count: number } {
  return tf.tidy(() => {
    const { mean, variance } = tf.moments(draws, 0);
    return { means: values(mean), variances: values(variance), count: draws.shape[0]! };
  });
}

/** Compares with 4.5 standard errors; that of a normal's variance is variance * sqrt(2 / count). */
export function expectMoments(found: ReturnType<typeof moments>, means: readonly number[], variances: readonly number[], otherCount = Infinity): void {
  const perDraw = 1 / found.count + 1 / otherCount;
  means.forEach((mean, i) => {
    expect(Math.abs(found.means[i]! - mean)).toBeLessThan(4.5 * Math.sqrt(variances[i]! * perDraw) + 1e-6);
    expect(Math.abs(found.variances[i]! - variances[i]!)).toBeLessThan(4.5 * variances[i]! * Math.sqrt(2 * perDraw) + 1e-6);
  });
}

/** The prior mean of {@link pass}. */
export const MEAN = 0.4;

/** One pass of `net` under flipout, with weights drawn from Normal(MEAN, 0.5) directly: what they were, and what came out. */
export function pass(net: LayersModel, x: Tensor, seed: number, filter: priors.PriorFilter = {}): { output: Tensor; weights: Map<string, Tensor> } {
  const bayesian = new BayesianNet(net, priors.iid(dist.normal(MEAN, 0.5), filter));
  const tracer = effects.trace();
  const output = seeded(seed, () => handlers.flipout().run(() => tracer.run(() => bayesian.forward(x, { training: false }))));
  return { output, weights: new Map(tracer.trace().stochasticSites().map(({ name, value }) => [name, value])) };
}

/** All ways to choose `count` signs. */
export const signsOf = (count: number): number[][] => Array.from({ length: 2 ** count }, (_, code) => Array.from({ length: count }, (__, i) => ((code >> i) & 1 ? 1 : -1)));
