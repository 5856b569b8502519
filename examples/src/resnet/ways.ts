/** @file The ways that are compared: which weights of a trained network are made uncertain, and how. */
import type { Tensor } from '@tensorflow/tfjs-core';
import type { LayersModel } from '@tensorflow/tfjs-layers';
import { dist, guides as pplGuides } from '@tychejs/ppl';
import { guides, handlers, likelihoods, priors, VariationalBNN } from '@tychejs/bnn';

/** How gradients are made less noisy where weights are independent normals. */
export const ESTIMATORS = ['plain', 'localReparameterization', 'flipout'] as const;
export type Estimator = (typeof ESTIMATORS)[number];

export interface WaySettings {
  /** The standard deviation of every weight's normal prior. */
  readonly priorScale: number;
  /** The standard deviations of the guide: where they begin, and what they do not exceed. */
  readonly initScale: number;
  readonly maxGuideScale: number;
  /** The number of directions of correlation. */
  readonly rank: number;
  readonly estimator: Estimator;
}

/** A way to treat a network that was trained. */
export interface Way {
  readonly name: string;
  /** What is trained: all layers, on photographs; or the last one, on what the others find in them. */
  readonly trains: 'all' | 'last layer';
  /** Whether there is one network only, instead of a distribution over many. */
  readonly isPoint: boolean;
  /** Whether all weights are drawn from independent normals. */
  readonly isMeanField: boolean;
  /** @param net - where guides begin: the trained network, or its last layer. @param datasetSize - what a batch stands for. */
  readonly make: (net: LayersModel, datasetSize: number, settings: WaySettings) => VariationalBNN<Tensor>;
}

type GuideOf = (settings: WaySettings) => ConstructorParameters<typeof VariationalBNN<Tensor>>[0]['guide'];

/** The network as it is: all weights by maximum likelihood. */
export function plainNet(net: LayersModel, datasetSize: number): VariationalBNN<Tensor> {
  return new VariationalBNN({ net, prior: priors.iid(dist.normal(0, 1)), likelihood: likelihoods.categorical({ datasetSize }), guide: null });
}

/** All layers have a prior but batch normalisation, whose parameters are trained by maximum likelihood. */
function allLayers(name: string, guide: GuideOf, kind: Pick<Way, 'isPoint' | 'isMeanField'>): Way {
  return { name, trains: 'all', ...kind, make: maker(guide, { hideLayerTypes: ['BatchNormalization'] }) };
}

function lastLayer(name: string, guide: GuideOf, { isPoint = false, isMeanField = false }: Partial<Pick<Way, 'isPoint' | 'isMeanField'>> = {}): Way {
  return { name: `last layer, ${name}`, trains: 'last layer', isPoint, isMeanField, make: maker(guide, {}) };
}

function maker(guide: GuideOf, filter: NonNullable<Parameters<typeof priors.iid>[1]>): Way['make'] {
  return (net, datasetSize, settings) =>
    new VariationalBNN({
      net,
      prior: priors.iid(dist.normal(0, settings.priorScale), filter),
      likelihood: likelihoods.categorical({ datasetSize }),
      guide: guide(settings),
    });
}

const meanFieldGuide: GuideOf = ({ initScale, maxGuideScale }) => guides.autoNormal({ initScale, maxGuideScale });
const scaleOnlyGuide: GuideOf = ({ initScale, maxGuideScale }) => guides.autoNormal({ initScale, maxGuideScale, trainLoc: false });
const fullGuide: GuideOf = ({ initScale }) => (model, context) => new pplGuides.AutoMultivariateNormal(model, { ...context, initScale });
const lowRankGuide: GuideOf = ({ initScale, rank }) => (model, context) =>
  new pplGuides.AutoLowRankMultivariateNormal(model, { ...context, initScale, rank });

const normals = { isPoint: false, isMeanField: true };

export const ways: readonly Way[] = [
  allLayers('maximum a posteriori', () => pplGuides.AutoDelta, { isPoint: true, isMeanField: false }),
  allLayers('mean field', meanFieldGuide, normals),
  allLayers('mean field, scales only', scaleOnlyGuide, normals),
  // What training on features does by itself: the others are to be compared with this.
  lastLayer('maximum likelihood', () => null, { isPoint: true }),
  // One layer's standard deviations need no bound.
  lastLayer('mean field', ({ initScale }) => guides.autoNormal({ initScale }), { isMeanField: true }),
  lastLayer('full covariance', fullGuide),
  lastLayer('low rank', lowRankGuide),
];

/** Runs `fit` with gradients as the settings have them, in ways where that makes a difference. */
export function estimating<R>({ isMeanField }: Way, estimator: Estimator, fit: () => R): R {
  return isMeanField && estimator !== 'plain' ? handlers[estimator]().run(fit) : fit();
}
