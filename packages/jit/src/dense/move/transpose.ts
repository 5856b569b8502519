/** @file Transposition of matrices, in square blocks that fit registers. */
import { at } from '../../graph/shape.ts';
import type { Local } from '../../wasm/encode/functionBuilder.ts';
import type { DenseContext } from '../denseKernel.ts';
import { kernel } from '../kernel.ts';
import type { KernelWriter } from '../kernelWriter.ts';
import { VECTOR_BYTES } from '../kernelWriter.ts';
import type { Box } from './rows.ts';

/** The columns of a square block whose rows are vectors. */
export function transposeBlock(w: KernelWriter, rows: readonly Local[]): Local[] {
  if (w.count === 2) {
    const [a, b] = [at(rows, 0), at(rows, 1)];
    return [w.shuffle(a, b, [0, 2]), w.shuffle(a, b, [1, 3])];
  }
  const [a, b, c, d] = [at(rows, 0), at(rows, 1), at(rows, 2), at(rows, 3)];
  const [abLow, abHigh] = [w.shuffle(a, b, [0, 4, 1, 5]), w.shuffle(a, b, [2, 6, 3, 7])];
  const [cdLow, cdHigh] = [w.shuffle(c, d, [0, 4, 1, 5]), w.shuffle(c, d, [2, 6, 3, 7])];
  return [
    w.shuffle(abLow, cdLow, [0, 1, 4, 5]),
    w.shuffle(abLow, cdLow, [2, 3, 6, 7]),
    w.shuffle(abHigh, cdHigh, [0, 1, 4, 5]),
    w.shuffle(abHigh, cdHigh, [2, 3, 6, 7]),
  ];
}

/** The kernel (target, source) that writes the transpose of a matrix; `rows` and `columns` are the source's. */
export function transposeKernel(context: DenseContext, box: Box): number {
  const { rows, columns, sourceRow, targetRow } = box;
  return kernel(context, `transpose ${JSON.stringify(box)}`, 2, (w, target, source) => {
    const [to, from] = [w.f.local('i32'), w.f.local('i32')];
    /** A block of `height` rows and `width` columns of the source, in registers but for the rows it is cut into. */
    const block = (height: number, width: number): void => {
      w.f.scoped(() => {
        for (let j = 0; j < width; j += w.count) {
          const lines = Array.from({ length: w.count }, (_, i) =>
            w.vector.load(from, Math.min(i, height - 1) * sourceRow + j * w.size),
          );
          transposeBlock(w, lines)
            .slice(0, width - j)
            .forEach((column, i) => w.storePart(to, (j + i) * targetRow, column, height));
        }
      });
    };
    /** All rows of some columns: as many as one line of the cache holds, or the rest. */
    const strip = (width: number): void => {
      w.assign(to, target);
      w.assign(from, source);
      w.times(Math.floor(rows / w.count), () => {
        block(w.count, width);
        w.move(to, VECTOR_BYTES);
        w.move(from, w.count * sourceRow);
      });
      if (rows % w.count > 0) block(rows % w.count, width);
      w.move(target, width * targetRow);
      w.move(source, width * w.size);
    };
    const width = 4 * w.count;
    w.times(Math.floor(columns / width), () => strip(width));
    if (columns % width > 0) strip(columns % width);
  });
}
