/** @file The joint runs of guide and model that one estimate is made from. */
import * as tf from '@tensorflow/tfjs-core';
import type { Scalar } from '@tensorflow/tfjs-core';
import type { Particle } from './particle.ts';
import { addUp } from './total.ts';

export interface Particles {
  /** One run for each particle, or a single one that has them all along the dimension `dim`. */
  readonly runs: readonly Particle[];
  /** Number of particles. */
  readonly count: number;
  /** The dimension of particles in all batch shapes, negative; `null` where each has a run to itself. */
  readonly dim: number | null;
}

/** The mean over particles of an estimate that, of a run with several of them, is their sum. */
export function average({ runs, count }: Particles, estimate: (run: Particle) => Scalar): Scalar {
  const sum = addUp(runs.map(estimate)) ?? tf.scalar(0);
  return count === 1 ? sum : tf.div(sum, count);
}
