/** @file Finding the tensors in a value. */
import { Tensor, scalar } from '@tensorflow/tfjs-core';

/**
 * Every tensor reachable from `value` through arrays, maps and fields of objects, each once. Unlike the search of
 * `tf.tidy` it looks into maps and does not walk the numbers of typed arrays.
 */
export function tensorsIn(value: unknown): Tensor[] {
  const found: Tensor[] = [];
  collect(value, found, new Set());
  return found;
}

function collect(value: unknown, found: Tensor[], seen: Set<object>): void {
  if (typeof value !== 'object' || value === null || ArrayBuffer.isView(value) || seen.has(value)) return;
  seen.add(value);
  if (value instanceof Tensor) {
    found.push(value);
  } else if (Array.isArray(value)) {
    for (const item of value) if (typeof item === 'object') collect(item, found, seen);
  } else if (value instanceof Map) {
    for (const item of value.values()) collect(item, found, seen);
  } else {
    for (const item of Object.values(value)) collect(item, found, seen);
  }
}

/** An id that all tensors made from now on exceed. */
export function nextTensorId(): number {
  const mark = scalar(0);
  mark.dispose();
  return mark.id;
}
