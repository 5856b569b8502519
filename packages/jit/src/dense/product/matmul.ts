/**
 * @file Matrix products in register tiles over cache blocks (Goto and van de Geijn, "Anatomy of high-performance matrix
 * multiplication", ACM TOMS 34, 2008): panels of `b` that fit the first cache meet blocks of `a` that fit the second.
 */
import type { Local } from '../../wasm/encode/functionBuilder.ts';
import type { DenseContext } from '../denseKernel.ts';
import { elementSize, kernel } from '../kernel.ts';
import type { KernelWriter } from '../kernelWriter.ts';
import { VECTOR_BYTES } from '../kernelWriter.ts';
import { rowsKernel } from '../move/rows.ts';
import { transposeKernel } from '../move/transpose.ts';
import { partsOf } from './parts.ts';
import type { Update } from './tile.ts';
import { tileKernel, vectorsFor } from './tile.ts';

/** `c [m, n] = a b`: `a` is [m, k], or [k, m] if transposed, `b` [k, n], or [n, k] if transposed. */
export interface Product {
  readonly m: number;
  readonly n: number;
  readonly k: number;
  readonly transposeA: boolean;
  readonly transposeB: boolean;
}

/**
 * The longest sum that runs in one piece, so that a panel of `b` takes half of a first cache of 32 kB at most; and the rows
 * of a block of `a`, which then takes less than half of a second cache of 1 MB.
 */
const BLOCK = { m: 128, k: 384 } as const;

/** Rows of a tile. */
const TILE_ROWS = 4;

/** Operands of up to so many bytes are read where they lie, if their columns need not become rows. */
const SMALL_BYTES = 16384;

/** Bytes of a row of a panel: whole vectors. */
export function panelRow({ precision }: Precise, width: number): number {
  return Math.ceil((width * elementSize(precision)) / VECTOR_BYTES) * VECTOR_BYTES;
}

/** How a product is cut up. */
interface Plan extends Product {
  readonly tileRows: number;
  /** Columns of a panel of `b`. */
  readonly panelColumns: number;
  readonly packA: boolean;
  readonly packB: boolean;
}

type Precise = Pick<DenseContext, 'precision'>;

function planOf(context: Precise, product: Product): Plan {
  const { m, n, k, transposeA, transposeB } = product;
  const size = elementSize(context.precision);
  const count = VECTOR_BYTES / size;
  const tileRows = Math.min(m, TILE_ROWS);
  const vectors = Math.ceil(n / count);
  const panels = Math.ceil(vectors / vectorsFor(tileRows));
  return {
    ...product,
    tileRows,
    panelColumns: Math.ceil(vectors / panels) * count,
    packA: transposeA && m > TILE_ROWS && m * k * size > SMALL_BYTES,
    // Packing pays where a panel is read several times over.
    packB: transposeB || (m > 4 * TILE_ROWS && n * k * size > SMALL_BYTES),
  };
}

/** Bytes of scratch memory that {@link matmulKernel} needs. */
export function matmulScratch(context: Precise, product: Product): number {
  const plan = planOf(context, product);
  return panelBytes(context, plan) + (plan.packA ? blockBytes(context, plan) : 0);
}

function panelBytes(context: Precise, { k, panelColumns, packB }: Plan): number {
  return packB ? Math.min(k, BLOCK.k) * panelRow(context, panelColumns) : 0;
}

function blockBytes(context: Precise, { m, k, tileRows }: Plan): number {
  return Math.ceil(Math.min(m, BLOCK.m) / tileRows) * Math.min(k, BLOCK.k) * panelRow(context, tileRows);
}

