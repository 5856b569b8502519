/**
 * @file How near variational approximations come to twelve posteriors of posteriordb: every automatic guide, trained by compiled
 * steps of SVI, and Pathfinder. Build first: npx tsc -b packages/ppl. Prints tables in Markdown and writes results/guides.json.
 *
 *     node bench/guides.mjs [--only posterior] [--guide name] [--steps 100000] [--lr 0.01] [--particles 4] [--seed 1]
 *
 * Training is the same for all: Adam with a rate that falls from `lr` to 0 along a cosine, and default options of guides. Errors
 * are those of 2,000 draws against the reference draws, in units of the posterior standard deviation: their own noise is 0.02 of
 * it.
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import * as tf from '@tensorflow/tfjs-core';
import { getParamStore, guides, infer, optim, ready, setSeed } from '@tychejs/ppl';
import { MODELS } from './models/posteriordb/index.js';
import { garch11ByShare } from './models/posteriordb/timeSeries.js';

const { values: flags } = parseArgs({
  options: {
    only: { type: 'string' },
    guide: { type: 'string' },
    steps: { type: 'string', default: '100000' },
    lr: { type: 'string', default: '0.01' },
    particles: { type: 'string', default: '4' },
    seed: { type: 'string', default: '1' },
  },
});
const [steps, lr, numParticles, seed] = [flags.steps, flags.lr, flags.particles, flags.seed].map(Number);
const NUM_DRAWS = 2000;
const ELBO_DRAWS = 500;

/** Where a support depends on other sites, which guides do not follow: the same posterior without that. */
const FOR_GUIDES = { ...MODELS, 'garch-garch11': garch11ByShare };

const read = (name, file) => JSON.parse(readFileSync(new URL(`data/posteriordb/${name}/${file}.json`, import.meta.url)));

/** Trains `guide`, and gives it with the mean of the ELBO over the last tenth of the steps, where the rate is next to 0. */
async function train(model, guide) {
  const adam = optim.schedule(optim.adam({ lr }), { decaySteps: steps });
  const svi = new infer.SVI({ model, guide, optim: adam, loss: new infer.TraceELBO({ numParticles }), engine: 'compiled' });
  const { losses, skipped } = await svi.run({ steps, stableUpdate: true, progressBar: false });
  const last = losses.slice(-steps / 10).filter(Number.isFinite);
  return { elbo: -mean(last), skipped };
}

/** The values of all sites, deterministic ones included, at draws from `guide`. */
function drawsOf(model, guide) {
  const density = infer.logDensity(model, []);
  return Array.from({ length: NUM_DRAWS }, () => tf.tidy(() => density.constrain(density.unconstrain(guide()))));
}

function elboOf(model, guide) {
  const loss = new infer.TraceELBO();
  return -mean(Array.from({ length: ELBO_DRAWS }, () => tf.tidy(() => loss.loss(model, guide, []).dataSync()[0])));
}

const trained = (make) => async (model) => {
  const guide = make(model);
  const fit = await train(model, guide);
  return { ...fit, draws: () => drawsOf(model, guide) };
};

/** Each fits a model and tells how to draw; the time until then is what is measured. */
const APPROXIMATIONS = {
  AutoDelta: async (model) => ({ ...(await trained((m) => new guides.AutoDelta(m))(model)), elbo: null }),
  AutoNormal: trained((m) => new guides.AutoNormal(m)),
  AutoDiagonalNormal: trained((m) => new guides.AutoDiagonalNormal(m)),
  AutoMultivariateNormal: trained((m) => new guides.AutoMultivariateNormal(m)),
  AutoLowRankMultivariateNormal: trained((m) => new guides.AutoLowRankMultivariateNormal(m)),
  AutoLaplaceApproximation: async (model) => {
    const guide = new guides.AutoLaplaceApproximation(model);
    const { skipped } = await train(model, guide);
    const normal = await guide.laplaceApproximation();
    return { skipped, elbo: elboOf(model, normal), draws: () => drawsOf(model, normal) };
  },
  AutoIAFNormal: trained((m) => new guides.AutoIAFNormal(m)),
  'Pathfinder, best path': async (model) => {
    const { paths } = await infer.pathfinder(model, { seed, numDraws: NUM_DRAWS });
    const { data, shape } = paths[0].draws;
    const density = infer.logDensity(model, []);
    const draw = (i) => density.constrain(data.subarray(i * shape[1], (i + 1) * shape[1]));
    return { elbo: paths[0].elbo, draws: () => Array.from({ length: shape[0] }, (_, i) => draw(i)) };
  },
  Pathfinder: async (model) => {
    const { samples, elbo, k } = await infer.pathfinder(model, { seed, numDraws: NUM_DRAWS });
    const sites = Object.entries(samples).map(([name, { data, shape }]) => [name, data, data.length / shape[0]]);
    const draw = (i) => Object.fromEntries(sites.map(([name, data, size]) => [name, { data: data.subarray(i * size, (i + 1) * size) }]));
    return { elbo, k, draws: () => Array.from({ length: NUM_DRAWS }, (_, i) => draw(i)) };
  },
};

