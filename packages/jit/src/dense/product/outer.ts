/** @file Products of a column with a row. */
import type { DenseContext } from '../denseKernel.ts';
import { kernel } from '../kernel.ts';
import { VECTOR_BYTES } from '../kernelWriter.ts';

/** Vectors of a row that are kept in registers. */
const KEPT = 8;

/** The kernel (column [m], row [n], result [m, n]) of `result[i, j] = column[i] row[j]`. */
export function outerKernel(context: DenseContext, m: number, n: number): number {
  return kernel(context, `outer ${m} ${n}`, 3, (w, column, row, result) => {
    const strip = KEPT * w.count;
    const [entry, target] = [w.pointer(column), w.pointer(result)];
    const [factor, product] = [w.f.local('v128'), w.f.local('v128')];
    const columns = (width: number): void => {
      const vectors = Array.from({ length: Math.ceil(width / w.count) }, (_, j) => w.vector.load(row, j * VECTOR_BYTES));
      w.assign(entry, column);
      w.assign(target, result);
      w.times(m, () => {
        w.splatInto(factor, entry, 0);
        vectors.forEach((vector, j) => {
          w.into(product, 'mul', factor, vector);
          w.storePart(target, j * VECTOR_BYTES, product, width - j * w.count);
        });
        w.move(entry, w.size);
        w.move(target, n * w.size);
      });
      w.move(row, width * w.size);
      w.move(result, width * w.size);
    };
    w.times(Math.floor(n / strip), () => w.f.scoped(() => columns(strip)));
    if (n % strip > 0) columns(n % strip);
  });
}
