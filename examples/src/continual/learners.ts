/** @file Two that learn task after task: one that forgets, and one whose posterior is the prior of the next task. */
import type { Tensor } from '@tensorflow/tfjs-core';
import type { LayersModel } from '@tensorflow/tfjs-layers';
import { dist } from '@tychejs/ppl';
import { guides, likelihoods, priors, VariationalBNN } from '@tychejs/bnn';

export interface LearnerSettings {
  /** The standard deviation of the weights' first prior. */
  readonly priorScale: number;
  /** Those of the guide: in the beginning, and what they do not exceed, so that weights that a task does not need stay of use. */
  readonly initScale: number;
  readonly maxGuideScale: number;
}

export interface Learner {
  readonly name: string;
  /** Whether its weights are certain. */
  readonly isPoint: boolean;
  readonly make: (net: LayersModel, settings: LearnerSettings) => VariationalBNN<Tensor>;
  /** What it does at the end of a task. */
  readonly conclude: (bnn: VariationalBNN<Tensor>) => void;
}

/** Weights of the heads have no prior: only one task trains them. */
const bodyPrior = (scale: number) => priors.iid(dist.normal(0, scale), { hideLayers: ['heads'] });

/** Maximum likelihood on each task, from the weights that the last one left. */
export const fineTuning: Learner = {
  name: 'fine-tuning',
  isPoint: true,
  make: (net, { priorScale }) => new VariationalBNN({ net, prior: bodyPrior(priorScale), likelihood: likelihoods.bernoulli(), guide: null }),
  conclude: () => undefined,
};

/** Variational continual learning without a coreset: no data are kept (Nguyen, Li, Bui and Turner, ICLR 2018). */
export const continualLearning: Learner = {
  name: 'VCL',
  isPoint: false,
  make: (net, { priorScale, initScale, maxGuideScale }) => {
    const guide = guides.autoNormal({ initScale, maxGuideScale });
    return new VariationalBNN({ net, prior: bodyPrior(priorScale), likelihood: likelihoods.bernoulli(), guide });
  },
  conclude: (bnn) => bnn.posteriorAsPrior(),
};

export const learners: readonly Learner[] = [fineTuning, continualLearning];
