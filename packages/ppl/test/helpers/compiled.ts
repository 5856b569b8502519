/** @file Running functions of tensors as compiled programs, in float64. */
import type { Tensor } from '@tensorflow/tfjs-core';
import { compileSync } from '@tychejs/jit';

/** An argument: its shape and how to fill it. */
export interface Argument {
  readonly shape: readonly number[];
  readonly values: readonly number[];
}

export interface Compiled {
  /** The first result. */
  value(args: readonly ArrayLike<number>[]): Float64Array;
  /** The gradients of the first result in all arguments. */
  gradients(args: readonly ArrayLike<number>[]): Float64Array[];
}

/** Compiles `fn` for arguments of these shapes. */
export function compiled(fn: (...xs: Tensor[]) => Tensor, shapes: readonly (readonly number[])[], withGradients = true): Compiled {
  const program = compileSync(fn, { inputs: shapes.map((shape) => ({ shape })), valueAndGrad: withGradients, point: null });
  return {
    value: (args) => program.run(...args).outputs[0] as Float64Array,
    gradients: (args) => program.run(...args).gradients as Float64Array[],
  };
}

/** The shape of nested arrays, and what they hold, flat. */
export function argument(nested: unknown): Argument {
  const shape: number[] = [];
  for (let level = nested; Array.isArray(level); level = level[0]) shape.push(level.length);
  return { shape, values: [nested].flat(9) as number[] };
}
