/** @file Compiling functions of one flat float64 vector. */
import type { Tensor } from '@tensorflow/tfjs-core';
import { interpret, traceGraph } from '@tychejs/jit';
import '../../../compiled/register.ts';

/** A compiled function: arrays to write to and read from, and a run in between that allocates nothing. */
export interface Program {
  inputView(index: number): Float64Array;
  outputView(index: number): Float64Array;
  gradientView(index: number): Float64Array | null;
  execute(): void;
  toBytes(): Uint8Array;
}

export interface ProgramOptions {
  /** The length of the vector. */
  readonly dimension: number;
  /** Whether the gradient of the first result is wanted. */
  readonly valueAndGrad: boolean;
  /** Where the program is compared with an eager evaluation. */
  readonly point?: readonly number[];
}

/** @throws TraceError when `fn` cannot be compiled. */
export function compileProgram(fn: (q: Tensor) => Tensor | Tensor[], options: ProgramOptions): Program {
  const { dimension, valueAndGrad, point } = options;
  const graph = traceGraph(fn as (...xs: Tensor[]) => Tensor | Tensor[], {
    inputs: [{ shape: [dimension] }],
    valueAndGrad,
    ...(point && { point: [point] }),
  });
  const input = new Float64Array(dimension);
  const gradient = new Float64Array(dimension);
  const outputs = graph.outputs.map((id) => new Float64Array((graph.nodes[id]?.shape ?? []).reduce((a, b) => a * b, 1)));
  return {
    inputView: () => input,
    outputView: (index) => outputs[index] as Float64Array,
    gradientView: () => gradient,
    execute: () => {
      const results = interpret(graph, [input]);
      results.outputs.forEach((values, i) => outputs[i]?.set(values));
      gradient.set(results.gradients[0] ?? []);
    },
    toBytes: () => {
      throw new Error('not yet');
    },
  };
}
