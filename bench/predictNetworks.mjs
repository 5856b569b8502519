/**
 * Predictions of networks: `node bench/predictNetworks.mjs [regression mlp cnn resnet]`.
 *
 * Milliseconds of `bnn.predict` with 32 draws of the weights (median), compiled and eagerly on tfjs's WASM backend; beside TyXe
 * 0.0.2 on torch 1.13 (CPU, one thread, on a machine of this kind).
 */
import * as tf from '@tensorflow/tfjs-core';
import { ready, setSeed } from '@tychejs/ppl';
import { chosenCases } from './bnn/cases.mjs';
import { prediction } from './bnn/measure.mjs';

const { cases } = chosenCases();
await ready({ backend: 'wasm' });
setSeed(1);

console.log('| work, 32 draws | compiled, ms | first, ms | eager, ms | ratio | TyXe, ms | compiled to TyXe |');
console.log('| --- | --- | --- | --- | --- | --- | --- |');
for (const [, work] of cases) {
  const data = work.data();
  for (const way of ['plain', 'local']) {
    const [compiled, eager] = ['compiled', 'eager'].map((engine) => prediction(work, data.x, way, engine));
    const cells = [compiled.later, compiled.first, eager.later, eager.later / compiled.later, work.tyxe.predict, compiled.later / work.tyxe.predict];
    console.log(`| ${work.title}${way === 'local' ? ', local reparameterisation' : ''} | ${cells.map((cell) => cell.toFixed(cell < 10 ? 2 : 0)).join(' | ')} |`);
  }
  tf.dispose(data);
}
