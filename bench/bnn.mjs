/**
 * Bayesian networks: `npm run bench:bnn [-- regression mlp cnn resnet]`.
 *
 * For each network: milliseconds of a compiled step of variational inference (plain, with local reparameterisation, with
 * flipout) and of a prediction with 32 draws; beside TyXe, in the same run where there is a Python that has it (TYXE_PYTHON),
 * else by its figures on another machine of this kind; beside the same step without uncertainty, compiled and by tfjs-layers on
 * the WASM backend. All on one core, medians. Then how far the regression is fitted after 4,000 steps. Without names, it writes bench/results/bnn.json.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import * as tf from '@tensorflow/tfjs-core';
import { ready, setSeed } from '@tychejs/ppl';
import { chosenCases } from './bnn/cases.mjs';
import { fits, summary } from './bnn/fit.mjs';
import { deterministicStep, layersStep, prediction, variationalStep } from './bnn/measure.mjs';
import { hasTyxe, tyxeFits, tyxeTimes } from './bnn/tyxe.mjs';

const { all, cases } = chosenCases();
await ready({ backend: 'wasm' });
setSeed(1);

/** What is asked of it: at most so much of TyXe's time. */
const AIMS = {
  regression: { plain: 1 / 20, local: 1 / 20, flipout: 1 / 20, predict: 1 / 5 },
  mlp: { plain: 0.8, local: 0.8, flipout: 0.8, predict: 1 / 1.5 },
  cnn: { plain: 1, local: 1, flipout: 1 },
  resnet: { plain: 1, local: 1, flipout: 1 },
};
const LABELS = { plain: 'step', local: 'step, local reparameterisation', flipout: 'step, flipout', predict: 'predict, 32 draws' };

const show = (x) => (x === null || x === undefined ? '–' : x.toFixed(x < 1 ? 3 : x < 10 ? 2 : 1));
const results = [];
console.log(`TyXe: ${hasTyxe ? 'in this run' : 'figures of another machine (set TYXE_PYTHON to a Python that has it to run it here)'}\n`);
console.log('| network | work | Tyche, ms | TyXe, ms | share of its time | aim | to our deterministic step | to that of tfjs-layers | to that of torch |');
console.log('| --- | --- | --- | --- | --- | --- | --- | --- | --- |');
for (const [name, work] of cases) {
  const data = work.data();
  const ours = {};
  for (const way of ['plain', 'local', 'flipout']) ours[way] = await variationalStep(work, data, way, 'compiled');
  ours.predict = prediction(work, data.x, 'plain', 'compiled').later;
  const tyxe = hasTyxe ? tyxeTimes(name) : work.tyxe;
  const deterministic = { compiled: await deterministicStep(work, data), layers: await layersStep(work, data), torch: tyxe.deterministic };
  tf.dispose(data);
  results.push({ name, title: work.title, ms: ours, tyxe: { measuredHere: hasTyxe, ...tyxe }, deterministic });
  for (const [way, label] of Object.entries(LABELS)) {
    const beside = (other) => (way === 'predict' || !other ? '–' : `${show(ours[way] / other)}x`);
    const share = tyxe[way] ? ours[way] / tyxe[way] : null;
    const aim = AIMS[name][way];
    const cells = [work.title, label, show(ours[way]), show(tyxe[way]), show(share), aim ? `≤ ${show(aim)}` : '–'];
    console.log(`| ${[...cells, beside(deterministic.compiled), beside(deterministic.layers), beside(deterministic.torch)].join(' | ')} |`);
  }
}

// Some networks alone are no results.
if (all) {
  const losses = { tyche: await fits(20), tyxe: hasTyxe ? tyxeFits(5) : null };
  const figure = (of) => (of ? `${of.mean.toFixed(0)} ± ${of.standardError.toFixed(0)}` : '–');
  console.log('\n| -ELBO after 4,000 steps at 1e-3, 1-50-1 (mean and its standard error) | Tyche, 20 seeds | TyXe, 5 seeds | ratio | one fit of TyXe elsewhere |');
  console.log('| --- | --- | --- | --- | --- |');
  for (const [way, elsewhere] of [['plain', 463], ['local', 358]]) {
    const [tyche, tyxe] = [losses.tyche, losses.tyxe].map((of) => of && summary(of[way]));
    console.log(`| ${LABELS[way].replace('step', 'drawing weights')} | ${figure(tyche)} | ${figure(tyxe)} | ${show(tyxe && tyche.mean / tyxe.mean)} | ${elsewhere} |`);
  }
  mkdirSync(new URL('./results/', import.meta.url), { recursive: true });
  writeFileSync(new URL('./results/bnn.json', import.meta.url), `${JSON.stringify({ node: process.version, results, losses }, null, 2)}\n`);
}