/** The draws of one scalar; `name` counts from 1, as Stan does: `beta[1]`. */
function scalar(draws, name) {
  const [, site, index = '1'] = /^(\w+)(?:\[(\d+)\])?$/.exec(name);
  return draws.map((sites) => sites[site].data[Number(index) - 1]);
}

/** Errors of means in posterior sds, and |log| of the ratio of sds. */
function errors(draws, reference) {
  const rows = Object.entries(reference).map(([name, { mean: expected, sd }]) => {
    const x = scalar(draws, name);
    const center = mean(x);
    const ownSd = Math.sqrt(mean(x.map((value) => (value - center) ** 2)));
    return { mean: Math.abs(center - expected) / sd, ratio: ownSd / sd };
  });
  const of = (key) => rows.map((row) => row[key]);
  const ratios = of('ratio').toSorted((a, b) => Math.abs(Math.log(b)) - Math.abs(Math.log(a)));
  return {
    maxMeanError: Math.max(...of('mean')),
    meanMeanError: mean(of('mean')),
    worstSdRatio: ratios[0],
    meanLogSdRatio: mean(ratios.map((ratio) => Math.abs(Math.log(ratio)))),
  };
}

function mean(values) {
  return values.reduce((sum, x) => sum + x, 0) / values.length;
}

async function measure(name, kind) {
  getParamStore().clear();
  setSeed(seed);
  const data = read(name, 'data');
  const model = (kind.startsWith('Auto') ? FOR_GUIDES : MODELS)[name];
  const begin = performance.now();
  try {
    const { draws, ...rest } = await APPROXIMATIONS[kind](() => model(data));
    const seconds = (performance.now() - begin) / 1000;
    return { ...errors(draws(), read(name, 'reference').parameters), ...rest, seconds };
  } catch (error) {
    return { error: error.message };
  }
}

const digits = (x) => (Math.abs(x) >= 100 ? x.toFixed(0) : Math.abs(x) >= 10 ? x.toFixed(1) : x.toFixed(2));
const row = (cells) => `| ${cells.join(' | ')} |`;

/** One number of each fit: posteriors in rows, approximations in columns. */
function table(title, of, format = digits) {
  console.log(`\n${title}\n`);
  console.log(row(['posterior', ...kinds.map((kind) => kind.replace(/^Auto/, ''))]));
  console.log(row(['---', ...kinds.map(() => '---:')]));
  for (const [name, fits] of Object.entries(results)) {
    const cells = kinds.map((kind) => (fits[kind].error === undefined ? of(fits[kind]) : null));
    console.log(row([name, ...cells.map((x) => (x === null || x === undefined ? '' : format(x)))]));
  }
}

await ready({ backend: 'cpu' });
const kinds = Object.keys(APPROXIMATIONS).filter((kind) => flags.guide === undefined || flags.guide === kind);
const results = {};
for (const name of Object.keys(MODELS)) {
  if (flags.only !== undefined && flags.only !== name) continue;
  results[name] = {};
  for (const kind of kinds) {
    const fit = await measure(name, kind);
    results[name][kind] = fit;
    console.error(`${name}, ${kind}: ${JSON.stringify(fit)}`);
  }
}

table('Worst error of a mean, in posterior standard deviations:', (fit) => fit.maxMeanError);
table('Standard deviation over that of the posterior, of the parameter where it is worst:', (fit) => fit.worstSdRatio);
table('ELBO:', (fit) => fit.elbo, (elbo) => elbo.toFixed(1));
table('Seconds to fit:', (fit) => fit.seconds);

if (flags.only === undefined && flags.guide === undefined) {
  const folder = new URL('results/', import.meta.url);
  mkdirSync(folder, { recursive: true });
  const settings = { steps, lr, numParticles, seed, numDraws: NUM_DRAWS };
  writeFileSync(new URL('guides.json', folder), `${JSON.stringify({ settings, results }, null, 1)}\n`);
}
