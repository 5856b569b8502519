/** @file Posteriors of posteriordb, as models. */
import * as counts from './counts.js';
import * as differentialEquations from './differentialEquations.js';
import * as gaussianProcesses from './gaussianProcesses.js';
import * as hiddenMarkov from './hiddenMarkov.js';
import * as hierarchies from './hierarchies.js';
import * as itemResponse from './itemResponse.js';
import * as mixtures from './mixtures.js';
import * as regressions from './regressions.js';
import * as sparse from './sparse.js';
import * as timeSeries from './timeSeries.js';
import * as varied from './varied.js';

/**
 * Those whose data and reference draws are in `bench/data/posteriordb`: the model of each, a function of its data. Sites
 * have the names of the reference.
 */
export const MODELS = {
  'arK-arK': timeSeries.arK,
  'earnings-logearn_interaction': regressions.logearnInteraction,
  'eight_schools-eight_schools_noncentered': hierarchies.eightSchoolsNoncentered,
  'garch-garch11': timeSeries.garch11,
  'gp_pois_regr-gp_regr': gaussianProcesses.gpRegr,
  'kidiq-kidscore_interaction': regressions.kidscoreInteraction,
  'kidiq-kidscore_momiq': regressions.kidscoreMomiq,
  'kilpisjarvi_mod-kilpisjarvi': regressions.kilpisjarvi,
  'low_dim_gauss_mix-low_dim_gauss_mix': mixtures.lowDimGaussMix,
  'mesquite-logmesquite': regressions.logmesquite,
  'nes1980-nes': regressions.nes,
  'sblrc-blr': regressions.blr,
};

const files = [counts, differentialEquations, gaussianProcesses, hiddenMarkov, hierarchies, itemResponse, mixtures, sparse, timeSeries, varied];

/**
 * Others, each `{ model, data }`: `data(stream)` simulates data of the kind that posteriordb has, or gives them where they
 * are short.
 */
export const OTHERS = Object.fromEntries(files.flatMap((file) => Object.entries(file).filter(([, entry]) => 'model' in entry)));
