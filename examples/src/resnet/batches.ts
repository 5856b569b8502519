/** @file Batches of photographs, mirrored at random. */
import type * as tf from '@tensorflow/tfjs-core';
import { RandomStream } from '@tychejs/ppl';
import { inputsOf, labelsOf, type Photographs } from './images.ts';

type Batch = readonly [x: tf.Tensor, y: tf.Tensor];

/**
 * Gives, at each call, the batches of another epoch, in random order, with left and right exchanged in every other photograph. All are
 * of the same size: a few photographs that are left over have to wait for the next epoch. A batch lives until the next one is asked for.
 *
 * @throws RangeError when there are not enough photographs for a batch.
 */
export function batchesOf(photographs: Photographs, batchSize: number, seed: number): () => Iterable<Batch> {
  if (batchSize > photographs.count) throw new RangeError(`a batch of ${batchSize} is asked for, but there are ${photographs.count} photographs`);
  const stream = RandomStream.fromSeed(seed);
  return () => epoch(photographs, batchSize, stream.split());
}

/** How many batches an epoch has. */
export function batchesPerEpoch({ count }: Photographs, batchSize: number): number {
  return Math.floor(count / batchSize);
}

function* epoch(photographs: Photographs, batchSize: number, stream: RandomStream): Generator<Batch> {
  const order = [...stream.choose(photographs.count, photographs.count)];
  for (let batch = 0; batch < batchesPerEpoch(photographs, batchSize); batch++) {
    const places = order.slice(batch * batchSize, (batch + 1) * batchSize);
    const x = inputsOf(photographs, places, () => stream.uniform() < 0.5);
    const y = labelsOf(photographs, places);
    try {
      yield [x, y];
    } finally {
      x.dispose();
      y.dispose();
    }
  }
}
