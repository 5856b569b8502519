/** @file Eight schools (Rubin 1981), non-centred. */
import * as tf from '@tensorflow/tfjs-core';
import { halfCauchy } from '../../src/distributions/halfCauchy.ts';
import { normal } from '../../src/distributions/normal.ts';
import { plate } from '../../src/plate.ts';
import { deterministic, sample } from '../../src/primitives.ts';

export const EFFECTS = [28, 8, -3, 7, -1, 1, 18, 12];
export const STANDARD_ERRORS = [15, 10, 16, 11, 9, 11, 10, 18];

/** mu, tau, z and theta = mu + tau z are its sites, and y the observed effects. */
export function eightSchools(): void {
  const mu = sample('mu', normal(0, 5));
  const tau = sample('tau', halfCauchy(5));
  plate('schools', 8, () => {
    const theta = deterministic('theta', tf.add(mu, tf.mul(tau, sample('z', normal(0, 1)))));
    sample('y', normal(theta, STANDARD_ERRORS), { obs: EFFECTS });
  });
}
