/** @file Medians over draws. */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import type { Distribution } from '../../distributions/distribution.ts';
import type { RandomStream } from '../../random/stream.ts';
import { biject } from '../../transforms/biject.ts';

/** The median over `count` draws, taken element by element in unconstrained space. */
export function medianOverDraws(distribution: Distribution, count: number, stream: RandomStream): Tensor {
  return tf.tidy(() => {
    const transform = biject(distribution.support);
    const draws = transform.inverse(distribution.sample([count], stream));
    const shape = draws.shape.slice(1);
    const medians = mediansOfColumns(draws.dataSync() as Float32Array, count);
    return tf.clone(transform.forward(tf.tensor(medians, shape)));
  });
}

/** The median of each column of a matrix with `rows` rows; the mean of the two in the middle if `rows` is even. */
export function mediansOfColumns(values: Float32Array, rows: number): Float32Array {
  const columns = values.length / rows;
  const column = new Float32Array(rows);
  return Float32Array.from({ length: columns }, (_, j) => {
    for (let i = 0; i < rows; i++) column[i] = values[i * columns + j] as number;
    column.sort();
    const middle = rows >> 1;
    const upper = column[middle] as number;
    return rows % 2 === 1 ? upper : ((column[middle - 1] as number) + upper) / 2;
  });
}
