/** @file Compiling functions of one flat float64 vector. */
import type { Tensor } from '@tensorflow/tfjs-core';
import type { CompiledProgram } from '@tychejs/jit';
import { compileSync } from '@tychejs/jit';
import '../../../compiled/register.ts';

export interface ProgramOptions {
  /** The length of the vector. */
  readonly dimension: number;
  /** Whether the gradient of the first result is wanted. */
  readonly valueAndGrad: boolean;
  /** Where the program is compared with an eager evaluation; null for nowhere. */
  readonly point: readonly number[] | null;
}

/** A compiled function of one vector, with the arrays to write it to and to read from. */
export interface Program {
  readonly compiled: CompiledProgram;
  readonly input: Float64Array;
  readonly outputs: readonly Float64Array[];
  /** Empty unless asked for. */
  readonly gradient: Float64Array;
}

/**
 * Compiles `fn`, in float64.
 *
 * @throws TraceError when it cannot be, or does not at `point` what it does eagerly.
 */
export function compileProgram(fn: (q: Tensor) => Tensor | Tensor[], options: ProgramOptions): Program {
  const { dimension, valueAndGrad, point } = options;
  const compiled = compileSync(fn as (...xs: Tensor[]) => Tensor | Tensor[], {
    inputs: [{ shape: [dimension] }],
    valueAndGrad,
    point: point && [point],
    // Chains magnify the last bit: the same seed is to give the same draws on every machine.
    relaxedSimd: false,
  });
  return {
    compiled,
    input: compiled.inputView(0) as Float64Array,
    outputs: compiled.outputs.map((_, i) => compiled.outputView(i) as Float64Array),
    gradient: (compiled.gradientView(0) ?? new Float64Array(0)) as Float64Array,
  };
}
