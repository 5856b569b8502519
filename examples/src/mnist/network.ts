/** @file The two networks, without anything Bayesian about them. */
import { initializers, layers, sequential, type Sequential } from '@tensorflow/tfjs-layers';
import { PIXELS, SIDE } from './images.ts';

/** A kind of network, and what it takes. */
export interface Architecture {
  readonly name: string;
  /** The shape of one image. */
  readonly inputShape: readonly number[];
  /** A network with weights by `seed`, whose last layer is called `logits`. */
  readonly build: (seed: number) => Sequential;
}

const CLASSES = 10;

/** 784-units-units-10. */
export function perceptron(units: number): Architecture {
  return {
    name: 'MLP',
    inputShape: [PIXELS],
    build: (seed) => {
      const hidden = (name: string, rest: object, place: number) =>
        layers.dense({ name, units, activation: 'relu', kernelInitializer: initializers.heNormal({ seed: seed + place }), ...rest });
      return sequential({ layers: [hidden('hidden1', { inputShape: [PIXELS] }, 0), hidden('hidden2', {}, 1), logits(seed + 2)] });
    },
  };
}

/** Two convolutions of 3 × 3, with `filters` and twice as many, each with pooling, and a layer above. */
export function convolutional(filters: number): Architecture {
  const inputShape = [SIDE, SIDE, 1];
  return {
    name: 'CNN',
    inputShape,
    build: (seed) => {
      const convolution = (name: string, times: number, rest: object, place: number) =>
        layers.conv2d({
          name, filters: times * filters, kernelSize: 3, padding: 'same', activation: 'relu',
          kernelInitializer: initializers.heNormal({ seed: seed + place }), ...rest,
        });
      const pool = () => layers.maxPooling2d({ poolSize: 2 });
      return sequential({
        layers: [convolution('conv1', 1, { inputShape }, 0), pool(), convolution('conv2', 2, {}, 1), pool(), layers.flatten(), logits(seed + 2)],
      });
    },
  };
}

function logits(seed: number) {
  return layers.dense({ name: 'logits', units: CLASSES, kernelInitializer: initializers.glorotUniform({ seed }) });
}
