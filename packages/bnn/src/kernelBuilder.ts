/** @file How networks are given the kernels that draw their weights. */
import { infer } from '@tychejs/ppl';
import type { McmcKernel } from '@tychejs/ppl';
import type { NetKernel, NetModel } from './mcmcFit.ts';

/** Makes a kernel: `(model) => new infer.NUTS(model, { targetAcceptProb: 0.9 })`. */
export type KernelBuilder<K extends NetKernel = NetKernel> = (model: NetModel) => K;

/** `infer.NUTS`, for its defaults. */
export type KernelClass<K extends NetKernel = NetKernel> = new (model: NetModel) => K;

/** What a builder makes for `model`. @throws TypeError when that is no kernel. */
export function buildKernel(where: string, builder: KernelBuilder | KernelClass, model: NetModel): NetKernel {
  const kernel = isClass(builder) ? new builder(model) : builder(model);
  if (infer.isSgmcmcKernel(kernel) || typeof (kernel as Partial<McmcKernel> | null | undefined)?.bind === 'function') return kernel;
  throw new TypeError(`${where}: kernel was to make a kernel, such as new infer.NUTS(model), but made ${typeof kernel}`);
}

function isClass(builder: KernelBuilder | KernelClass): builder is KernelClass {
  const prototype: unknown = builder.prototype;
  return infer.isSgmcmcKernel(prototype) || typeof (prototype as Partial<McmcKernel> | undefined)?.bind === 'function';
}
