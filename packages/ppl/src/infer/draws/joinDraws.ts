/** @file Many draws in a row, at once. */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import type { ProgramNumbers } from '@tychejs/jit';
import type { RandomStream } from '../../random/stream.ts';
import { currentStack } from '../../runtime/stack.ts';
import { isValidationOn } from '../../util/validation.ts';
import { signatureOf, withTensors } from '../svi/compiled/arguments.ts';
import type { DrawEngine, DrawRequest } from './drawEngine.ts';

/** Writes the numbers that draw `i` has of its own: `target(k)` is the place of those of the k-th tensor among the arguments. */
export type WriteOwn = (i: number, target: (k: number) => ProgramNumbers) => void;

/**
 * Makes `count` draws, with the streams `stream.fold(i)`, under the handlers in force.
 *
 * @param args - those of the first draw; the others share all but the first `request.numOwn` tensors among them.
 * @param writeOwn - gives each draw, the first too, its own numbers in place of those tensors.
 * @returns what a draw gives, its tensors being those of all draws joined along their first dimension; they are the caller's.
 * Null if the draws are to be made eagerly: as a whole, or because one of them looks wrong.
 * @throws what `DrawEngine.prepare` throws.
 */
export function joinDraws<A extends unknown[]>(
  engine: DrawEngine<A>,
  stream: RandomStream,
  args: A,
  request: DrawRequest,
  writeOwn?: WriteOwn,
): unknown {
  const { count, numOwn = 0 } = request;
  const prepared = engine.prepare({ stack: currentStack(), stream, validate: isValidationOn() }, args, request);
  if (prepared === null) return null;
  const { drawing, template } = prepared;
  const leaves = signatureOf([template]).tensors.map(({ shape, size, dtype }, place) => {
    const numbers = drawing.outputView(place);
    return { shape, size, dtype, numbers, all: arrayFor(dtype, count * size) };
  });
  drawing.load(signatureOf(args).tensors.slice(numOwn), numOwn);
  for (let i = 0; i < count; i++) {
    writeOwn?.(i, (k) => drawing.inputView(k));
    if (!drawing.draw(stream.fold(i))) return null;
    for (const { all, numbers, size } of leaves) all.set(numbers, i * size);
  }
  const joined = leaves.map(({ shape: [first = 1, ...rest], dtype, all }): Tensor => tf.tensor(all, [count * first, ...rest], dtype));
  return withTensors([template], joined)[0];
}

function arrayFor(dtype: tf.DataType, length: number): Float32Array | Int32Array | Uint8Array {
  if (dtype === 'int32') return new Int32Array(length);
  return dtype === 'bool' ? new Uint8Array(length) : new Float32Array(length);
}
