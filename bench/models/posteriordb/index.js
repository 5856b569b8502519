/** @file The posteriors of posteriordb whose reference draws are in `bench/data/posteriordb`. */
import { gpRegr } from './gaussianProcesses.js';
import { eightSchoolsNoncentered } from './hierarchies.js';
import { lowDimGaussMix } from './mixtures.js';
import * as regressions from './regressions.js';
import { arK, garch11 } from './timeSeries.js';

/** The model of each posterior, a function of its data. Sites have the names of the reference. */
export const MODELS = {
  'arK-arK': arK,
  'earnings-logearn_interaction': regressions.logearnInteraction,
  'eight_schools-eight_schools_noncentered': eightSchoolsNoncentered,
  'garch-garch11': garch11,
  'gp_pois_regr-gp_regr': gpRegr,
  'kidiq-kidscore_interaction': regressions.kidscoreInteraction,
  'kidiq-kidscore_momiq': regressions.kidscoreMomiq,
  'kilpisjarvi_mod-kilpisjarvi': regressions.kilpisjarvi,
  'low_dim_gauss_mix-low_dim_gauss_mix': lowDimGaussMix,
  'mesquite-logmesquite': regressions.logmesquite,
  'nes1980-nes': regressions.nes,
  'sblrc-blr': regressions.blr,
};
