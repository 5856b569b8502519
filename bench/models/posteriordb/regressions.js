/**
 * @file Linear regressions. `beta` is flat unless said otherwise. Predictors go through `data`, which keeps their float64
 * digits where tfjs would round them to float32.
 */
import * as tf from '@tensorflow/tfjs-core';
import { constraints, data, dist, plate, sample } from '@tychejs/ppl';

const flat = (size) => dist.improperUniform(constraints.real, [], [size]);
const flatPositive = () => dist.improperUniform(constraints.positive);

/** y ~ N(Σ_k β_k column_k, σ). */
function regression(columns, y, beta, sigma) {
  const design = tf.transpose(data(columns));
  plate('observations', y.length, () => sample('y', dist.normal(tf.dot(design, beta), sigma), { obs: y }));
}

const product = (a, b) => a.map((x, i) => x * b[i]);
const log = (values) => values.map(Math.log);
const ones = (values) => values.map(() => 1);
const indicator = (values, level) => values.map((value) => (value === level ? 1 : 0));

/** kidiq-kidscore_momiq: an unscaled predictor. */
export function kidscoreMomiq({ kid_score, mom_iq }) {
  const beta = sample('beta', flat(2));
  const sigma = sample('sigma', dist.halfCauchy(2.5));
  const [intercept, slope] = tf.unstack(beta);
  plate('children', kid_score.length, () => {
    sample('kid_score', dist.normal(tf.add(intercept, tf.mul(slope, data(mom_iq))), sigma), { obs: kid_score });
  });
}

/** kidiq-kidscore_interaction. */
export function kidscoreInteraction({ kid_score, mom_hs, mom_iq }) {
  const beta = sample('beta', flat(4));
  const sigma = sample('sigma', dist.halfCauchy(2.5));
  regression([ones(mom_hs), mom_hs, mom_iq, product(mom_hs, mom_iq)], kid_score, beta, sigma);
}

/** earnings-logearn_interaction: very badly conditioned. */
export function logearnInteraction({ earn, height, male }) {
  const beta = sample('beta', flat(4));
  const sigma = sample('sigma', flatPositive());
  regression([ones(height), height, male, product(height, male)], log(earn), beta, sigma);
}

/** mesquite-logmesquite. */
export function logmesquite({ weight, diam1, diam2, canopy_height, total_height, density, group }) {
  const beta = sample('beta', flat(7));
  const sigma = sample('sigma', flatPositive());
  const logs = [diam1, diam2, canopy_height, total_height, density].map(log);
  regression([ones(group), ...logs, group], log(weight), beta, sigma);
}

/** nes1980-nes. */
export function nes({ partyid7, real_ideo, race_adj, age_discrete, educ1, gender, income }) {
  const beta = sample('beta', flat(9));
  const sigma = sample('sigma', flatPositive());
  const ages = [2, 3, 4].map((level) => indicator(age_discrete, level));
  regression([ones(partyid7), real_ideo, race_adj, ...ages, educ1, gender, income], partyid7, beta, sigma);
}

/** sblrc-blr: y ~ N(Xβ, σ); β ~ N(0, 10); σ ~ N⁺(0, 10). */
export function blr({ X, y, D, N }) {
  const beta = plate('predictors', D, () => sample('beta', dist.normal(0, 10)));
  const sigma = sample('sigma', dist.halfNormal(10));
  plate('observations', N, () => sample('y', dist.normal(tf.dot(data(X), beta), sigma), { obs: y }));
}

/** kilpisjarvi_mod-kilpisjarvi: nearly singular, for `x` is the calendar year; σ is flat. */
export function kilpisjarvi({ x, y, pmualpha, psalpha, pmubeta, psbeta }) {
  const alpha = sample('alpha', dist.normal(pmualpha, psalpha));
  const beta = sample('beta', dist.normal(pmubeta, psbeta));
  const sigma = sample('sigma', flatPositive());
  plate('years', x.length, () => sample('y', dist.normal(tf.add(alpha, tf.mul(beta, x)), sigma), { obs: y }));
}
