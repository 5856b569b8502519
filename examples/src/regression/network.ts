/** @file The network, 1-50-1 with tanh between, and what makes it Bayesian. */
import * as tfl from '@tensorflow/tfjs-layers';
import { dist } from '@tychejs/ppl';
import { likelihoods, priors } from '@tychejs/bnn';
import { NOISE } from './data.ts';

/** @param seed - chooses the weights that training by maximum likelihood starts from. */
export function network(seed: number): tfl.Sequential {
  const kernel = (layer: number) => tfl.initializers.glorotUniform({ seed: 10 * seed + layer });
  return tfl.sequential({
    layers: [
      tfl.layers.dense({ units: 50, activation: 'tanh', inputShape: [1], kernelInitializer: kernel(1) }),
      tfl.layers.dense({ units: 1, kernelInitializer: kernel(2) }),
    ],
  });
}

/** Standard normal weights, and noise of known size. */
export function assumptions() {
  return { prior: priors.iid(dist.normal(0, 1)), likelihood: likelihoods.homoskedasticGaussian({ scale: NOISE }) };
}
