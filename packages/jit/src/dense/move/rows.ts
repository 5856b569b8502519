/** @file Runs of neighbouring elements, copied or added to others. */
import type { Local } from '../../wasm/encode/functionBuilder.ts';
import type { DenseContext } from '../denseKernel.ts';
import { kernel } from '../kernel.ts';
import type { KernelWriter } from '../kernelWriter.ts';
import { VECTOR_BYTES } from '../kernelWriter.ts';

/** Vectors that are written out rather than looped over. */
const UNROLLED = 8;

/** What becomes of the target's old values. */
export type Placing = 'copy' | 'add';

/** Copies or adds `length` neighbouring elements; the pointers stay where they are. */
export function writeRow(w: KernelWriter, target: Local, source: Local, length: number, placing: Placing): void {
  w.f.scoped(() => {
    const [value, old] = [w.f.local('v128'), w.f.local('v128')];
    const [to, from] = [w.pointer(target), w.pointer(source)];
    const vectorAt = (offset: number, lanes: number): void => {
      w.loadFewInto(value, from, offset, lanes);
      if (placing === 'add') {
        w.loadFewInto(old, to, offset, lanes);
        w.into(value, 'add', old, value);
      }
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

/** The kernel (target, source) that copies or adds rows. */
export function rowsKernel(context: DenseContext, box: Box, placing: Placing): number {
  return kernel(context, `rows ${placing} ${JSON.stringify(box)}`, 2, (w, target, source) => {
    w.times(box.rows, () => {
      writeRow(w, target, source, box.columns, placing);
      w.move(target, box.targetRow);
      w.move(source, box.sourceRow);
    });
  });
}
