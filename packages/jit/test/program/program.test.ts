/** @file Programs: run, written to bytes, read back, refused when damaged. */
import * as tf from '@tensorflow/tfjs-core';
import * as fc from 'fast-check';
import { compile, compileSync } from '../../src/compile.ts';
import { registerFunction } from '../../src/graph/functions.ts';
import { ProgramFormatError } from '../../src/program/format.ts';
import { CompiledProgram } from '../../src/program/program.ts';
import { registerElementwise } from '../../src/trace/lower/registry.ts';
import { useCpu } from '../helpers/tfjs.ts';
import { expectNoLeak } from '../helpers/tfjs.ts';

beforeAll(useCpu);

const weights = Array.from({ length: 12 }, (_, i) => Math.sin(i));

/** Σ tanh(W x) + lgamma-free things, in two arguments. */
function model(x: tf.Tensor, y: tf.Tensor): tf.Tensor {
  const product = tf.matMul(tf.tensor(weights, [4, 3]), tf.reshape(x, [3, 1]));
  return tf.add(tf.sum(tf.tanh(product)), tf.mul(y, tf.sum(tf.exp(x))));
}

const options = { inputs: [{ shape: [3] }, { shape: [] }], valueAndGrad: true } as const;

/** The same by hand. */
function byHand(x: readonly number[], y: number): { value: number; ofX: number[]; ofY: number } {
  const products = [0, 1, 2, 3].map((row) => x.reduce((sum, xi, i) => sum + weights[row * 3 + i]! * xi, 0));
  const exps = x.map(Math.exp);
  const total = exps.reduce((a, b) => a + b);
  return {
    value: products.reduce((sum, p) => sum + Math.tanh(p), 0) + y * total,
    ofX: x.map((_, i) => products.reduce((sum, p, row) => sum + (1 - Math.tanh(p) ** 2) * weights[row * 3 + i]!, y * exps[i]!)),
    ofY: total,
  };
}

test('a program gives values and gradients in float64, and no tensor', async () => {
  const program = await compile(model, { ...options });
  expectNoLeak(() => program.run([0.1, -0.2, 0.3], [1.5]));
  const { outputs, gradients } = program.run([0.1, -0.2, 0.3], [1.5]);
  const { value, ofX, ofY } = byHand([0.1, -0.2, 0.3], 1.5);
  // tfjs narrows the weights to float32; the compiler reads sines as they are.
  expect(outputs[0]![0]).toBeCloseTo(value, 6);
  ofX.forEach((slope, i) => expect(gradients[0]![i]).toBeCloseTo(slope, 6));
  expect(gradients[1]![0]).toBeCloseTo(ofY, 12);
  expect(outputs[0]).toBeInstanceOf(Float64Array);
});

test('compiling leaves tfjs as it was', () => {
  expectNoLeak(() => compileSync(model, { ...options }));
});

test('views are the memory of the program', () => {
  const program = compileSync(model, { ...options });
  program.inputView(0).set([1, 2, 3]);
  program.inputView(1)[0] = -1;
  program.execute();
  const { outputs, gradients } = program.run([1, 2, 3], [-1]);
  expect(program.outputView(0)[0]).toBe(outputs[0]![0]);
  expect(program.gradientView(0)).toEqual(gradients[0]);
});

test('float32 programs hold float32', () => {
  const program = compileSync(model, { ...options, precision: 'float32' });
  const { outputs, gradients } = program.run([0.1, -0.2, 0.3], [1.5]);
  expect(outputs[0]).toBeInstanceOf(Float32Array);
  expect(gradients[0]).toBeInstanceOf(Float32Array);
  expect(outputs[0]![0]).toBeCloseTo(byHand([0.1, -0.2, 0.3], 1.5).value, 5);
});

test('a program says what it is', () => {
  const program = compileSync(model, { ...options });
  expect(program.inputs).toEqual([{ shape: [3], dtype: 'float' }, { shape: [], dtype: 'float' }]);
  expect(String(program.graph)).toMatch(/^graph\(x0: float\[3\], x1: float\)/);
  expect(program.stats!.nodes).toBeGreaterThan(3);
  expect(program.stats!.memoryBytes).toBeGreaterThan(12 * 8);
});

test('arguments are checked', () => {
  const program = compileSync(model, { ...options });
  expect(() => program.run([1, 2, 3])).toThrow('takes 2 arguments, got 1');
  expect(() => program.run([1, 2], [1])).toThrow('argument 0 is a flat array of 3 numbers, of shape [3]; got 2');
  expect(() => program.run([1, 2, 3], 1 as never)).toThrow('argument 1 is a flat array of 1 numbers, of shape []; got no array');
  expect(() => program.run([1, 2, 3], undefined as never)).toThrow('got no array');
});

