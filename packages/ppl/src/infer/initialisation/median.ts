/** @file Medians over draws. */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import type { Constraint } from '../../constraints/constraint.ts';
import { IndependentConstraint } from '../../constraints/independent.ts';
import { Interval } from '../../constraints/interval.ts';
import { Simplex } from '../../constraints/vectors.ts';
import type { Distribution } from '../../distributions/distribution.ts';
import type { RandomStream } from '../../random/stream.ts';
import { biject } from '../../transforms/biject.ts';

/**
 * The median over `count` draws, taken element by element in unconstrained space. Where it lies so far out that float32 cannot
 * tell its image from an edge of the support, as under priors that are next to improper, it is zero instead.
 */
export function medianOverDraws(distribution: Distribution, count: number, stream: RandomStream): Tensor {
  return tf.tidy(() => {
    const transform = biject(distribution.support);
    const draws = transform.inverse(distribution.sample([count], stream));
    const shape = draws.shape.slice(1);
    const bound = farOut(distribution.support);
    const medians = mediansOfColumns(draws.dataSync() as Float32Array, count).map((u) => (Math.abs(u) <= bound ? u : 0));
    return tf.clone(transform.forward(tf.tensor(medians, shape)));
  });
}

/**
 * How far from zero an unconstrained value may lie. The logistic function is 1 in float32 from 17 on; on a half-line, squares and
 * cubes overflow soon beyond exp(30).
 */
function farOut(support: Constraint): number {
  const set = support instanceof IndependentConstraint ? support.base : support;
  if (set instanceof Simplex) return 15;
  if (!(set instanceof Interval)) return Number.MAX_VALUE;
  const numBounds = Number(set.lower !== -Infinity) + Number(set.upper !== Infinity);
  return [Number.MAX_VALUE, 30, 15][numBounds] as number;
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
