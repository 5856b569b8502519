/** @file What predictions are worth: on photographs of the classes that were learnt, and on those of others. */
import type * as tf from '@tensorflow/tfjs-core';
import { metrics } from '@tychejs/bnn';
import type { Task } from './classes.ts';
import { allPlaces, labelsOf } from './images.ts';
import type { Predictor } from './predict.ts';

export interface Scores {
  /** The share of photographs that are taken for something else. */
  readonly error: number;
  /** In nats a photograph. */
  readonly negativeLogLikelihood: number;
  readonly calibrationError: number;
  /** The mean squared distance of probabilities from what is there, summed over the classes. */
  readonly brier: number;
  /** How often a photograph of a foreign class is doubted more than one of a class that was learnt: the area under the ROC of entropy. */
  readonly detection: number;
}

export function scoresOf(predict: Predictor, { test, foreign }: Pick<Task, 'test' | 'foreign'>): Scores {
  const options = { logits: true };
  const [known, unknown] = [predict(test), predict(foreign)];
  const labels = labelsOf(test, allPlaces(test));
  const { accuracy, expectedCalibrationError } = metrics.reliabilityDiagram(known, labels, options);
  const entropies = (prediction: tf.Tensor) => metrics.predictiveEntropy(prediction, options);
  const [doubt, foreignDoubt] = [entropies(known), entropies(unknown)];
  const scores = {
    error: 1 - accuracy,
    negativeLogLikelihood: metrics.negativeLogLikelihood(known, labels, options),
    calibrationError: expectedCalibrationError,
    brier: metrics.brier(known, labels, options),
    detection: metrics.areaUnderRoc([...doubt, ...foreignDoubt], [...doubt.map(() => 0), ...foreignDoubt.map(() => 1)]),
  };
  for (const tensor of [known, unknown, labels]) tensor.dispose();
  return scores;
}