test('options are checked', async () => {
  await expect(compile(model, { ...options, precison: 'float32' } as never)).rejects.toThrow('unknown option "precison"');
  await expect(compile(model, { ...options, precision: 'float16' as never })).rejects.toThrow('precision must be');
  await expect(compile(model, { ...options, relaxedSimd: 'no' as never })).rejects.toThrow('relaxedSimd must be true or false, got "no"');
  await expect(compile(3 as never, options)).rejects.toThrow('takes a function of tensors first, got number');
});

test('a program that does not fit into memory says how large it is', () => {
  const square = (x: tf.Tensor): tf.Tensor => tf.mul(tf.expandDims(x, 0), tf.expandDims(x, 1));
  expect(() => compileSync(square, { inputs: [{ shape: [30000] }], point: null })).toThrow(/needs 6\.7 GiB of memory, and WebAssembly has 4/);
});

test('a function that changes from call to call is refused', () => {
  let calls = 0;
  const changing = (x: tf.Tensor): tf.Tensor => tf.mul(x, ++calls);
  expect(() => compileSync(changing, { inputs: [{ shape: [] }] })).toThrow(/does not do what the function does/);
});

describe('bytes', () => {
  const program = (): CompiledProgram => compileSync(model, { ...options });

  test('a program read back gives the same bits', () => {
    const original = program();
    const copy = CompiledProgram.fromBytes(original.toBytes());
    fc.assert(
      fc.property(fc.array(fc.double({ min: -5, max: 5, noNaN: true }), { minLength: 4, maxLength: 4 }), ([a, b, c, y]) => {
        const x = [a!, b!, c!];
        expect(copy.run(x, [y!])).toEqual(original.run(x, [y!]));
      }),
    );
    expect(copy.toBytes()).toEqual(original.toBytes());
  });

  test('programs from the same bytes do not share memory', () => {
    const bytes = program().toBytes();
    const [one, two] = [CompiledProgram.fromBytes(bytes), CompiledProgram.fromBytes(bytes)];
    one.run([1, 2, 3], [4]);
    expect(two.inputView(0)).toEqual(new Float64Array(3));
  });

  test('bytes may lie anywhere in a buffer', () => {
    const bytes = program().toBytes();
    const buffer = new Uint8Array(bytes.length + 3);
    buffer.set(bytes, 3);
    expect(CompiledProgram.fromBytes(buffer.subarray(3)).run([1, 2, 3], [4])).toEqual(program().run([1, 2, 3], [4]));
  });

  test('any changed byte is noticed', () => {
    const bytes = program().toBytes();
    fc.assert(
      fc.property(fc.nat(bytes.length - 1), fc.integer({ min: 1, max: 255 }), (place, change) => {
        const damaged = bytes.slice();
        damaged[place]! ^= change;
        expect(() => CompiledProgram.fromBytes(damaged)).toThrow(ProgramFormatError);
      }),
      { numRuns: 300 },
    );
  });

  test('any cut or extension is noticed', () => {
    const bytes = program().toBytes();
    fc.assert(
      fc.property(fc.nat(bytes.length - 1), (length) => {
        expect(() => CompiledProgram.fromBytes(bytes.slice(0, length))).toThrow(ProgramFormatError);
      }),
      { numRuns: 100 },
    );
    expect(() => CompiledProgram.fromBytes(Uint8Array.of(...bytes, 0))).toThrow('cut or extended');
  });

  test('other files and other versions are refused by name', () => {
    const newer = program().toBytes();
    newer[8] = 3;
    expect(() => CompiledProgram.fromBytes(newer)).toThrow('format version 3, this library reads version 2');
    expect(() => CompiledProgram.fromBytes(new TextEncoder().encode('{"json": "not a program at all"}'))).toThrow('not a compiled program');
    expect(() => CompiledProgram.fromBytes('no bytes' as never)).toThrow(TypeError);
  });

  test('functions of the host are found by name where the program is read', () => {
    registerElementwise('TestCube', ['x'], (x) => x ** 3);
    const kernel = (x: tf.Tensor): tf.Tensor => tf.engine().runKernel('TestCube', { x });
    const bytes = compileSync(kernel, { inputs: [{ shape: [2] }], point: null }).toBytes();
    registerFunction('TestCube', (x) => -(x ** 3));
    expect([...CompiledProgram.fromBytes(bytes).run([2, 3]).outputs[0]!]).toEqual([-8, -27]);
  });
});
