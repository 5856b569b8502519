/** @file Runs of neighbouring elements, copied. */
import type { Local } from '../../wasm/encode/functionBuilder.ts';
import type { DenseContext } from '../denseKernel.ts';
import { kernel } from '../kernel.ts';
import type { KernelWriter } from '../kernelWriter.ts';
import { VECTOR_BYTES } from '../kernelWriter.ts';

/** Vectors that are written out rather than looped over. */
const UNROLLED = 8;

/** Copies `length` neighbouring elements; the pointers stay where they are. */
export function writeRow(w: KernelWriter, target: Local, source: Local, length: number): void {
  w.f.scoped(() => {
    const value = w.f.local('v128');
    const [to, from] = [w.pointer(target), w.pointer(source)];
    const vectorAt = (offset: number, lanes: number): void => {
      w.loadFewInto(value, from, offset, lanes);
      w.storePart(to, offset, value, lanes);
    };
    const strip = UNROLLED * w.count;
    w.times(Math.floor(length / strip), () => {
      for (let j = 0; j < UNROLLED; j++) vectorAt(j * VECTOR_BYTES, w.count);
      w.move(to, UNROLLED * VECTOR_BYTES);
      w.move(from, UNROLLED * VECTOR_BYTES);
    });
    const rest = length % strip;
    for (let done = 0; done < rest; done += w.count) vectorAt(done * w.size, rest - done);
  });
}

/** Rows of two arrays; steps in bytes. */
export interface Box {
  readonly rows: number;
  readonly columns: number;
  readonly sourceRow: number;
  readonly targetRow: number;
}

/** The kernel (target, source) that copies rows. */
export function rowsKernel(context: DenseContext, box: Box): number {
  return kernel(context, `rows ${JSON.stringify(box)}`, 2, (w, target, source) => {
    w.times(box.rows, () => {
      writeRow(w, target, source, box.columns);
      w.move(target, box.targetRow);
      w.move(source, box.sourceRow);
    });
  });
}
