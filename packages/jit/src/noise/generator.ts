/** @file Noise as the first thing that a program does. */
import type { GraphInput } from '../graph/graph.ts';
import { at, sizeOf } from '../graph/shape.ts';
import type { FunctionBuilder } from '../wasm/encode/functionBuilder.ts';
import type { ModuleBuilder } from '../wasm/encode/moduleBuilder.ts';
import type { Precision } from '../wasm/lanes/lanes.ts';
import { BLOCK, noiseKernel } from './kernel.ts';
import { KEY_BYTES } from './kind.ts';
import type { NoiseInput } from './kind.ts';

/** The inputs that are noise. */
export function noiseInputs(inputs: readonly GraphInput[]): NoiseInput[] {
  return inputs.flatMap(({ captured }, input) => (captured?.noise === undefined ? [] : [{ input, kind: captured.noise }]));
}

/** How many numbers there must be room for where so many draws are written: they are made some at a time. */
export function withRoomForNoise(count: number): number {
  return BLOCK * Math.ceil(count / BLOCK);
}

/** Where arrays of noise are, by the places of their inputs, and where their keys are, one after the other. */
export interface NoisePlaces {
  readonly inputs: readonly GraphInput[];
  readonly addresses: readonly number[];
  readonly keys: number;
}

/**
 * Adds what fills arrays with noise of the keys that lie in memory.
 *
 * @returns code that does so, to be put into a function.
 */
export function noiseGenerator(
  module: ModuleBuilder,
  noise: readonly NoiseInput[],
  { inputs, addresses, keys }: NoisePlaces,
  precision: Precision,
): (f: FunctionBuilder) => void {
  const kernels = new Map([...new Set(noise.map(({ kind }) => kind))].map((kind) => [kind, noiseKernel(module, kind, precision)]));
  return (f) => {
    noise.forEach(({ input, kind }, i) => {
      const kernel = kernels.get(kind);
      if (kernel === undefined) throw new Error(`there is no code for ${kind} noise`);
      const key = keys + i * KEY_BYTES;
      f.i32(0).memory('i32.load', key).i32(0).memory('i32.load', key + 4);
      f.i32(0).i32(at(addresses, input)).i32(withRoomForNoise(sizeOf(at(inputs, input).shape)) / BLOCK).call(kernel);
    });
  };
}
