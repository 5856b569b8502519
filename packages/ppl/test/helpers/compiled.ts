/** @file Running functions of tensors as compiled programs, in float64. */
import type { Tensor } from '@tensorflow/tfjs-core';
import { interpret, traceGraph } from '@tychejs/jit';

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
  const graph = traceGraph(fn, { inputs: shapes.map((shape) => ({ shape })), valueAndGrad: withGradients });
  const run = (args: readonly ArrayLike<number>[]) => interpret(graph, args);
  return {
    value: (args) => run(args).outputs[0]!,
    gradients: (args) => run(args).gradients.map((gradient) => gradient!),
  };
}

/** The shape of nested arrays, and what they hold, flat. */
export function argument(nested: unknown): Argument {
  const shape: number[] = [];
  for (let level = nested; Array.isArray(level); level = level[0]) shape.push(level.length);
  return { shape, values: [nested].flat(9) as number[] };
}
