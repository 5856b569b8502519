/**
 * @file The Cholesky factor, in blocks of four columns (Golub and Van Loan, "Matrix Computations", 4.2.9): what earlier
 * columns contribute is subtracted tile by tile, then the block's own columns are solved for.
 */
import type { NodeOf } from '../../graph/node.ts';
import { at, sizeOf } from '../../graph/shape.ts';
import type { FunctionBuilder, Local } from '../../wasm/encode/functionBuilder.ts';
import type { DenseContext, Place } from '../denseKernel.ts';
import { callKernel, kernel } from '../kernel.ts';
import type { KernelWriter } from '../kernelWriter.ts';
import { VECTOR_BYTES } from '../kernelWriter.ts';
import { writeRow } from '../move/rows.ts';
import { transposeBlock } from '../move/transpose.ts';
import { tileKernel } from '../product/tile.ts';

/** Columns of a block. */
const BLOCK = 4;

/** Appends the lower Cholesky factors of a batch of matrices. */
export function emitCholesky(
  f: FunctionBuilder,
  node: NodeOf<'cholesky'>,
  x: Place,
  result: Place,
  context: DenseContext,
): void {
  if (sizeOf(node.shape) === 0) return;
  const n = at(node.shape, node.shape.length - 1);
  const batch = sizeOf(node.shape.slice(0, -2));
  const bytes = n * n * (context.precision === 'float64' ? 8 : 4);
  const index = kernel(context, `cholesky ${n} ${batch}`, 2, (w, source, target) => {
    w.times(batch, () => {
      writeRow(w, target, source, n * n);
      writeFactor(w, context, n, target);
      w.move(source, bytes);
      w.move(target, bytes);
    });
  });
  callKernel(f, index, [x.address, result.address]);
}

/**
 * Factors the matrix at `matrix` in its place. Until it is done, the upper triangle holds the transpose of what is known of
 * the factor, so that tiles find the rows of their right-hand factor as they want them.
 */
function writeFactor(w: KernelWriter, context: DenseContext, n: number, matrix: Local): void {
  const row = n * w.size;
  const block = BLOCK * w.size;
  const rest = n % BLOCK;
  // Rows below a block of columns come in groups of four, and a last smaller one.
  const [diagonal, above, left, below] = [w.pointer(matrix), w.pointer(matrix), w.pointer(matrix), w.f.local('i32')];
  const [done, groups, current] = [w.f.local('i32'), w.f.local('i32'), w.f.local('i32')];
  w.f.i32(0).set(done);

  /** Subtracts from `rows` rows at `current` what the columns before the block contribute. */
  const subtract = (rows: number, columns: number, from: Local, into: Local): void => {
    const sum = { aStep: w.size, bStep: row };
    const index = tileKernel(context, { rows, columns, aRow: row, cRow: row, update: 'subtract', sum });
    w.call(index, from, above, into, done);
  };

  w.times(Math.floor(n / BLOCK), () => {
    subtract(BLOCK, BLOCK, left, diagonal);
    w.f.scoped(() => factorSmall(w, diagonal, BLOCK, row));
    // `current` walks down the block's columns, `below` along the first entries of the same rows.
    w.f.get(diagonal).i32(BLOCK * row).op('i32.add').set(current);
    w.f.get(left).i32(BLOCK * row).op('i32.add').set(below);
    const mirrored = w.pointer(diagonal, block);
    w.f.i32(n - BLOCK).get(done).op('i32.sub').i32(2).op('i32.shr_s').set(groups);
    const group = (rows: number): void => {
      subtract(rows, BLOCK, below, current);
      w.f.scoped(() => solveGroup(w, { diagonal, current, mirrored }, rows, row));
      w.move(current, rows * row);
      w.move(below, rows * row);
      w.move(mirrored, rows * w.size);
    };
    w.countDown(groups, () => group(BLOCK));
    if (rest > 0) group(rest);
    w.move(diagonal, BLOCK * row + block);
    w.move(above, block);
    w.move(left, BLOCK * row);
    w.move(done, BLOCK);
  });
  if (rest > 0) {
    subtract(rest, rest, left, diagonal);
    w.f.scoped(() => factorSmall(w, diagonal, rest, row));
  }
  clearUpper(w, n, matrix);
}

/** Factors a block of up to four rows, number by number. */
function factorSmall(w: KernelWriter, block: Local, n: number, row: number): void {
  const { scalar } = w;
  const factor: Local[][] = [];
  for (let i = 0; i < n; i++) {
    const own: Local[] = [];
    for (let j = 0; j <= i; j++) {
      const other = factor[j] ?? own;
      let sum = scalar.load(block, i * row + j * w.size);
      for (let k = 0; k < j; k++) sum = scalar.sub(sum, scalar.mul(at(own, k), at(other, k)));
      const entry = i === j ? scalar.sqrt(sum) : scalar.div(sum, at(other, j));
      own.push(entry);
      scalar.store(block, i * row + j * w.size, entry);
    }
    factor.push(own);
  }
}

interface Group {
  /** The block on the diagonal, factored. */
  readonly diagonal: Local;
  /** The rows to be solved for. */
  readonly current: Local;
  /** Where their transpose goes. */
  readonly mirrored: Local;
}

/** Solves `x L^T = rows` for up to four rows of four columns, in vectors along the columns of `x`. */
function solveGroup(w: KernelWriter, { diagonal, current, mirrored }: Group, rows: number, row: number): void {
  const { vector, count } = w;
  for (let first = 0; first < rows; first += count) {
    const present = Math.min(count, rows - first);
    const offset = (i: number, j: number): number => (first + Math.min(i, present - 1)) * row + j * VECTOR_BYTES;
    const parts = BLOCK / count;
    const columns = Array.from({ length: parts }, (_, j) =>
      transposeBlock(w, Array.from({ length: count }, (_unused, i) => vector.load(current, offset(i, j)))),
    ).flat();
    const solved: Local[] = [];
    columns.forEach((column, j) => {
      let sum = column;
      solved.forEach((x, k) => {
        sum = vector.sub(sum, vector.mul(x, vector.loadSplat(diagonal, j * row + k * w.size)));
      });
      const entry = vector.div(sum, vector.loadSplat(diagonal, j * (row + w.size)));
      solved.push(entry);
      w.storePart(mirrored, j * row + first * w.size, entry, present);
    });
    for (let j = 0; j < parts; j++) {
      const lines = transposeBlock(w, solved.slice(j * count, (j + 1) * count));
      for (let i = 0; i < present; i++) vector.store(current, offset(i, j), at(lines, i));
    }
  }
}

/** Zeros above the diagonal. */
function clearUpper(w: KernelWriter, n: number, matrix: Local): void {
  const { f } = w;
  const [pointer, count] = [f.local('i32'), f.local('i32')];
  const entry = w.pointer(matrix, w.size);
  const left = f.local('i32');
  const zero = w.scalar.constant(0);
  f.i32(n - 1).set(count);
  w.countDown(count, () => {
    w.assign(pointer, entry);
    w.assign(left, count);
    w.countDown(left, () => {
      w.scalar.store(pointer, 0, zero);
      w.move(pointer, w.size);
    });
    w.move(entry, (n + 1) * w.size);
  });
}
