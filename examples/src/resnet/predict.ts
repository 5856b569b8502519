/** @file Predictions for many photographs, some at a time: the inner layers of thousands would not fit into memory. */
import * as tf from '@tensorflow/tfjs-core';
import { handlers } from '@tychejs/ppl';
import type { ProbabilisticNet } from '@tychejs/bnn';
import { allPlaces, inputsOf, type Photographs } from './images.ts';

const AT_ONCE = 250;

/** Gives a row for each photograph: of logarithms of the classes' probabilities, `[count, classes]`. The caller frees the tensor. */
export type Predictor = (photographs: Photographs) => tf.Tensor;

/** By draws of a network's weights, the same ones for all photographs. */
export function predictorOf(net: ProbabilisticNet<tf.Tensor>, numSamples: number, seed: number): Predictor {
  const predict = (x: tf.Tensor) => handlers.seed({ seed }).run(() => net.predict(x, { numSamples, engine: 'compiled' }));
  return (photographs) => inParts(photographs, predict);
}

/** By draws of a last layer's weights. @param featuresOf - gives what the other layers find, in tensors that stay its own. */
export function headPredictorOf(head: ProbabilisticNet<tf.Tensor>, featuresOf: Predictor, numSamples: number, seed: number): Predictor {
  return (photographs) => handlers.seed({ seed }).run(() => head.predict(featuresOf(photographs), { numSamples }));
}

/** What `body` finds in photographs, `[count, features]`; the caller frees the tensor. @param body - a network without uncertain weights. */
export function featuresAt(body: ProbabilisticNet<tf.Tensor>, photographs: Photographs, { mirrored = false }: { readonly mirrored?: boolean } = {}): tf.Tensor {
  // The only draw, as the network gives it.
  const outputs = (x: tf.Tensor) => tf.squeeze(body.predict(x, { numSamples: 1, aggregate: false, engine: 'compiled' }), [0]);
  return handlers.seed({ seed: 0 }).run(() => inParts(photographs, outputs, mirrored));
}

function inParts(photographs: Photographs, predict: (x: tf.Tensor) => tf.Tensor, mirrored = false): tf.Tensor {
  const places = allPlaces(photographs);
  const starts = Array.from({ length: Math.ceil(photographs.count / AT_ONCE) }, (_, part) => part * AT_ONCE);
  const at = (start: number) => inputsOf(photographs, places.slice(start, start + AT_ONCE), () => mirrored);
  return tf.tidy(() => tf.concat(starts.map((start) => tf.tidy(() => predict(at(start))))));
}
