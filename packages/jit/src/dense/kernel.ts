/** @file Kernels: functions of a module that are written once however many nodes call them. */
import type { FunctionBuilder, Local } from '../wasm/encode/functionBuilder.ts';
import type { ModuleBuilder } from '../wasm/encode/moduleBuilder.ts';
import type { Precision } from '../wasm/lanes/lanes.ts';
import type { DenseContext } from './denseKernel.ts';
import { KernelWriter } from './kernelWriter.ts';

/** Bytes of one element. */
export function elementSize(precision: Precision): 4 | 8 {
  return precision === 'float64' ? 8 : 4;
}

/** So many locals. */
type Locals<N extends number> =
  N extends 1 ? [Local] : N extends 2 ? [Local, Local] : N extends 3 ? [Local, Local, Local] : [Local, Local, Local, Local];

/** The kernels of each module, by name. */
const modules = new WeakMap<ModuleBuilder, Map<string, number>>();

/**
 * The index of a kernel of the context's module: a function that takes addresses (or other i32) and gives nothing. It is
 * written at the first call with its `key`, so that nodes of equal shapes share code.
 *
 * @param key - names the kernel with everything that is compiled into it but precision and instruction set.
 */
export function kernel<N extends 1 | 2 | 3 | 4>(
  context: DenseContext,
  key: string,
  params: N,
  write: (w: KernelWriter, ...params: Locals<N>) => void,
): number {
  const { module, precision, relaxedSimd } = context;
  const kernels = modules.get(module) ?? new Map<string, number>();
  modules.set(module, kernels);
  const name = `${key} ${precision} ${relaxedSimd}`;
  const known = kernels.get(name);
  if (known !== undefined) return known;
  const types = Array.from({ length: params }, () => 'i32' as const);
  const made = module.function(types, [], (f) => {
    write(new KernelWriter(f, precision, relaxedSimd), ...(types.map((_, i) => f.param(i)) as Locals<N>));
  });
  kernels.set(name, made);
  return made;
}

/** Appends a call of a kernel with constant arguments. */
export function callKernel(f: FunctionBuilder, index: number, args: readonly number[]): void {
  for (const arg of args) f.i32(arg);
  f.call(index);
}
