/** @file Hierarchical models. */
import * as tf from '@tensorflow/tfjs-core';
import { deterministic, dist, plate, sample } from '@tychejs/ppl';

/** eight_schools-eight_schools_noncentered. */
export function eightSchoolsNoncentered({ J, y, sigma }) {
  const mu = sample('mu', dist.normal(0, 5));
  const tau = sample('tau', dist.halfCauchy(5));
  plate('schools', J, () => {
    const standard = sample('theta_trans', dist.normal(0, 1));
    const theta = deterministic('theta', tf.add(mu, tf.mul(tau, standard)));
    sample('y', dist.normal(theta, sigma), { obs: y });
  });
}
