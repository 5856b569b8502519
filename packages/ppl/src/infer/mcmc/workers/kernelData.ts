/** @file Kernels on their way to a worker. */
import { HMC } from '../hmc.ts';
import type { McmcKernel } from '../kernelOptions.ts';
import { NUTS } from '../nuts.ts';

/** A kernel without its target: all else of it is plain data. */
export interface KernelData {
  readonly name: 'NUTS' | 'HMC';
  readonly fields: Readonly<Record<string, unknown>>;
}

const PROTOTYPES: Readonly<Record<KernelData['name'], McmcKernel>> = { NUTS: NUTS.prototype, HMC: HMC.prototype };

/** `kernel` as data; null for kernels that are not of this library, whose code a worker does not have. */
export function kernelData(kernel: McmcKernel): KernelData | null {
  const { target: _, ...fields } = kernel;
  const prototype: unknown = Object.getPrototypeOf(kernel);
  for (const name of ['NUTS', 'HMC'] as const) if (prototype === PROTOTYPES[name]) return { name, fields };
  return null;
}

/** The kernel that `data` was taken of, without a target: to be bound to densities. */
export function reviveKernel({ name, fields }: KernelData): McmcKernel {
  return Object.assign(Object.create(PROTOTYPES[name]) as McmcKernel, fields);
}
