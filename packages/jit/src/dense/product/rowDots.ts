/** @file A vector's products with the rows of a matrix, in vectors along the rows. */
import { at } from '../../graph/shape.ts';
import type { Local } from '../../wasm/encode/functionBuilder.ts';
import type { DenseContext } from '../denseKernel.ts';
import { kernel } from '../kernel.ts';
import type { KernelWriter } from '../kernelWriter.ts';
import { VECTOR_BYTES } from '../kernelWriter.ts';
import { transposeBlock } from '../move/transpose.ts';

/** Vectors of a short right-hand side; as many of them as this are kept in registers. */
const SHORT = { longest: 12, kept: 8 } as const;

/** Vectors of a short row that are read before they are made use of. */
const CHUNK = 4;

/** Rows that go along a long right-hand side together. */
const TOGETHER = 4;

/** The kernel (vector [k], matrix [rows, k], result [rows]) of `result = matrix vector`. */
export function rowDotsKernel(context: DenseContext, rows: number, k: number): number {
  return kernel(context, `rowDots ${rows} ${k}`, 3, (w, vector, matrix, result) => {
    if (k <= SHORT.longest * w.count) {
      writeShortRows(w, rows, k, { vector, matrix, result });
      return;
    }
    const group = (together: number): void => {
      w.f.scoped(() => {
        const sums = longSums(w, matrix, vector, together, k);
        for (let first = 0; first < together; first += w.count) {
          const own = sums.slice(first, first + w.count);
          w.storePart(result, first * w.size, sumsOfLanes(w, own), own.length);
        }
      });
      w.move(matrix, together * k * w.size);
      w.move(result, together * w.size);
    };
    w.times(Math.floor(rows / TOGETHER), () => group(TOGETHER));
    if (rows % TOGETHER > 0) group(rows % TOGETHER);
  });
}

interface Pointers {
  readonly vector: Local;
  readonly matrix: Local;
  readonly result: Local;
}

/** Row after row, most of the right-hand side in registers. */
function writeShortRows(w: KernelWriter, rows: number, k: number, { vector, matrix, result }: Pointers): void {
  const vectors = Math.ceil(k / w.count);
  const part = (pointer: Local, j: number): Local => w.loadPart(pointer, j * VECTOR_BYTES, k - j * w.count);
  const kept = Array.from({ length: Math.min(vectors, SHORT.kept) }, (_, j) => part(vector, j));
  w.times(rows, () => {
    w.f.scoped(() => {
      // Two chains of additions.
      const sums = [w.f.local('v128'), w.f.local('v128')];
      for (let first = 0; first < vectors; first += CHUNK) {
        const sum = at(sums, (first / CHUNK) % 2);
        for (let j = first; j < Math.min(first + CHUNK, vectors); j++) {
          const [entries, factor] = [part(matrix, j), kept[j] ?? part(vector, j)];
          if (j === first && first <= CHUNK) w.into(sum, 'mul', entries, factor);
          else w.accumulate(sum, entries, factor);
        }
        // V8 would read the whole row before it adds anything, and run out of registers, were there not this store of
        // what is known so far, which it must not move past later reads.
        if (first + CHUNK < vectors) w.storePart(result, 0, sum, 1);
      }
      const [sum, other] = [at(sums, 0), at(sums, 1)];
      if (vectors > CHUNK) w.into(sum, 'add', sum, other);
      w.storePart(result, 0, sumOfLanes(w, sum), 1);
    });
    w.move(matrix, k * w.size);
    w.move(result, w.size);
  });
}

/** The products of a few rows with a vector in memory, summed by lanes. */
function longSums(w: KernelWriter, matrix: Local, vector: Local, rows: number, k: number): Local[] {
  // As many steps in a row, and accumulators, as there are registers for.
  const steps = rows === 1 ? 4 : 2;
  const splits = rows === TOGETHER ? 1 : steps;
  const sums = Array.from({ length: splits }, () => Array.from({ length: rows }, () => w.variable()));
  const [left, right] = [w.pointer(matrix), w.pointer(vector)];
  const step = (own: readonly Local[], offset: number, lanes: number): void => {
    const factor = w.loadPart(right, offset, lanes);
    own.forEach((sum, row) => w.accumulate(sum, factor, w.loadPart(left, offset + row * k * w.size, lanes)));
  };
  const whole = Math.floor(k / w.count);
  w.times(Math.floor(whole / steps), () => {
    for (let u = 0; u < steps; u++) step(at(sums, u % splits), u * VECTOR_BYTES, w.count);
    w.move(left, steps * VECTOR_BYTES);
    w.move(right, steps * VECTOR_BYTES);
  });
  for (let u = 0; u < whole % steps; u++) step(at(sums, u % splits), u * VECTOR_BYTES, w.count);
  if (k % w.count > 0) step(at(sums, 0), (whole % steps) * VECTOR_BYTES, k % w.count);
  const [total, ...others] = sums;
  if (total === undefined) throw new Error('there are no sums');
  for (const other of others) other.forEach((sum, row) => w.into(at(total, row), 'add', at(total, row), sum));
  return total;
}

/** The sum of a vector's lanes, in the first of a vector. */
function sumOfLanes(w: KernelWriter, vector: Local): Local {
  const half = w.count / 2;
  const folded = w.vector.add(vector, w.shuffle(vector, vector, w.count === 2 ? [1, 0] : [half, half + 1, 0, 1]));
  return w.count === 2 ? folded : w.vector.add(folded, w.shuffle(folded, folded, [1, 0, 3, 2]));
}

/** A vector of the sums of each vector's lanes; there may be fewer vectors than lanes. */
function sumsOfLanes(w: KernelWriter, vectors: readonly Local[]): Local {
  const first = at(vectors, 0);
  const columns = transposeBlock(w, Array.from({ length: w.count }, (_, i) => vectors[i] ?? first));
  return columns.reduce((sum, column) => w.vector.add(sum, column));
}
