/** @file Lets the base class make wrappers that themselves extend it, without an import cycle. */
import type { Tensor, TensorLike } from '@tensorflow/tfjs-core';
import type { Distribution } from './distribution.ts';

interface Wrappers {
  independent: ((base: Distribution, reinterpreted: number) => Distribution) | null;
  masked: ((base: Distribution, mask: Tensor | TensorLike) => Distribution) | null;
}

/** Filled in by `independent.ts` and `masked.ts` as they load. */
export const wrappers: Wrappers = { independent: null, masked: null };
