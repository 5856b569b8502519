/** @file What is trained: the whole network on photographs, or its last layer on what the others find in them. */
import * as tf from '@tensorflow/tfjs-core';
import type { LayersModel } from '@tensorflow/tfjs-layers';
import type { FitData, FitOptions, ProbabilisticNet } from '@tychejs/bnn';
import { batchesOf, batchesPerEpoch } from './batches.ts';
import type { Task } from './classes.ts';
import { allPlaces, labelsOf, type Photographs } from './images.ts';
import { featuresOf, headOf } from './network.ts';
import { featuresAt, headPredictorOf, predictorOf, type Predictor } from './predict.ts';
import type { TrainSettings } from './pretrain.ts';
import { plainNet } from './ways.ts';

export interface Trainer {
  /** The network, with the weights that guides begin at. */
  readonly net: LayersModel;
  readonly train: TrainSettings;
  readonly data: FitData;
  /** What else `fit` is to be told. */
  readonly options: Pick<FitOptions, 'batchSize'>;
  readonly stepsPerEpoch: number;
  readonly predictor: (net: ProbabilisticNet<tf.Tensor>, numSamples: number) => Predictor;
  readonly dispose: () => void;
}

export interface TrainerSettings {
  /** Of ways that train all layers. */
  readonly tune: TrainSettings;
  /** Of ways that train the last one. */
  readonly tuneLast: TrainSettings;
  readonly seed: number;
}

export function wholeNet({ train }: Task, net: LayersModel, { tune, seed }: TrainerSettings): Trainer {
  return {
    net,
    train: tune,
    data: batchesOf(train, tune.batchSize, seed),
    options: {},
    stepsPerEpoch: batchesPerEpoch(train, tune.batchSize),
    predictor: (bnn, numSamples) => predictorOf(bnn, numSamples, seed),
    dispose: () => undefined,
  };
}

/** The other layers stay as they are, so that features are computed once, of photographs and of mirrored ones. */
export function lastLayer(task: Task, net: LayersModel, { tuneLast, seed }: TrainerSettings): Trainer {
  // Compiled, it is many times faster than tfjs's own predictions.
  const body = plainNet(featuresOf(net), task.train.count);
  const head = headOf(net);
  const labels = labelsOf(task.train, allPlaces(task.train));
  const x = tf.tidy(() => tf.concat([featuresAt(body, task.train), featuresAt(body, task.train, { mirrored: true })]));
  const y = tf.tidy(() => tf.concat([labels, labels]));
  const found = new Map([task.test, task.foreign].map((photographs) => [photographs, featuresAt(body, photographs)]));
  return {
    net: head,
    train: tuneLast,
    data: { x, y },
    options: { batchSize: tuneLast.batchSize },
    stepsPerEpoch: Math.ceil((2 * task.train.count) / tuneLast.batchSize),
    predictor: (bnn, numSamples) => headPredictorOf(bnn, (photographs) => lookUp(found, photographs), numSamples, seed),
    dispose: () => {
      tf.dispose([x, y, labels, ...found.values()]);
      head.dispose();
      body.dispose();
    },
  };
}

function lookUp(found: ReadonlyMap<Photographs, tf.Tensor>, photographs: Photographs): tf.Tensor {
  const features = found.get(photographs);
  if (features === undefined) throw new Error('the last layer knows the features of the photographs of the test only');
  return features;
}
