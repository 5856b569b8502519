/** @file The normal distribution of the last layer's weights, after the data. */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor, Tensor2D } from '@tensorflow/tfjs-core';
import type { RandomStream, SampleArray } from '@tychejs/ppl';
import type { Hyperparameters, Posterior } from './evidence.ts';
import { logEvidence, posteriorAt } from './evidence.ts';
import type { LastLayer } from './lastLayer.ts';
import type { PosteriorParts } from './posteriorParts.ts';
import type { OutputVariance, Spectrum } from './spectrum.ts';

/** Kernel [inputs, outputs] and bias [outputs], or several of them along a new first dimension. */
export interface LayerWeights<T> {
  readonly kernel: T;
  readonly bias?: T;
}

/** The normal distribution of the last layer's weights, and what follows from it: evidence, draws, moments of the outputs. */
export class LastLayerPosterior {
  readonly parts: PosteriorParts;
  private readonly layer: LastLayer;
  private readonly spectrum: Spectrum;
  private readonly posterior: Posterior;
  private readonly variance: OutputVariance;

  /** @param isCoupled - whether it is only the outputs' contrasts that count. */
  constructor(layer: LastLayer, parts: PosteriorParts, spectrum: Spectrum, isCoupled: boolean) {
    this.layer = layer;
    this.parts = parts;
    this.spectrum = spectrum;
    this.posterior = posteriorAt(parts.expansion, parts.hyperparameters);
    this.variance = spectrum.outputVariance(this.posterior.variances, isCoupled);
  }

  logEvidence(hyperparameters: Hyperparameters = this.parts.hyperparameters): number {
    return logEvidence(this.parts.expansion, hyperparameters);
  }

  /** `count` draws of the weights. */
  draw(stream: RandomStream, count: number): LayerWeights<SampleArray> {
    const { mean, variances } = this.posterior;
    return this.stacked(Array.from({ length: count }, () => this.spectrum.fromBasis(mean.map((m, i) => m + Math.sqrt(variances[i] ?? 0) * stream.normal()))));
  }

  /** Mean and variance (of contrasts, where only those count) of the network's outputs at features [..., inputs]: shape [..., outputs]. */
  outputs(features: Tensor): { mean: Tensor; variance: Tensor } {
    const { inputs, outputs, hasBias } = this.layer;
    const lead = features.shape.slice(0, -1);
    const rows = tf.reshape(features, [-1, inputs]) as Tensor2D;
    const withOnes = hasBias ? (tf.concat([rows, tf.ones([rows.shape[0], 1])], 1) as Tensor2D) : rows;
    const weights = tf.tensor2d(Float32Array.from(this.spectrum.fromBasis(this.posterior.mean)), [outputs, this.layer.features]);
    const shaped = (x: Tensor): Tensor => tf.reshape(x, [...lead, outputs]);
    return { mean: shaped(tf.matMul(withOnes, weights, false, true)), variance: shaped(this.variance(withOnes)) };
  }

  private stacked(draws: readonly Float64Array[]): LayerWeights<SampleArray> {
    const { inputs, outputs, features, hasBias } = this.layer;
    const count = draws.length;
    const kernel = { data: new Float64Array(count * inputs * outputs), shape: [count, inputs, outputs] };
    const bias = { data: new Float64Array(count * outputs), shape: [count, outputs] };
    draws.forEach((draw, s) => {
      for (let c = 0; c < outputs; c++) {
        for (let k = 0; k < inputs; k++) kernel.data[(s * inputs + k) * outputs + c] = draw[c * features + k] ?? 0;
        if (hasBias) bias.data[s * outputs + c] = draw[c * features + inputs] ?? 0;
      }
    });
    return hasBias ? { kernel, bias } : { kernel };
  }
}

/** The layer's output at features [..., inputs], with these weights. */
export function applyLayer(features: Tensor, { kernel, bias }: LayerWeights<Tensor>): Tensor {
  const [inputs = 0, outputs = 0] = kernel.shape;
  const product = tf.matMul(tf.reshape(features, [-1, inputs]) as Tensor2D, kernel as Tensor2D);
  const output = tf.reshape(product, [...features.shape.slice(0, -1), outputs]);
  return bias === undefined ? output : tf.add(output, bias);
}
