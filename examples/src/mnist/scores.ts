/** @file What predictions are worth: on the digits that they are for, and on images that are no such digits. */
import * as tf from '@tensorflow/tfjs-core';
import { metrics, type ProbabilisticNet } from '@tychejs/bnn';
import { labelsOf, type Images, type LabelledImages } from './images.ts';
import { predictDraws } from './predict.ts';

/** Images for the network to doubt, and the share of pairs in which it doubts such a one more than a digit. */
export interface Foreign<T> {
  /** Digits turned by a quarter. */
  readonly turned: T;
  readonly clothes: T;
}

/** How well doubt tells foreign images from digits: areas under the ROC. */
export interface Detection {
  /** By the entropy of the prediction. */
  readonly entropy: number;
  /** By the mutual information of class and weights; `null` where weights are certain. */
  readonly mutualInformation: number | null;
}

export interface Scores {
  /** The share of digits that are taken for others. */
  readonly error: number;
  /** In nats a digit. */
  readonly negativeLogLikelihood: number;
  readonly calibrationError: number;
  /** The mean probability of the class that is predicted. */
  readonly confidence: number;
  readonly detection: Foreign<Detection>;
  /** The entropies of predictions, in nats, for one digit at each of the angles. */
  readonly entropyByAngle: readonly number[];
}

export interface TestImages {
  readonly test: LabelledImages;
  readonly foreign: Foreign<Images>;
  /** One digit, turned further and further. */
  readonly turning: Images;
}

export interface PredictSettings {
  readonly inputShape: readonly number[];
  readonly numSamples: number;
}

export function scoresOf(net: ProbabilisticNet<tf.Tensor>, images: TestImages, settings: PredictSettings): Scores {
  const { test, foreign, turning } = images;
  const { uncertainty: known, ...quality } = onDigits(net, test, settings);
  const detect = (some: Images): Detection => {
    const unknown = uncertaintyOf(net, some, settings);
    const area = (kind: 'total' | 'epistemic'): number =>
      metrics.areaUnderRoc([...known[kind], ...unknown[kind]], [...known[kind].map(() => 0), ...unknown[kind].map(() => 1)]);
    return { entropy: area('total'), mutualInformation: settings.numSamples === 1 ? null : area('epistemic') };
  };
  return {
    ...quality,
    detection: { turned: detect(foreign.turned), clothes: detect(foreign.clothes) },
    entropyByAngle: uncertaintyOf(net, turning, settings).total,
  };
}

function onDigits(net: ProbabilisticNet<tf.Tensor>, test: LabelledImages, settings: PredictSettings) {
  const options = { logits: true };
  const draws = predictDraws(net, test, settings);
  const prediction = net.likelihood.aggregatePredictions(draws);
  const labels = labelsOf(test);
  const { accuracy, confidence, expectedCalibrationError } = metrics.reliabilityDiagram(prediction, labels, options);
  const quality = {
    error: 1 - accuracy,
    negativeLogLikelihood: metrics.negativeLogLikelihood(prediction, labels, options),
    calibrationError: expectedCalibrationError,
    confidence,
    uncertainty: metrics.categoricalUncertainty(draws, options),
  };
  tf.dispose([draws, prediction, labels]);
  return quality;
}

function uncertaintyOf(net: ProbabilisticNet<tf.Tensor>, images: Images, settings: PredictSettings) {
  const draws = predictDraws(net, images, settings);
  const uncertainty = metrics.categoricalUncertainty(draws, { logits: true });
  draws.dispose();
  return uncertainty;
}
