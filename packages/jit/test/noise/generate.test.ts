/** @file Programs that draw their noise themselves. */
import * as tf from '@tensorflow/tfjs-core';
import { compileSync } from '../../src/compile.ts';
import { fillNoise } from '../../src/noise/fill.ts';
import type { NoiseKind } from '../../src/noise/kind.ts';
import { NOISE_KINDS } from '../../src/noise/kind.ts';
import { CompiledProgram } from '../../src/program/program.ts';
import { captureInput } from '../../src/trace/capture.ts';
import type { TraceableFunction } from '../../src/trace/recording.ts';
import { useCpu } from '../helpers/tfjs.ts';

beforeAll(useCpu);

/** Noise that goes through the gate, with values of its own each time. */
function drawing(): (kind: NoiseKind, shape: readonly number[]) => tf.Tensor {
  let calls = 0;
  return (kind, shape) => {
    const values = new Float32Array(tf.util.sizeFromShape([...shape])).fill(++calls);
    return captureInput(values, shape, 'float32', kind, kind) ?? tf.tensor(values, [...shape]);
  };
}

/** What a key gives. */
function noise(kind: NoiseKind, k0: number, k1: number, count: number): number[] {
  const out = new Float32Array(count);
  fillNoise(kind, k0, k1, out);
  return [...out];
}

/** Three arrays of noise as they are, of sizes that fill no block, and an argument between what surrounds them. */
function three(): TraceableFunction {
  const draw = drawing();
  return (x) => [tf.mul(x, 2), ...NOISE_KINDS.map((kind, i) => draw(kind, [i + 1, 7]))];
}

const inputs = [{ shape: [3] }];
const KEYS = [1, 2, 0xdeadbeef, 4, 5, 0xffffffff];

describe.each(['float32', 'float64'] as const)('in %s', (precision) => {
  const compiled = (): CompiledProgram => compileSync(three(), { inputs, precision, generateNoise: true });

  test('a program draws what fillNoise draws, bit for bit', () => {
    const program = compiled();
    expect(program.noise).toEqual(NOISE_KINDS.map((kind, i) => ({ input: i + 1, kind })));
    expect(program.noiseKeys).toEqual(new Uint32Array(6));
    program.noiseKeys.set(KEYS);
    const { outputs } = program.run([1, 2, 3]);
    expect(outputs.map((values) => [...values])).toEqual([
      [2, 4, 6],
      ...NOISE_KINDS.map((kind, i) => noise(kind, KEYS[2 * i]!, KEYS[2 * i + 1]!, 7 * (i + 1))),
    ]);
  });

  test('other keys, other draws; the same keys, the same', () => {
    const program = compiled();
    program.noiseKeys.set(KEYS);
    const first = program.run([1, 2, 3]);
    program.noiseKeys[0]!++;
    const second = program.run([1, 2, 3]);
    expect(second.outputs[1]).not.toEqual(first.outputs[1]);
    expect(second.outputs[2]).toEqual(first.outputs[2]);
    program.noiseKeys[0]!--;
    expect(program.run([1, 2, 3])).toEqual(first);
  });

  test('replay computes with the values that were captured, then with those drawn last', () => {
    const program = compiled();
    expect(program.replay([1, 2, 3]).outputs.map((values) => values[0])).toEqual([2, 1, 2, 3]);
    program.noiseKeys.set(KEYS);
    const drawn = program.run([1, 2, 3]);
    program.noiseKeys.fill(0);
    expect(program.replay([1, 2, 3])).toEqual(drawn);
  });

  test('noise goes on being noise in a program read from bytes', () => {
    const program = compiled();
    program.noiseKeys.set(KEYS);
    const copy = CompiledProgram.fromBytes(program.toBytes());
    expect(copy.noise).toEqual(program.noise);
    copy.noiseKeys.set(KEYS);
    expect(copy.run([1, 2, 3])).toEqual(program.run([1, 2, 3]));
  });

  test('without the option, captured values stay', () => {
    const program = compileSync(three(), { inputs, precision });
    expect([program.noise, program.noiseKeys.length]).toEqual([[], 0]);
    const { outputs } = program.run([1, 2, 3]);
    expect(outputs.map((values) => values[0])).toEqual([2, 1, 2, 3]);
    expect(CompiledProgram.fromBytes(program.toBytes()).run([1, 2, 3]).outputs).toEqual(outputs);
  });
});

test('the gradient of an expectation is that of its draws', () => {
  const draw = drawing();
  const fn: TraceableFunction = (mu, sigma) => tf.mean(tf.square(tf.add(mu, tf.mul(sigma, draw('normal', [1000])))));
  const program = compileSync(fn, { inputs: [{ shape: [] }, { shape: [] }], valueAndGrad: true, generateNoise: true });
  program.noiseKeys.set([3, 4]);
  const { outputs, gradients } = program.run([0.5], [2]);
  const draws = noise('normal', 3, 4, 1000);
  const meanOf = (f: (z: number) => number): number => draws.reduce((sum, z) => sum + f(z), 0) / draws.length;
  expect(outputs[0]![0]).toBeCloseTo(meanOf((z) => (0.5 + 2 * z) ** 2), 10);
  expect(gradients[0]![0]).toBeCloseTo(meanOf((z) => 2 * (0.5 + 2 * z)), 10);
  expect(gradients[1]![0]).toBeCloseTo(meanOf((z) => 2 * (0.5 + 2 * z) * z), 10);
});

test('captured values that are no noise stay, beside others that are', () => {
  const fn: TraceableFunction = (x) => {
    const index = captureInput(Int32Array.of(2, 0), [2], 'int32', 'index') ?? tf.tensor1d([2, 0], 'int32');
    const scale = captureInput(Float32Array.of(7, 8), [2], 'float32', 'uniform', 'uniform') ?? tf.tensor1d([7, 8]);
    return tf.mul(tf.gather(x, index), scale);
  };
  const program = compileSync(fn, { inputs, generateNoise: true });
  const [first, second] = noise('uniform', 0, 0, 2) as [number, number];
  expect([...program.run([5, 6, 10]).outputs[0]!]).toEqual([10 * first, 5 * second]);
  const copy = CompiledProgram.fromBytes(program.toBytes());
  expect([...copy.run([5, 6, 10]).outputs[0]!]).toEqual([10 * first, 5 * second]);
});

test('draws of nothing, and noise of an unknown kind or type', () => {
  const draw = drawing();
  const program = compileSync((x) => tf.concat([x, draw('normal', [0])]), { inputs, generateNoise: true });
  expect([...program.run([1, 2, 3]).outputs[0]!]).toEqual([1, 2, 3]);
  expect(() => captureInput(Float32Array.of(1), [1], 'float32', 'x', 'cauchy' as never)).toThrow('got "cauchy" in float32');
  expect(() => captureInput(Int32Array.of(1), [1], 'int32', 'x', 'normal')).toThrow('got "normal" in int32');
  expect(() => compileSync(three(), { inputs, generateNoise: 1 as never })).toThrow('generateNoise must be true or false, got 1');
});
