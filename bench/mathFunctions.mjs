/**
 * @file Nanoseconds an element of the functions that compiled programs call, over 10,000 numbers in one loop, beside Math.*.
 *
 *     npx tsc -b && node bench/mathFunctions.mjs [NAME ...]
 */
import { BINARY, UNARY } from '../packages/jit/dist/graph/functions.js';
import { ModuleBuilder } from '../packages/jit/dist/wasm/encode/moduleBuilder.js';
import { VectorLanes } from '../packages/jit/dist/wasm/lanes/vector.js';
import { HostFunctions, MathFunctions } from '../packages/jit/dist/wasm/math/functions.js';
import { supportsRelaxedSimd } from '../packages/jit/dist/wasm/relaxedSimd.js';

const COUNT = 10_000;

/** Where the arguments lie, evenly; of two arguments the second between 0.5 and 3. */
const RANGES = {
  exp: [-5, 5], expm1: [-5, 5], log: [0.01, 10], log1p: [-0.9, 10], sqrt: [0, 10], sin: [-5, 5], cos: [-5, 5], tanh: [-5, 5],
  sigmoid: [-5, 5], softplus: [-5, 5], pow: [0.1, 5], erf: [-2, 2], Erfc: [-3, 6], Lgamma: [0.1, 30], Digamma: [0.1, 30], Trigamma: [0.1, 30],
  Ndtr: [-4, 4], LogNdtr: [-4, 4], NormalHazard: [-4, 4],
};

const COLUMNS = [
  ['f64x2 inlined', { precision: 'float64', inline: true }],
  ['called', { precision: 'float64', inline: false }],
  ['f32x4 inlined', { precision: 'float32', inline: true }],
  ...(supportsRelaxedSimd() ? [['f64x2 fused', { precision: 'float64', inline: true, relaxedSimd: true }]] : []),
];

const names = process.argv.length > 2 ? process.argv.slice(2) : Object.keys(RANGES);
console.log(`ns an element${COLUMNS.map(([title]) => title.padStart(15)).join('')}${'JavaScript'.padStart(15)}`);
for (const name of names) {
  const times = COLUMNS.map(([, form]) => nanoseconds(compiled(name, form)));
  const f = Math[name] ?? UNARY[name] ?? BINARY[name];
  const plain = f === undefined ? '' : nanoseconds(interpreted(name, f)).toFixed(2);
  console.log(`${name.padEnd(13)}${times.map((time) => time.toFixed(2).padStart(15)).join('')}${plain.padStart(15)}`);
}

/** The fastest of some runs. */
function nanoseconds(run) {
  for (let i = 0; i < 200; i++) run();
  let best = Infinity;
  for (let round = 0; round < 20; round++) {
    const begin = performance.now();
    for (let i = 0; i < 10; i++) run();
    best = Math.min(best, (performance.now() - begin) / 10);
  }
  return (best * 1e6) / COUNT;
}

function compiled(name, { precision, inline, relaxedSimd = false }) {
  const arity = name === 'pow' ? 2 : 1;
  const size = precision === 'float64' ? 8 : 4;
  const column = COUNT * size;
  const module = new ModuleBuilder();
  const host = new HostFunctions(module);
  const bytes = (arity + 1) * column;
  let end = bytes;
  const reserve = (count) => (end += count) - count;
  const functions = new MathFunctions(module, host, { relaxedSimd, reserve });
  const index = module.function([], [], (f) => {
    const lanes = new VectorLanes(f, precision, relaxedSimd);
    const address = f.local('i32');
    f.forRange(address, 0, column, lanes.count * size, () => {
      const args = Array.from({ length: arity }, (_, i) => lanes.load(address, i * column));
      lanes.store(address, arity * column, functions.emit(lanes, name, args, inline));
    });
  });
  module.export('run', index);
  const memory = new WebAssembly.Memory({ initial: Math.ceil(end / 65536) });
  const table = { ...UNARY, ...BINARY };
  const call = (id, ...args) => table[host.names[id]](...args);
  const instance = new WebAssembly.Instance(new WebAssembly.Module(module.toBytes()), { host: { memory, call } });
  const array = size === 8 ? new Float64Array(memory.buffer) : new Float32Array(memory.buffer);
  array.set(argument(...RANGES[name]));
  if (arity === 2) array.set(argument(0.5, 3), COUNT);
  return instance.exports.run;
}

function interpreted(name, f) {
  const x = Float64Array.from(argument(...RANGES[name]));
  const y = new Float64Array(COUNT);
  return () => {
    for (let i = 0; i < COUNT; i++) y[i] = f(x[i], 1.7);
  };
}

/** Spread evenly by the golden ratio, in no order. */
function argument(low, high) {
  return Array.from({ length: COUNT }, (_, i) => low + (high - low) * ((i * 0.6180339887498949) % 1));
}
