/** @file Which tfjs kernels can be traced, and how others are added. */
import type { SpecialFunction } from '../../graph/functions.ts';
import { registerFunction } from '../../graph/functions.ts';
import { ACTIVATION } from './activation.ts';
import { CONVOLUTION } from './convolution.ts';
import { CREATION } from './creation.ts';
import { ELEMENTWISE } from './elementwise.ts';
import { IMAGE } from './image.ts';
import { INDEXING } from './indexing.ts';
import type { Lowering } from './lowering.ts';
import { inputOf } from './lowering.ts';
import { MOVEMENT } from './movement.ts';
import { POOLING } from './pooling.ts';
import { PRODUCT } from './product.ts';
import { REDUCTION } from './reduction.ts';
import { SCATTER } from './scatter.ts';

const lowerings = new Map<string, Lowering>(
  Object.entries({
    ...ACTIVATION,
    ...CONVOLUTION,
    ...CREATION,
    ...ELEMENTWISE,
    ...IMAGE,
    ...INDEXING,
    ...MOVEMENT,
    ...POOLING,
    ...PRODUCT,
    ...REDUCTION,
    ...SCATTER,
  }),
);

/** The tfjs kernels that this package lowers by itself, in alphabetical order. */
export const KERNELS: readonly string[] = [...lowerings.keys()].sort();

/**
 * Says how a kernel is lowered: one of your own, or one of tfjs that {@link KERNELS} lacks. Registering a name again
 * replaces its lowering.
 *
 * ```ts
 * registerLowering('Cholesky', (call, graph) => graph.cholesky(inputOf(call, 'input')));
 * ```
 */
export function registerLowering(kernelName: string, lowering: Lowering): void {
  lowerings.set(kernelName, lowering);
}

/**
 * Says that a kernel is an elementwise function of floats, with broadcasting; graphs call the function by the kernel's
 * name.
 *
 * @param inputs - the names of the kernel's inputs, in the order of the function's arguments; at most four.
 * @param evaluate - the function, in float64.
 */
export function registerElementwise(kernelName: string, inputs: readonly string[], evaluate: SpecialFunction): void {
  registerFunction(kernelName, evaluate);
  registerLowering(kernelName, (call, graph) => graph.special(kernelName, ...inputs.map((name) => inputOf(call, name))));
}

/** How a kernel is lowered, or undefined if nobody has said. */
export function loweringOf(kernelName: string): Lowering | undefined {
  return lowerings.get(kernelName);
}

/** The names of all kernels with a lowering, registered ones too. */
export function loweredKernels(): string[] {
  return [...lowerings.keys()];
}
