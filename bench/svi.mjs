/**
 * Steps of variational inference: `npm run bench:svi [-- regression mlp cnn resnet]`.
 *
 * For each network and way of drawing weights: the milliseconds of one step of `bnn.fit` (median of many, one core), compiled
 * and eagerly on tfjs's WASM backend; beside TyXe 0.0.2 on torch 1.13 (CPU, one thread, on a machine of this kind) and beside
 * a deterministic training step of tfjs-layers. Then how many normal draws a second are made, and what a long run leaves
 * behind. Without names, it writes bench/results/svi.json.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import * as tf from '@tensorflow/tfjs-core';
import { fillNoise } from '@tychejs/jit';
import { dist, guides as autoguides, infer, optim, plate, ready, sample, setSeed } from '@tychejs/ppl';
import { chosenCases } from './bnn/cases.mjs';
import { layersStep, variationalStep } from './bnn/measure.mjs';

const { all, cases } = chosenCases();
await ready({ backend: 'wasm' });
setSeed(1);

const fixed = (x, digits = 3) => (x === null ? '–' : x.toFixed(x < 1 ? digits : x < 10 ? 2 : 1));
const results = [];
console.log('| work | compiled, ms | eager, ms | ratio | TyXe, ms | compiled to TyXe | tfjs-layers without uncertainty, ms |');
console.log('| --- | --- | --- | --- | --- | --- | --- |');
for (const [, work] of cases) {
  const { title, tyxe } = work;
  const data = work.data();
  const plainNet = await layersStep(work, data);
  for (const way of ['plain', 'local']) {
    const compiled = await variationalStep(work, data, way, 'compiled');
    const eager = await variationalStep(work, data, way, 'eager');
    const tyxeMs = tyxe[way];
    results.push({ name: title, way, compiledMs: compiled, eagerMs: eager, tyxeMs, torchDeterministicMs: tyxe.deterministic, tfjsDeterministicMs: plainNet });
    const label = way === 'local' ? `${title}, local reparameterisation` : title;
    const beside = tyxeMs === null ? '–' : `${fixed(compiled / tyxeMs)} (${fixed(tyxeMs / compiled)}x)`;
    console.log(`| ${label} | ${fixed(compiled)} | ${fixed(eager)} | ${fixed(eager / compiled)} | ${tyxeMs ?? '–'} | ${beside} | ${fixed(plainNet)} |`);
  }
  tf.dispose(data);
}

/** Millions of draws a second: the best of several. */
function drawRate(kind, count = 1 << 20) {
  const out = new Float32Array(count);
  let best = 0;
  for (let i = 0; i < 20; i++) {
    const begin = performance.now();
    fillNoise(kind, i, 7, out);
    best = Math.max(best, count / (performance.now() - begin) / 1000);
  }
  return best;
}

const draws = { normal: drawRate('normal'), uniform: drawRate('uniform'), exponential: drawRate('exponential') };
console.log(`\nmillion draws a second, out of the program's memory: ${Object.entries(draws).map(([kind, rate]) => `${kind} ${rate.toFixed(0)}`).join(', ')}`);

/** What 10,000 steps of a fit leave behind, once the program is there and the garbage is gone. */
async function leaks() {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc');
  const model = (y) => {
    const mu = sample('mu', dist.normal(0, 10));
    const sigma = sample('sigma', dist.halfNormal(1));
    plate('data', y.shape[0], () => sample('y', dist.normal(mu, sigma), { obs: y }));
  };
  const y = dist.normal(0.5, 0.3).expand([100]).sample();
  const svi = new infer.SVI({ model, guide: new autoguides.AutoNormal(model), optim: optim.adam({ lr: 1e-3 }), loss: new infer.TraceELBO() });
  const state = () => {
    collect();
    const { heapUsed, external } = process.memoryUsage();
    return { tensors: tf.memory().numTensors, heapKiB: heapUsed / 1024, externalKiB: external / 1024 };
  };
  await svi.run({ steps: 2000, args: [y], progressBar: false });
  const before = state();
  for (let i = 0; i < 10_000; i++) await svi.step(y);
  const after = state();
  tf.dispose(y);
  return { tensors: after.tensors - before.tensors, heapKiB: after.heapKiB - before.heapKiB, externalKiB: after.externalKiB - before.externalKiB };
}

const left = await leaks();
console.log(`left by 10,000 steps: ${left.tensors} tensors, ${left.heapKiB.toFixed(0)} KiB of heap, ${left.externalKiB.toFixed(0)} KiB outside of it (WebAssembly)`);

// Some networks alone are no results.
if (all) {
  mkdirSync(new URL('./results/', import.meta.url), { recursive: true });
  writeFileSync(new URL('./results/svi.json', import.meta.url), `${JSON.stringify({ node: process.version, results, draws, leftBy10000Steps: left }, null, 2)}\n`);
}
