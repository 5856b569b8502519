/** @file A tile of a matrix product, accumulated in registers: the inner loop of products, factorisations, convolutions. */
import { at } from '../../graph/shape.ts';
import type { Local } from '../../wasm/encode/functionBuilder.ts';
import type { DenseContext } from '../denseKernel.ts';
import { kernel } from '../kernel.ts';
import type { KernelWriter } from '../kernelWriter.ts';
import { VECTOR_BYTES } from '../kernelWriter.ts';

/** One loop of a sum of products: its length, and how many bytes each factor moves with a step of it. */
export interface Reduction {
  readonly count: number;
  readonly aStep: number;
  readonly bStep: number;
}

/** What becomes of the result's old value. */
export type Update = 'store' | 'add' | 'subtract';

/**
 * `c[i, j] (=, +=, -=) Σ_k a[i, k] b[k, j]` for a few rows i and columns j. Rows of `b` and `c` lie next to each other in
 * memory; all steps are in bytes.
 */
export interface Tile {
  readonly rows: number;
  readonly columns: number;
  /** From a row of `a` to the next. */
  readonly aRow: number;
  /** From a row of `c` to the next. */
  readonly cRow: number;
  readonly update: Update;
  /**
   * The loops of the sum, outermost first; or the steps of a single loop, whose count is then the kernel's last argument.
   */
  readonly sum: readonly Reduction[] | Omit<Reduction, 'count'>;
}

/** Vector registers that may be filled: of 16, the machine code keeps one, and a product needs one. */
const REGISTERS = 14;

/**
 * Registers that steps of the innermost loop fill when written out in a row, each step with accumulators of its own. V8
 * reads all factors of all steps before it multiplies any.
 */
function registersOf(rows: number, vectors: number, steps: number): number {
  return steps * (rows * vectors + rows + vectors);
}

/** How many vectors wide a tile of so many rows may be. */
export function vectorsFor(rows: number): number {
  return Math.floor((REGISTERS - rows) / (rows + 1));
}

/** The kernel (a, b, c) of a tile; (a, b, c, count) when its sum is not given by loops. */
export function tileKernel(context: DenseContext, tile: Tile): number {
  const key = `tile ${JSON.stringify(tile)}`;
  const { sum } = tile;
  if (isLoops(sum)) return kernel(context, key, 3, (w, a, b, c) => writeTile(w, tile, c, (step) => writeLoops(w, sum, a, b, step)));
  return kernel(context, key, 4, (w, a, b, c, count) => writeTile(w, tile, c, (step) => writeLoop(w, sum, a, b, count, step)));
}

function isLoops(sum: Tile['sum']): sum is readonly Reduction[] {
  return Array.isArray(sum);
}

/** Writes one step of the sum, at constant distances from the pointers, into the accumulators of this number. */
type WriteStep = (a: Local, b: Local, aOffset: number, bOffset: number, split: number) => void;

/** A step, and how many of them, each with accumulators of its own, are written in a row. */
interface Step {
  readonly write: WriteStep;
  readonly splits: 1 | 2 | 4;
}

/** A tile, given what writes the loops of its sum around a step. */
function writeTile(w: KernelWriter, tile: Tile, c: Local, writeSum: (step: Step) => void): void {
  const vectors = Math.ceil(tile.columns / w.count);
  const perStep = tile.rows * vectors;
  // A sum is as slow as its chain of additions: few accumulators are therefore split into several.
  const splits = ([4, 2] as const).find((steps) => registersOf(tile.rows, vectors, steps) <= REGISTERS) ?? 1;
  const sums = Array.from({ length: splits }, () => Array.from({ length: perStep }, () => w.variable()));
  const [factorA, factorsB] = [w.f.local('v128'), Array.from({ length: vectors }, () => w.f.local('v128'))];

  const write: WriteStep = (a, b, aOffset, bOffset, split) => {
    const own = at(sums, split);
    factorsB.forEach((vector, j) => w.loadInto(vector, b, bOffset + j * VECTOR_BYTES));
    for (let i = 0; i < tile.rows; i++) {
      w.splatInto(factorA, a, aOffset + i * tile.aRow);
      factorsB.forEach((vector, j) => w.accumulate(at(own, i * vectors + j), factorA, vector));
    }
  };
  writeSum({ write, splits });

  const [total, ...others] = sums;
  total?.forEach((sum, i) => {
    for (const other of others) w.into(sum, 'add', sum, at(other, i));
    const [row, vector] = [Math.floor(i / vectors), i % vectors];
    const offset = row * tile.cRow + vector * VECTOR_BYTES;
    if (tile.update !== 'store') {
      w.loadInto(factorA, c, offset);
      w.into(sum, tile.update === 'add' ? 'add' : 'sub', factorA, sum);
    }
    w.storePart(c, offset, sum, tile.columns - vector * w.count);
  });
}

/** Some steps written out, and the pointers moved past them. */
function writeSteps(w: KernelWriter, steps: number, loop: Omit<Reduction, 'count'>, a: Local, b: Local, step: Step): void {
  for (let u = 0; u < steps; u++) step.write(a, b, u * loop.aStep, u * loop.bStep, u);
  w.move(a, steps * loop.aStep);
  w.move(b, steps * loop.bStep);
}

/** A loop of as many steps as a local says. */
function writeLoop(w: KernelWriter, loop: Omit<Reduction, 'count'>, a: Local, b: Local, count: Local, step: Step): void {
  const { splits } = step;
  if (splits === 1) {
    w.countDown(count, () => writeSteps(w, 1, loop, a, b, step));
    return;
  }
  const rest = w.pointer(count);
  w.f.get(count).i32(Math.log2(splits)).op('i32.shr_s').set(count);
  w.countDown(count, () => writeSteps(w, splits, loop, a, b, step));
  w.f.get(rest).i32(splits - 1).op('i32.and').set(rest);
  w.countDown(rest, () => writeSteps(w, 1, loop, a, b, step));
}

/** Nested loops. */
function writeLoops(w: KernelWriter, loops: readonly Reduction[], a: Local, b: Local, step: Step): void {
  const nest = (depth: number): void => {
    const loop = at(loops, depth);
    const inner = loops[depth + 1];
    if (inner === undefined) {
      w.times(Math.floor(loop.count / step.splits), () => writeSteps(w, step.splits, loop, a, b, step));
      if (loop.count % step.splits > 0) writeSteps(w, loop.count % step.splits, loop, a, b, step);
      return;
    }
    w.times(loop.count, () => {
      nest(depth + 1);
      w.move(a, loop.aStep - inner.count * inner.aStep);
      w.move(b, loop.bStep - inner.count * inner.bStep);
    });
  };
  nest(0);
}
