/** @file What is measured: models, their data, and the Stan programs to compare with. */
import { readFileSync } from 'node:fs';
import { bayesianNetwork, logistic } from '../models/benchmarks.js';
import { MODELS } from '../models/posteriordb/index.js';

const read = (path) => JSON.parse(readFileSync(new URL(`../data/${path}`, import.meta.url)));

const posterior = (name, stan) => [name, { model: MODELS[name], data: () => read(`posteriordb/${name}/data.json`), stan: [stan] }];

/**
 * By name: the model, its data, the names of programs in `bench/stan`, the data as Stan takes them, where they differ, and
 * how many draws to make, after as many of warm-up, where that is not 1,000.
 */
export const CASES = Object.fromEntries([
  posterior('eight_schools-eight_schools_noncentered', 'eight_schools'),
  posterior('kidiq-kidscore_momiq', 'kidscore_momiq'),
  ['logistic-1000x20', { model: logistic, data: () => read('logistic.json'), stan: ['logistic', 'logistic_glm'] }],
  [
    'bnn-1-50-1',
    {
      model: bayesianNetwork,
      data: () => read('bnn_regression.json'),
      stan: ['bnn'],
      // Of 1,023 gradients each.
      draws: 100,
      stanData: ({ x, y, noise_sd }) => ({ N: x.length, x: x.map((value) => [value]), y, noise_sd }),
    },
  ],
  posterior('arK-arK', 'arK'),
  posterior('earnings-logearn_interaction', 'logearn_interaction'),
  posterior('garch-garch11', 'garch11'),
  posterior('gp_pois_regr-gp_regr', 'gp_regr'),
  posterior('kidiq-kidscore_interaction', 'kidscore_interaction'),
  posterior('kilpisjarvi_mod-kilpisjarvi', 'kilpisjarvi'),
  posterior('low_dim_gauss_mix-low_dim_gauss_mix', 'low_dim_gauss_mix'),
  posterior('mesquite-logmesquite', 'logmesquite'),
  posterior('nes1980-nes', 'nes'),
  posterior('sblrc-blr', 'blr'),
]);
