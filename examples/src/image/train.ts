/** @file Training with a loss of our own, and with a divergence from the prior that comes in slowly. */
import * as tf from '@tensorflow/tfjs-core';
import { infer, optim, RandomStream } from '@tychejs/ppl';
import { DropInBNN, handlers } from '@tychejs/bnn';

export interface TrainSettings {
  readonly steps: number;
  readonly lr: number;
  /** Pixels a step. */
  readonly batchSize: number;
  /** Errors below this size count by their squares, larger ones by themselves. */
  readonly tolerance: number;
  /** The divergence does not count in this many steps; then it comes in, evenly, in as many as the second number says. */
  readonly annealing: readonly [without: number, rising: number];
  /** What it counts in the end, beside the sum of the losses of all pixels. */
  readonly klFactor: number;
}

/** {@link TrainSettings}, and whether the weights are drawn by local reparameterisation, for which they must have a guide. */
export type HowToTrain = TrainSettings & { readonly isLocal: boolean };

/** Tensors with a row for each pixel to be trained on. */
export interface Pixels {
  readonly features: tf.Tensor2D;
  readonly brightness: tf.Tensor2D;
}

/** What the divergence counts at a step. */
export function klWeight(step: number, { annealing: [without, rising], klFactor }: Pick<TrainSettings, 'annealing' | 'klFactor'>): number {
  return klFactor * Math.min(1, Math.max(0, (step - without) / rising));
}

/** Charbonnier's loss, the mean of √(1 + (error / tolerance)²) - 1: half the squares of small errors, and large ones no more than they are. */
export function charbonnier(target: tf.Tensor, prediction: tf.Tensor, tolerance: number): tf.Scalar {
  return tf.tidy(() => {
    const error = tf.div(tf.sub(target, prediction), tolerance);
    return tf.mean(tf.sub(tf.sqrt(tf.add(tf.square(error), 1)), 1)) as tf.Scalar;
  });
}

/** Trains on random pixels, by compiled steps. @returns the loss of each step. */
export async function train(bnn: DropInBNN, { features, brightness }: Pixels, settings: HowToTrain, seed: number): Promise<number[]> {
  const { steps, lr, batchSize, tolerance, isLocal } = settings;
  const count = features.shape[0];
  const svi = new infer.SVI<[tf.Tensor, tf.Tensor, tf.Tensor]>({
    model: (x, y, weight) => tf.add(charbonnier(y, bnn.forward(x), tolerance), tf.mul(bnn.klLoss, weight)),
    guide: () => undefined,
    optim: optim.schedule(optim.adam({ lr }), { decaySteps: steps }),
    loss: (model, _guide, args) => model(...args) as tf.Scalar,
  });
  const stream = RandomStream.fromSeed(seed);
  const losses: number[] = [];
  const run = async () => {
    for (let step = 0; step < steps; step++) {
      const rows = tf.tensor1d(stream.choose(count, batchSize), 'int32');
      // The loss is a mean over pixels, the divergence that of all of them.
      const args = [tf.gather(features, rows), tf.gather(brightness, rows), tf.scalar(klWeight(step, settings) / count)] as const;
      losses.push(await svi.step(...args));
      tf.dispose([rows, ...args]);
    }
  };
  await (isLocal ? handlers.localReparameterization().run(run) : run());
  return losses;
}
