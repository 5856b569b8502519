/** @file A vector's products with the rows of a matrix, in vectors along the rows. */
import { at } from '../../graph/shape.ts';
import type { Local } from '../../wasm/encode/functionBuilder.ts';
import type { DenseContext } from '../denseKernel.ts';
import { kernel } from '../kernel.ts';
import type { KernelWriter } from '../kernelWriter.ts';
import { VECTOR_BYTES } from '../kernelWriter.ts';
import { transposeBlock } from '../move/transpose.ts';

/** Vectors of the right-hand side that are kept in registers. */
const KEPT = 10;

/** The kernel (vector [k], matrix [rows, k], result [rows]) of `result = matrix vector`. */
export function rowDotsKernel(context: DenseContext, rows: number, k: number): number {
  return kernel(context, `rowDots ${rows} ${k}`, 3, (w, vector, matrix, result) => {
    const kept = keep(w, vector, k);
    const group = (count: number): void => {
      const sums = kept === null ? longSums(w, matrix, vector, count, k) : shortSums(w, matrix, kept, count, k);
      w.storePart(result, 0, sumsOfLanes(w, sums), count);
      w.move(matrix, count * k * w.size);
      w.move(result, count * w.size);
    };
    w.times(Math.floor(rows / w.count), () => group(w.count));
    if (rows % w.count > 0) group(rows % w.count);
  });
}

/** The vector in registers, zeros behind it; null if it is too long. */
function keep(w: KernelWriter, vector: Local, k: number): Local[] | null {
  const vectors = Math.ceil(k / w.count);
  if (vectors > KEPT) return null;
  return Array.from({ length: vectors }, (_, j) => w.loadPart(vector, j * VECTOR_BYTES, k - j * w.count));
}

/** The products of a few rows with a vector in registers, summed by lanes. */
function shortSums(w: KernelWriter, matrix: Local, kept: readonly Local[], rows: number, k: number): Local[] {
  return Array.from({ length: rows }, (_, row) => {
    // Two chains of additions to a row.
    const sums = [w.variable(), w.variable()];
    kept.forEach((own, j) => {
      const entries = w.loadPart(matrix, row * k * w.size + j * VECTOR_BYTES, k - j * w.count);
      w.accumulate(at(sums, j % 2), own, entries);
      w.releaseVectors(entries);
    });
    const [sum, other] = [at(sums, 0), at(sums, 1)];
    w.into(sum, 'add', sum, other);
    w.releaseVectors(other);
    return sum;
  });
}

/** The products of a few rows with a vector in memory, summed by lanes. */
function longSums(w: KernelWriter, matrix: Local, vector: Local, rows: number, k: number): Local[] {
  const unroll = Math.floor(8 / rows);
  const sums = Array.from({ length: unroll }, () => Array.from({ length: rows }, () => w.variable()));
  const [left, right] = [w.pointer(matrix), w.pointer(vector)];
  const step = (own: readonly Local[], offset: number, lanes: number): void => {
    const factor = w.loadPart(right, offset, lanes);
    own.forEach((sum, row) => {
      const entries = w.loadPart(left, offset + row * k * w.size, lanes);
      w.accumulate(sum, factor, entries);
      w.releaseVectors(entries);
    });
    w.releaseVectors(factor);
  };
  const whole = Math.floor(k / w.count);
  w.times(Math.floor(whole / unroll), () => {
    sums.forEach((own, u) => step(own, u * VECTOR_BYTES, w.count));
    w.move(left, unroll * VECTOR_BYTES);
    w.move(right, unroll * VECTOR_BYTES);
  });
  for (let u = 0; u < whole % unroll; u++) step(at(sums, u), u * VECTOR_BYTES, w.count);
  if (k % w.count > 0) step(at(sums, 0), (whole % unroll) * VECTOR_BYTES, k % w.count);
  w.release(left, right);
  const [total, ...others] = sums;
  if (total === undefined) throw new Error('no sums');
  for (const other of others) other.forEach((sum, row) => w.into(at(total, row), 'add', at(total, row), sum));
  w.releaseVectors(...others.flat());
  return total;
}

/** A vector of the sums of each vector's lanes; the vectors, at most as many as there are lanes, are given back. */
function sumsOfLanes(w: KernelWriter, vectors: readonly Local[]): Local {
  const last = at(vectors, vectors.length - 1);
  const columns = transposeBlock(w, Array.from({ length: w.count }, (_, i) => vectors[i] ?? last));
  const [sum, ...others] = columns;
  if (sum === undefined) throw new Error('no columns');
  for (const other of others) w.into(sum, 'add', sum, other);
  w.releaseVectors(...columns, ...vectors);
  return sum;
}
