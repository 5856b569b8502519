/** @file A line for each country: the same for all, each by itself, or drawn from a common distribution. */
import * as tf from '@tensorflow/tfjs-core';
import { deterministic, dist, plate, sample } from '@tychejs/ppl';
import type { Observations } from './data.ts';

/** Statements about `observations` of `count` countries. */
export type Model = (count: number, observations: Observations) => void;

/** life ~ Normal(intercept + slope time, sigma); intercepts and slopes have an entry for each country, or are one for all. */
function observe(intercept: tf.Tensor, slope: tf.Tensor, { country, time, life }: Observations): void {
  const sigma = sample('sigma', dist.halfNormal(5));
  const index = tf.tensor1d([...country], 'int32');
  const its = (of: tf.Tensor): tf.Tensor => (of.rank === 0 ? of : tf.gather(of, index));
  plate('observations', life.length, () => {
    const mean = tf.add(its(intercept), tf.mul(its(slope), tf.tensor1d([...time])));
    sample('life', dist.normal(mean, sigma), { obs: tf.tensor1d([...life]) });
  });
}

/** One line for all. */
const pooled: Model = (_count, observations) => {
  observe(sample('intercept', dist.normal(65, 20)), sample('slope', dist.normal(0, 20)), observations);
};

/** A line for each, which knows nothing of the others but the size of the noise. */
const unpooled: Model = (count, observations) => {
  const [intercept, slope] = plate('countries', count, () => [sample('intercept', dist.normal(65, 20)), sample('slope', dist.normal(0, 20))] as const);
  observe(intercept, slope, observations);
};

/** What countries have in common: where their lines lie, and how far apart. */
function common() {
  return {
    intercept: { mean: sample('intercept.mean', dist.normal(65, 20)), sd: sample('intercept.sd', dist.halfNormal(20)) },
    slope: { mean: sample('slope.mean', dist.normal(0, 20)), sd: sample('slope.sd', dist.halfNormal(20)) },
  };
}

/** Lines are drawn around their common means, as one would write it down. */
const centred: Model = (count, observations) => {
  const { intercept, slope } = common();
  const [a, b] = plate('countries', count, () => [
    sample('intercept', dist.normal(intercept.mean, intercept.sd)),
    sample('slope', dist.normal(slope.mean, slope.sd)),
  ] as const);
  observe(a, b, observations);
};

/** The same distribution, by offsets that know nothing of what they are multiplied by. */
const nonCentred: Model = (count, observations) => {
  const { intercept, slope } = common();
  const [a, b] = plate('countries', count, () => [
    deterministic('intercept', tf.add(intercept.mean, tf.mul(intercept.sd, sample('intercept.offset', dist.normal(0, 1))))),
    deterministic('slope', tf.add(slope.mean, tf.mul(slope.sd, sample('slope.offset', dist.normal(0, 1))))),
  ] as const);
  observe(a, b, observations);
};

export const models = { pooled, unpooled, centred, nonCentred } as const;

export type ModelName = keyof typeof models;
