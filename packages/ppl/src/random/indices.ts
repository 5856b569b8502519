/** @file Elements of plates, drawn at random: numbers, with tensors that stand for them while a function is being compiled. */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor1D } from '@tensorflow/tfjs-core';
import { captured } from './drawn.ts';
import type { RandomStream } from './stream.ts';

/** By the numbers themselves, which handlers pass from guide to model. */
const standIns = new WeakMap<Int32Array, Tensor1D>();

/** `count` different numbers out of 0 .. size - 1, in random order. */
export function chooseIndices(stream: RandomStream, size: number, count: number): Int32Array {
  const own = stream.split();
  const indices = own.copy().choose(size, count);
  const tensor = captured('subsample', own, indices, { shape: [count], dtype: 'int32' }, (from, values) => {
    values.set(from.choose(size, count));
  });
  if (tensor !== null) standIns.set(indices, tensor as Tensor1D);
  return indices;
}

/** Numbers that are not known yet but will be those of `tensor`; what they hold means nothing. */
export function unknownIndices(tensor: Tensor1D): Int32Array {
  const indices = new Int32Array(tensor.size);
  standIns.set(indices, tensor);
  return indices;
}

/** Whether the numbers may be others when the program runs. */
export function areUnknown(indices: Int32Array): boolean {
  return standIns.has(indices);
}

/** The numbers as an int32 tensor. */
export function indexTensor(indices: Int32Array): Tensor1D {
  return standIns.get(indices) ?? tf.tensor1d(indices, 'int32');
}
