/** @file The network: from waves at a pixel to its brightness. */
import * as tfl from '@tensorflow/tfjs-layers';

export function network(features: number, hidden: number, seed: number): tfl.Sequential {
  const kernelInitializer = (layer: number) => tfl.initializers.glorotUniform({ seed: 10 * seed + layer });
  return tfl.sequential({
    layers: [
      tfl.layers.dense({ name: 'first', units: hidden, activation: 'tanh', inputShape: [features], kernelInitializer: kernelInitializer(1) }),
      tfl.layers.dense({ name: 'second', units: hidden, activation: 'tanh', kernelInitializer: kernelInitializer(2) }),
      tfl.layers.dense({ name: 'brightness', units: 1, kernelInitializer: kernelInitializer(3), biasInitializer: tfl.initializers.constant({ value: 0.5 }) }),
    ],
  });
}
