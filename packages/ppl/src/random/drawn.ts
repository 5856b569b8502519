/** @file Draws as tensors, and, in a function that is being compiled, as inputs that can be drawn anew. */
import type { Tensor } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import { captureInput } from '@tychejs/jit';
import type { NoiseKind } from '@tychejs/jit';
import type { Shape } from '../util/shape.ts';
import { sizeOf } from '../util/shape.ts';
import type { RandomStream } from './stream.ts';

/** What a draw consists of. */
export interface DrawSpec {
  readonly shape: Shape;
  readonly dtype: 'float32' | 'int32';
  /** The noise it is, if it is nothing else. */
  readonly noise?: NoiseKind;
}

/** Writes draws from a stream over all of `values`. */
export type Fill = (from: RandomStream, values: Float32Array | Int32Array) => void;

/** A draw that has become an input of a program. */
export interface RecordedDraw extends DrawSpec {
  /** What it was drawn from: a stream of its own. */
  readonly stream: RandomStream;
  readonly fill: Fill;
}

let recorded: RecordedDraw[] | null = null;

/** Runs `body` with all draws that are captured meanwhile written down, in the order of their inputs. */
export function recordDraws<R>(body: () => R): { readonly result: R; readonly draws: readonly RecordedDraw[] } {
  const outer = recorded;
  const draws: RecordedDraw[] = [];
  recorded = draws;
  try {
    return { result: body(), draws };
  } finally {
    recorded = outer;
  }
}

/**
 * A tensor of draws. They come from the next child of `stream`, so that they are a function of nothing but that child.
 *
 * @param label - what they are, for those who look at a program's inputs.
 */
export function drawn(label: string, stream: RandomStream, spec: DrawSpec, fill: Fill): Tensor {
  const own = stream.split();
  const values = spec.dtype === 'int32' ? new Int32Array(sizeOf(spec.shape)) : new Float32Array(sizeOf(spec.shape));
  fill(own.copy(), values);
  return captured(label, own, values, spec, fill) ?? tf.tensor(values, [...spec.shape], spec.dtype);
}

/** What stands for `values` in a function that is being compiled; null if there is none. */
export function captured(
  label: string,
  stream: RandomStream,
  values: Float32Array | Int32Array,
  spec: DrawSpec,
  fill: Fill,
): Tensor | null {
  const input = captureInput(values, spec.shape, spec.dtype, label, spec.noise);
  if (input !== null) recorded?.push({ ...spec, stream, fill });
  return input;
}
