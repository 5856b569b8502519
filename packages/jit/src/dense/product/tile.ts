/** @file A tile of a matrix product, accumulated in registers: the inner loop of products, factorisations, convolutions. */
import { at } from '../../graph/shape.ts';
import type { Local } from '../../wasm/encode/functionBuilder.ts';
import type { DenseContext } from '../denseKernel.ts';
import { kernel } from '../kernel.ts';
import type { KernelWriter } from '../kernelWriter.ts';
import { VECTOR_BYTES } from '../kernelWriter.ts';
import type { Reduction, Steps, Terms } from './sum.ts';
import { writeCountedLoop, writeLoops } from './sum.ts';

/** What becomes of the result's old value. */
export type Update = 'store' | 'add' | 'subtract';

/**
 * `c[i, j] (=, +=, -=) Σ_k a[i, k] b[k, j]` for a few rows i and columns j. Columns of `b` and `c` lie next to each other
 * in memory; all steps are in bytes.
 */
export interface Tile {
  readonly rows: number;
  readonly columns: number;
  /** From a row of `a` to the next. */
  readonly aRow: number;
  /** From a row of `c` to the next. */
  readonly cRow: number;
  readonly update: Update;
  /** The loops of the sum, outermost first; or the steps of a single one, of which the kernel is told how long it is. */
  readonly sum: readonly Reduction[] | Steps;
}

/** Vector registers that may be filled: of 16, the machine code keeps one, and a product needs one. */
const REGISTERS = 14;

/**
 * Registers that terms of a sum fill when written out in a row, each with accumulators of its own: V8 reads all factors of
 * all of them before it multiplies any.
 */
function registersOf(rows: number, vectors: number, terms: number): number {
  return terms * (rows * vectors + rows + vectors);
}

/** How many vectors wide a tile of so many rows may be. */
export function vectorsFor(rows: number): number {
  return Math.floor((REGISTERS - rows) / (rows + 1));
}

/** The kernel (a, b, c) of a tile; (a, b, c, count) when its sum is not given by loops. */
export function tileKernel(context: DenseContext, tile: Tile): number {
  const key = `tile ${JSON.stringify(tile)}`;
  const { sum } = tile;
  if (isLoops(sum)) {
    return kernel(context, key, 3, (w, a, b, c) => writeTile(w, tile, a, b, c, (terms) => writeLoops(w, sum, terms)));
  }
  return kernel(context, key, 4, (w, a, b, c, count) => {
    writeTile(w, tile, a, b, c, (terms) => writeCountedLoop(w, sum, count, terms));
  });
}

/** The kernel (a, b, c) of so many tiles one below another. */
export function tileColumnKernel(context: DenseContext, tile: Tile & { readonly sum: readonly Reduction[] }, count: number): number {
  return kernel(context, `tiles ${count} ${JSON.stringify(tile)}`, 3, (w, a, b, c) => {
    const [left, right] = [w.f.local('i32'), w.f.local('i32')];
    w.times(count, () => {
      w.assign(left, a);
      w.assign(right, b);
      w.f.scoped(() => writeTile(w, tile, left, right, c, (terms) => writeLoops(w, tile.sum, terms)));
      w.move(a, tile.rows * tile.aRow);
      w.move(c, tile.rows * tile.cRow);
    });
  });
}

function isLoops(sum: Tile['sum']): sum is readonly Reduction[] {
  return Array.isArray(sum);
}

/** A tile, given what writes the loops of its sum. */
function writeTile(w: KernelWriter, tile: Tile, a: Local, b: Local, c: Local, writeSum: (terms: Terms) => void): void {
  const vectors = Math.ceil(tile.columns / w.count);
  const cells = tile.rows * vectors;
  // A sum is as slow as its chain of additions: few accumulators are therefore split into several.
  const inRow = ([4, 2] as const).find((terms) => registersOf(tile.rows, vectors, terms) <= REGISTERS) ?? 1;
  const sums = Array.from({ length: inRow }, () => Array.from({ length: cells }, () => w.variable()));
  const [factorA, factorsB] = [w.f.local('v128'), Array.from({ length: vectors }, () => w.f.local('v128'))];
  const write = (aOffset: number, bOffset: number, place: number): void => {
    const own = at(sums, place);
    factorsB.forEach((vector, j) => w.loadFewInto(vector, b, bOffset + j * VECTOR_BYTES, tile.columns - j * w.count));
    for (let i = 0; i < tile.rows; i++) {
      w.splatInto(factorA, a, aOffset + i * tile.aRow);
      factorsB.forEach((vector, j) => w.accumulate(at(own, i * vectors + j), factorA, vector));
    }
  };
  writeSum({ a, b, inRow, write });

  const [total, ...others] = sums;
  total?.forEach((sum, cell) => {
    for (const other of others) w.into(sum, 'add', sum, at(other, cell));
    const [row, vector] = [Math.floor(cell / vectors), cell % vectors];
    const offset = row * tile.cRow + vector * VECTOR_BYTES;
    if (tile.update !== 'store') {
      w.loadFewInto(factorA, c, offset, tile.columns - vector * w.count);
      w.into(sum, tile.update === 'add' ? 'add' : 'sub', factorA, sum);
    }
    w.storePart(c, offset, sum, tile.columns - vector * w.count);
  });
}
