/** @file Arrays of one value. */
import { sizeOf } from '../../graph/shape.ts';
import type { FunctionBuilder } from '../../wasm/encode/functionBuilder.ts';
import type { DenseContext, Place } from '../denseKernel.ts';
import { callKernel, kernel } from '../kernel.ts';
import { VECTOR_BYTES } from '../kernelWriter.ts';

/** Appends code that makes every element of `place` equal to `value`. */
export function fill(f: FunctionBuilder, place: Place, value: number, context: DenseContext): void {
  const size = sizeOf(place.shape);
  if (size > 0) callKernel(f, fillKernel(context, size, value), [place.address]);
}

/** The kernel (address) that writes so many equal elements. */
export function fillKernel(context: DenseContext, length: number, value: number): number {
  const name = Object.is(value, -0) ? '-0' : String(value);
  return kernel(context, `fill ${length} ${name}`, 1, (w, target) => {
    const vector = w.variable(value);
    const unroll = 4 * w.count;
    w.times(Math.floor(length / unroll), () => {
      for (let u = 0; u < 4; u++) w.vector.store(target, u * VECTOR_BYTES, vector);
      w.move(target, 4 * VECTOR_BYTES);
    });
    for (let done = 0; done < length % unroll; done += w.count) {
      w.storePart(target, done * w.size, vector, (length % unroll) - done);
    }
  });
}
