/** How far the regression is fitted after 4,000 steps of Adam at 1e-3: -ELBO, over several seeds. */
import * as tf from '@tensorflow/tfjs-core';
import { guides, VariationalBNN } from '@tychejs/bnn';
import { handlers, infer, optim } from '@tychejs/ppl';
import { CASES } from './cases.mjs';
import { WAYS } from './measure.mjs';

/** So many of the last losses are averaged: their noise is large. */
const LAST = 200;

const mean = (values) => values.reduce((sum, value) => sum + value, 0) / values.length;

async function loss(way, data) {
  const { net, prior, likelihood } = CASES.regression;
  // As TyXe's guides begin by default: at medians of 15 draws from the prior.
  const guide = guides.autoNormal({ initLoc: infer.initToMedian(15), initScale: 0.01 });
  const bnn = new VariationalBNN({ net: net(), prior: prior(), likelihood: likelihood(), guide });
  const { losses } = await WAYS[way](() => bnn.fit(data, { optim: optim.adam({ lr: 1e-3 }), epochs: 4000, progressBar: false }));
  bnn.dispose();
  return mean(losses.slice(-LAST));
}

/** By way, the losses of all seeds. */
export async function fits(seeds) {
  const data = CASES.regression.data();
  const result = {};
  for (const way of ['plain', 'local']) {
    result[way] = [];
    for (let seed = 0; seed < seeds; seed++) result[way].push(await handlers.seed({ seed }).run(() => loss(way, data)));
  }
  tf.dispose(data);
  return result;
}

/** Their mean, and its standard error. */
export function summary(losses) {
  const centre = mean(losses);
  const variance = losses.reduce((sum, x) => sum + (x - centre) ** 2, 0) / (losses.length - 1);
  return { mean: centre, standardError: Math.sqrt(variance / losses.length) };
}
