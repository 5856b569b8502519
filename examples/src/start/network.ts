/** @file The network that is fitted twice. */
import * as tfl from '@tensorflow/tfjs-layers';

/** 1 – 50 – 50 – 1, with rectifiers between; the seed chooses the weights that training starts from. */
export function network(seed: number): tfl.Sequential {
  const kernel = (layer: number) => tfl.initializers.glorotUniform({ seed: seed + layer });
  return tfl.sequential({
    layers: [
      tfl.layers.dense({ units: 50, activation: 'relu', inputShape: [1], kernelInitializer: kernel(1) }),
      tfl.layers.dense({ units: 50, activation: 'relu', kernelInitializer: kernel(2) }),
      tfl.layers.dense({ units: 1, kernelInitializer: kernel(3) }),
    ],
  });
}
