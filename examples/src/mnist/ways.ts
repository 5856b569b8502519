/** @file The ways that are compared: which weights are uncertain, and how. */
import type { LayersModel } from '@tensorflow/tfjs-layers';
import { dist, guides as pplGuides } from '@tychejs/ppl';
import { guides, likelihoods, priors, VariationalBNN } from '@tychejs/bnn';
import type { Tensor } from '@tensorflow/tfjs-core';

export interface WaySettings {
  /** The standard deviation of every weight's normal prior. */
  readonly priorScale: number;
  /** The standard deviations of the guide: where they begin, and what they do not exceed. */
  readonly initScale: number;
  readonly maxGuideScale: number;
}

export interface Way {
  readonly name: string;
  /** Whether there is one network only, instead of a distribution over many. */
  readonly isPoint: boolean;
  /** The network with weights that are trained in this way. */
  readonly make: (net: LayersModel, settings: WaySettings) => VariationalBNN<Tensor>;
}

const likelihood = () => likelihoods.categorical();
const normalPrior = (scale: number, filter = {}) => priors.iid(dist.normal(0, scale), filter);
const normalGuide = ({ initScale, maxGuideScale }: WaySettings) => guides.autoNormal({ initScale, maxGuideScale });

export const maximumLikelihood: Way = {
  name: 'maximum likelihood',
  isPoint: true,
  make: (net, { priorScale }) => new VariationalBNN({ net, prior: normalPrior(priorScale), likelihood: likelihood(), guide: null }),
};

export const maximumAPosteriori: Way = {
  name: 'maximum a posteriori',
  isPoint: true,
  make: (net, { priorScale }) =>
    new VariationalBNN({ net, prior: normalPrior(priorScale), likelihood: likelihood(), guide: pplGuides.AutoDelta }),
};

/** Features by maximum likelihood; the layer above them is uncertain. */
export const lastLayer: Way = {
  name: 'last layer',
  isPoint: false,
  make: (net, settings) => {
    const prior = normalPrior(settings.priorScale, { exposeLayers: ['logits'] });
    return new VariationalBNN({ net, prior, likelihood: likelihood(), guide: normalGuide(settings) });
  },
};

export const meanField: Way = {
  name: 'mean field',
  isPoint: false,
  make: (net, settings) =>
    new VariationalBNN({ net, prior: normalPrior(settings.priorScale), likelihood: likelihood(), guide: normalGuide(settings) }),
};

export const ways: readonly Way[] = [maximumLikelihood, maximumAPosteriori, lastLayer, meanField];
