/** @file The network trained as usual: squared error, by tfjs-layers' own `fit`. */
import * as tf from '@tensorflow/tfjs-core';
import { columns, inMilesPerGallon, milesPerGallon, type CarsData, type Score } from './carsData.ts';
import { network } from './network.ts';

export interface DeterministicFit {
  readonly score: Score;
  /** Miles per gallon at each power of the grid. */
  readonly curve: readonly number[];
}

/**
 * Trains the network on all cars at once. Its noise is Gaussian with the standard deviation of the residuals in training:
 * the maximum of the likelihood, as the weights are.
 *
 * @param grid - standard units.
 */
export async function fitDeterministic(
  data: CarsData,
  grid: readonly number[],
  { steps, lr, seed }: { readonly steps: number; readonly lr: number; readonly seed: number },
): Promise<DeterministicFit> {
  const began = performance.now();
  const train = columns(data.train, data);
  const test = columns(data.test, data);
  const net = network(seed);
  const optimizer = tf.train.adam(lr);
  const [x, y] = [tf.tensor2d(train.x), tf.tensor2d(train.y)];
  try {
    net.compile({ optimizer, loss: 'meanSquaredError' });
    await net.fit(x, y, { epochs: steps, batchSize: train.x.length, shuffle: false, verbose: 0, yieldEvery: 'never' });
    const seconds = (performance.now() - began) / 1000;
    const predict = (inputs: number[][]) => tf.tidy(() => (net.predict(tf.tensor2d(inputs)) as tf.Tensor).dataSync());
    const error = (inputs: number[][], targets: number[][]) => meanSquare(predict(inputs), targets);
    const variance = error(train.x, train.y);
    const meanSquaredError = error(test.x, test.y);
    const logLikelihood = -0.5 * (Math.log(2 * Math.PI * variance) + meanSquaredError / variance);
    return {
      score: { name: 'deterministic network', ...inMilesPerGallon(data, { meanSquaredError, logLikelihood }), seconds },
      curve: milesPerGallon(predict(grid.map((power) => [power])), data),
    };
  } finally {
    net.dispose();
    optimizer.dispose();
    tf.dispose([x, y]);
  }
}

function meanSquare(predictions: ArrayLike<number>, targets: readonly number[][]): number {
  return targets.reduce((sum, [target = 0], i) => sum + ((predictions[i] ?? Number.NaN) - target) ** 2, 0) / targets.length;
}
