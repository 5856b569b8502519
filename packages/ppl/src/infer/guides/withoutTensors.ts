/** @file Values that outlive the tensors in them. */
import { Tensor } from '@tensorflow/tfjs-core';

/** `value`, with nested arrays of numbers in place of the tensors in its fields; itself if there are none. */
export function withoutTensors<T>(value: T): T {
  if (value instanceof Tensor) return value.arraySync() as T;
  if (typeof value !== 'object' || value === null || ArrayBuffer.isView(value)) return value;
  const entries = Object.entries(value).map(([key, field]) => [key, field, withoutTensors<unknown>(field)] as const);
  if (entries.every(([, before, after]) => before === after)) return value;
  const fields = Object.fromEntries(entries.map(([key, , after]) => [key, after]));
  if (Array.isArray(value)) return Object.values(fields) as T;
  return Object.assign(Object.create(Object.getPrototypeOf(value) as object) as object, fields) as T;
}
