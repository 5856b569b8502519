/** @file Numbers that keep their float64 digits on their way into compiled programs. */
import type { Tensor } from '@tensorflow/tfjs-core';
import { data } from '@tychejs/jit';
import { isTracing } from '../backend/tracing.ts';

/**
 * A number as an operand of tfjs ops. These narrow numbers to float32 before a trace can see them; so while one is under
 * way, a tensor that remembers all digits takes the number's place. Tensors are passed through.
 */
export function exact<T extends number | Tensor>(x: T): T | Tensor {
  return typeof x === 'number' && isTracing() ? data(x) : x;
}