/** The kernel (a, b, c, scratch) of a product of matrices that hold something. */
export function matmulKernel(context: DenseContext, product: Product): number {
  const plan = planOf(context, product);
  const { m, n, k, transposeA, transposeB } = plan;
  const size = elementSize(context.precision);
  return kernel(context, `matmul ${JSON.stringify(product)}`, 4, (w, a, b, c, scratch) => {
    /** All rows, for a part of the sum. */
    const along = (length: number, update: Update): void => {
      for (const rows of partsOf(m, BLOCK.m)) {
        w.times(rows.count, () => {
          w.call(blockKernel(context, { ...plan, m: rows.size, k: length }, strides, update), a, b, c, scratch);
          w.move(a, rows.size * strides.aRow);
          w.move(c, rows.size * strides.cRow);
        });
      }
      w.move(a, length * strides.aStep - m * strides.aRow);
      w.move(b, length * strides.bStep);
      w.move(c, -m * strides.cRow);
    };
    const strides: Strides = {
      aRow: size * (transposeA ? 1 : k),
      aStep: size * (transposeA ? m : 1),
      bStep: size * (transposeB ? 1 : n),
      bColumn: size * (transposeB ? k : 1),
      cRow: size * n,
    };
    // All but the first part of a long sum are added to what the parts before gave.
    const first = Math.min(k, BLOCK.k);
    along(first, 'store');
    for (const part of partsOf(k - first, BLOCK.k)) w.times(part.count, () => along(part.size, 'add'));
  });
}

/** Bytes from one row, column or step of the sum to the next. */
interface Strides {
  readonly aRow: number;
  readonly aStep: number;
  readonly bStep: number;
  readonly bColumn: number;
  readonly cRow: number;
}

/** The kernel (a, b, c, scratch) of a block of rows, and one part of the sum. */
function blockKernel(context: DenseContext, block: Plan, strides: Strides, update: Update): number {
  const key = `block ${JSON.stringify([block, strides])} ${update}`;
  return kernel(context, key, 4, (w, a, b, c, scratch) => {
    const packed = block.packA ? w.pointer(scratch, panelBytes(context, block)) : a;
    const read = block.packA
      ? packRows(context, w, block, strides, a, packed)
      : { aRow: strides.aRow, aStep: strides.aStep, tile: block.tileRows * strides.aRow };
    for (const columns of partsOf(block.n, block.panelColumns)) {
      w.times(columns.count, () => {
        let [panel, bStep] = [b, strides.bStep];
        if (block.packB) {
          [panel, bStep] = [scratch, panelRow(context, columns.size)];
          const pack = block.transposeB
            ? transposeKernel(context, { rows: columns.size, columns: block.k, sourceRow: strides.bColumn, targetRow: bStep })
            : rowsKernel(context, { rows: block.k, columns: columns.size, sourceRow: strides.bStep, targetRow: bStep });
          w.call(pack, scratch, b);
        }
        const [left, right] = [w.pointer(packed), w.pointer(c)];
        for (const rows of partsOf(block.m, block.tileRows)) {
          const sum = [{ count: block.k, aStep: read.aStep, bStep }];
          const tile = { rows: rows.size, columns: columns.size, aRow: read.aRow, cRow: strides.cRow, update, sum };
          const index = tileKernel(context, tile);
          w.times(rows.count, () => {
            w.call(index, left, panel, right);
            w.move(left, read.tile);
            w.move(right, rows.size * strides.cRow);
          });
        }
        w.release(left, right);
        w.move(b, columns.size * strides.bColumn);
        w.move(c, columns.size * w.size);
      });
    }
  });
}

/** Packs a block of transposed `a` tile by tile; how the tiles are then read. */
function packRows(
  context: DenseContext,
  w: KernelWriter,
  block: Plan,
  strides: Strides,
  a: Local,
  target: Local,
): { aRow: number; aStep: number; tile: number } {
  const aStep = panelRow(context, block.tileRows);
  const [source, next] = [w.pointer(a), w.pointer(target)];
  for (const rows of partsOf(block.m, block.tileRows)) {
    const panel = { rows: block.k, columns: rows.size, sourceRow: strides.aStep, targetRow: aStep };
    w.times(rows.count, () => {
      w.call(rowsKernel(context, panel), next, source);
      w.move(source, rows.size * strides.aRow);
      w.move(next, block.k * aStep);
    });
  }
  w.release(source, next);
  return { aRow: w.size, aStep, tile: block.k * aStep };
}
