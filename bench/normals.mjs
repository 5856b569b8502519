/**
 * @file Million draws a second on one core: by `fillNoise`, inside of compiled programs, and by JavaScript; beside what bounds
 * them, the cipher alone and the filling of memory.
 *
 *     npx tsc -b && node bench/normals.mjs
 */
import * as tf from '@tensorflow/tfjs-core';
import { captureInput, compileSync, fillNoise } from '@tychejs/jit';
import { NoiseLanes } from '../packages/jit/dist/noise/noiseLanes.js';
import { keySchedule, threefry } from '../packages/jit/dist/noise/threefry.js';
import { ModuleBuilder } from '../packages/jit/dist/wasm/encode/moduleBuilder.js';

/** As many as a step of a network 784-400-400-10 with weights drawn takes: more than the nearest cache holds. */
const COUNT = 500_000;
const ROUNDS = 30;

const out = new Float32Array(COUNT);
const KINDS = ['normal', 'uniform', 'exponential'];
const programs = KINDS.map(programOf);

/** What is measured, and what goes off its time. */
const measured = [
  ...KINDS.map((kind) => [`${kind}: fillNoise`, () => fillNoise(kind, 1, 2, out)]),
  ...KINDS.map((kind, i) => [`${kind}: in a program`, () => programs[i].execute(), () => programs[i].compute()]),
  ['words of the cipher', cipherAlone()],
  ['zeros: memory.fill', memoryFill()],
  ['normal: Math.* and Math.random', boxMuller],
];

const best = measured.map(() => [Infinity, Infinity]);
for (let round = 0; round < ROUNDS; round++) {
  measured.forEach(([, ...runs], i) => {
    runs.forEach((run, k) => (best[i][k] = Math.min(best[i][k], milliseconds(run))));
  });
}
console.log(`${COUNT} float32 at a time${' '.repeat(12)}million a second      ns each`);
measured.forEach(([title, , without], i) => {
  const time = best[i][0] - (without === undefined ? 0 : best[i][1]);
  console.log(title.padEnd(34) + (COUNT / time / 1e3).toFixed(0).padStart(16) + ((time * 1e6) / COUNT).toFixed(2).padStart(13));
});

function milliseconds(run) {
  const begin = performance.now();
  run();
  return performance.now() - begin;
}

/** The sum of noise, whose time without drawing goes off. */
function programOf(kind) {
  const values = new Float32Array(COUNT);
  const fn = (x) => tf.mul(x, tf.sum(captureInput(values, [COUNT], 'float32', kind, kind)));
  const program = compileSync(fn, { inputs: [{ shape: [] }], precision: 'float32', generateNoise: true, point: null });
  program.noiseKeys.set([1, 2]);
  return program;
}

/** Both words of every counter, as they are, by the code that noise is made with. */
function cipherAlone() {
  const module = new ModuleBuilder();
  const index = module.function([], [], (f) => {
    const v = new NoiseLanes(f);
    const [k0, k1, address, started] = [f.local('i32'), f.local('i32'), f.local('i32'), f.local('v128')];
    f.i32(1).set(k0).i32(2).set(k1);
    const key = keySchedule(v, k0, k1);
    f.get(key.start).set(started);
    f.forRange(address, 0, 4 * COUNT, 128, () => {
      f.scoped(() => {
        const vectors = [0, 1, 2, 3].map((i) => v.bitAdd(started, v.word(4 * i)));
        threefry(v, key, vectors).forEach(({ a, b }, i) => {
          v.store(address, 32 * i, a);
          v.store(address, 32 * i + 16, b);
        });
        f.get(v.bitAdd(started, v.word(16))).set(started);
      });
    });
  });
  return instance(module, index, 4 * COUNT + 128);
}

function memoryFill() {
  const module = new ModuleBuilder();
  const index = module.function([], [], (f) => f.i32(0).i32(0).i32(4 * COUNT).memoryFill());
  return instance(module, index, 4 * COUNT);
}

function instance(module, index, bytes) {
  module.export('run', index);
  const memory = new WebAssembly.Memory({ initial: Math.ceil(bytes / 65536) });
  return new WebAssembly.Instance(new WebAssembly.Module(module.toBytes()), { host: { memory } }).exports.run;
}

function boxMuller() {
  for (let i = 0; i < COUNT; i += 2) {
    const radius = Math.sqrt(-2 * Math.log(1 - Math.random()));
    const angle = 2 * Math.PI * Math.random();
    out[i] = radius * Math.cos(angle);
    out[i + 1] = radius * Math.sin(angle);
  }
}
