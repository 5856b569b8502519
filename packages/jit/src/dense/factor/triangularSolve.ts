/**
 * @file Triangular systems, in blocks of four rows: what is solved for already is subtracted tile by tile, then the block's
 * own rows are solved for.
 */
import type { NodeOf } from '../../graph/node.ts';
import { at, sizeOf } from '../../graph/shape.ts';
import type { FunctionBuilder, Local } from '../../wasm/encode/functionBuilder.ts';
import { callForEachMatrix } from '../batch.ts';
import type { DenseContext, Place } from '../denseKernel.ts';
import { kernel } from '../kernel.ts';
import type { KernelWriter } from '../kernelWriter.ts';
import { VECTOR_BYTES } from '../kernelWriter.ts';
import { writeRow } from '../move/rows.ts';
import { tileKernel, vectorsFor } from '../product/tile.ts';

/** Rows of a block. */
const BLOCK = 4;

/** A system, `E X = R` with the triangular E read from where `matrix` points. */
interface System {
  readonly n: number;
  /** Right-hand sides. */
  readonly m: number;
  /** Whether rows are solved for from the first on (E is lower triangular), else from the last. */
  readonly isForward: boolean;
  readonly transpose: boolean;
}

/** Appends the solutions of a batch of triangular systems. */
export function emitTriangularSolve(
  f: FunctionBuilder,
  node: NodeOf<'triangularSolve'>,
  matrix: Place,
  rhs: Place,
  result: Place,
  context: DenseContext,
): void {
  const { shape, transpose, lower } = node;
  if (sizeOf(shape) === 0) return;
  const batch = shape.slice(0, -2);
  const [n, m] = [at(shape, shape.length - 2), at(shape, shape.length - 1)];
  const index = solveKernel(context, { n, m, isForward: lower !== transpose, transpose });
  callForEachMatrix(f, batch, [matrix, rhs, result], { index }, context);
}

/** The kernel (matrix, rhs, x) of a system. */
function solveKernel(context: DenseContext, system: System): number {
  const { n, m, isForward, transpose } = system;
  return kernel(context, `triangularSolve ${JSON.stringify(system)}`, 3, (w, matrix, rhs, x) => {
    writeRow(w, x, rhs, n * m);
    const row = m * w.size;
    // From an entry of E to that in the next row, and to that in the next column.
    const down = transpose ? w.size : n * w.size;
    const right = transpose ? n * w.size : w.size;
    const direction = isForward ? 1 : -1;
    const whole = Math.floor(n / BLOCK);
    const rest = n % BLOCK;
    // Pointers to the block's first row: of x, of E at the diagonal and at the first column that is solved for.
    const first = isForward ? 0 : n - Math.min(n, BLOCK);
    const [current, diagonal] = [w.pointer(x, first * row), w.pointer(matrix, first * (down + right))];
    const [known, solved] = [w.f.local('i32'), w.f.local('i32')];
    const done = w.f.local('i32');
    w.f.i32(0).set(done);

    const block = (rows: number): void => {
      if (isForward) {
        w.f.get(diagonal).get(done).i32(right).op('i32.mul').op('i32.sub').set(known);
        w.assign(solved, x);
      } else {
        w.f.get(diagonal).i32(rows * right).op('i32.add').set(known);
        w.f.get(current).i32(rows * row).op('i32.add').set(solved);
      }
      forPanels(w, m, (columns) => {
        const sum = { aStep: right, bStep: row };
        const tile = { rows, columns, aRow: down, cRow: row, update: 'subtract', sum } as const;
        w.call(tileKernel(context, tile), known, solved, current, done);
        w.f.scoped(() => solveSmall(w, { rows, columns, down, right, row, isForward }, diagonal, current));
        w.move(solved, columns * w.size);
        w.move(current, columns * w.size);
      });
      w.move(current, -row);
    };
    w.times(whole, () => {
      block(BLOCK);
      w.move(current, direction * BLOCK * row);
      w.move(diagonal, direction * BLOCK * (down + right));
      w.move(done, BLOCK);
    });
    if (rest > 0) {
      if (!isForward && whole > 0) {
        w.move(current, (BLOCK - rest) * row);
        w.move(diagonal, (BLOCK - rest) * (down + right));
      }
      block(rest);
    }
  });
}

/** Writes `body` for every panel of columns, as wide as tiles are. */
function forPanels(w: KernelWriter, columns: number, body: (columns: number) => void): void {
  const width = vectorsFor(BLOCK) * w.count;
  w.times(Math.floor(columns / width), () => body(width));
  if (columns % width > 0) body(columns % width);
}

interface SmallSystem {
  readonly rows: number;
  readonly columns: number;
  readonly down: number;
  readonly right: number;
  readonly row: number;
  readonly isForward: boolean;
}

/** Solves for the few rows of a block, in vectors along them. */
function solveSmall(w: KernelWriter, system: SmallSystem, diagonal: Local, current: Local): void {
  const { rows, columns, down, right, row, isForward } = system;
  const { vector } = w;
  const order = Array.from({ length: rows }, (_, step) => (isForward ? step : rows - 1 - step));
  for (let j = 0; j < columns; j += w.count) {
    const offset = (i: number): number => i * row + (j / w.count) * VECTOR_BYTES;
    const known: { readonly place: number; readonly x: Local }[] = [];
    for (const i of order) {
      let sum = w.f.local('v128');
      w.loadFewInto(sum, current, offset(i), columns - j);
      for (const { place, x } of known) {
        sum = vector.sub(sum, vector.mul(vector.loadSplat(diagonal, i * down + place * right), x));
      }
      const solution = vector.div(sum, vector.loadSplat(diagonal, i * (down + right)));
      known.push({ place: i, x: solution });
      w.storePart(current, offset(i), solution, columns - j);
    }
  }
}
