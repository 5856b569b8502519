/** @file Sums of the rows of a matrix, each times a number: long rows, several at a time. */
import type { Local } from '../../wasm/encode/functionBuilder.ts';
import type { DenseContext } from '../denseKernel.ts';
import { kernel } from '../kernel.ts';
import type { KernelWriter } from '../kernelWriter.ts';
import { fillKernel } from '../move/fill.ts';

/** Rows that are added at a time. */
const TOGETHER = 4;

/** Vectors that are written out rather than looped over. */
const UNROLLED = 12;

/** The kernel (vector [k], matrix [k, n], result [n]) of `result = vector matrix`. */
export function rowCombinationKernel(context: DenseContext, k: number, n: number): number {
  return kernel(context, `rowCombination ${k} ${n}`, 3, (w, vector, matrix, result) => {
    w.f.get(result).call(fillKernel(context, n, 0));
    const group = (rows: number): void => {
      w.f.scoped(() => addRows(w, n, rows, { vector, matrix, result }));
      w.move(vector, rows * w.size);
      w.move(matrix, rows * n * w.size);
    };
    w.times(Math.floor(k / TOGETHER), () => group(TOGETHER));
    if (k % TOGETHER > 0) group(k % TOGETHER);
  });
}

interface Pointers {
  readonly vector: Local;
  readonly matrix: Local;
  readonly result: Local;
}

/** `result += Σ vector[i] matrix[i]` for a few rows. */
function addRows(w: KernelWriter, n: number, rows: number, { vector, matrix, result }: Pointers): void {
  const factors = Array.from({ length: rows }, (_, i) => w.vector.loadSplat(vector, i * w.size));
  const [from, to] = [w.pointer(matrix), w.pointer(result)];
  const [sum, old, entries] = [w.f.local('v128'), w.f.local('v128'), w.f.local('v128')];
  const addVector = (offset: number, lanes: number): void => {
    // Products are summed before they are added to the result, which waits for the rows before.
    factors.forEach((factor, i) => {
      w.loadInto(entries, from, offset + i * n * w.size);
      if (i === 0) w.into(sum, 'mul', factor, entries);
      else w.accumulate(sum, factor, entries);
    });
    w.loadFewInto(old, to, offset, lanes);
    w.into(sum, 'add', old, sum);
    w.storePart(to, offset, sum, lanes);
  };
  const strip = Math.min(UNROLLED, Math.ceil(n / w.count)) * w.count;
  w.times(Math.floor(n / strip), () => {
    for (let j = 0; j < strip; j += w.count) addVector(j * w.size, w.count);
    w.move(from, strip * w.size);
    w.move(to, strip * w.size);
  });
  for (let j = 0; j < n % strip; j += w.count) addVector(j * w.size, (n % strip) - j);
}
