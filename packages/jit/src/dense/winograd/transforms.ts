/** @file The transforms of F(2×2, 3×3) over arrays, in vectors along the channels. */
import { at } from '../../graph/shape.ts';
import type { Local } from '../../wasm/encode/functionBuilder.ts';
import type { DenseContext } from '../denseKernel.ts';
import { kernel } from '../kernel.ts';
import type { KernelWriter } from '../kernelWriter.ts';
import { VECTOR_BYTES } from '../kernelWriter.ts';
import type { Grid } from './form.ts';
import { alongColumns, alongRows, ENTRIES, ofFilter, ofImage, ofWeights, OUTPUTS, POINTS, toFilter, toOutputs } from './form.ts';

/** A row of tiles: an array of pixels on one side, and on the other one array for each of 4×4 points. Steps in bytes. */
export interface TileRow {
  readonly tiles: number;
  /** Whole vectors of them. */
  readonly channels: number;
  /** From a row of pixels to the next. */
  readonly pixelRow: number;
  /** From the array of a point to that of the next. */
  readonly pointStep: number;
}

/** Outputs of a row of tiles, whose last row or column of pixels may be missing. */
export interface OutputRow extends TileRow {
  readonly height: 1 | 2;
  readonly width: number;
}

/** Vectors at `pointer`: so many rows and columns of them, in steps of bytes. */
function load(w: KernelWriter, pointer: Local, rows: number, columns: number, rowStep: number, columnStep: number, first: number = 0): Local[][] {
  const numbers = (count: number): number[] => Array.from({ length: count }, (_, i) => i);
  return numbers(rows).map((i) => numbers(columns).map((j) => w.vector.load(pointer, i * rowStep + (first + j) * columnStep)));
}

function store(w: KernelWriter, pointer: Local, grid: Grid, rowStep: number, columnStep: number): void {
  grid.forEach((row, i) => row.forEach((value, j) => w.vector.store(pointer, i * rowStep + j * columnStep, value)));
}

/** The kernel (image, points) of B d B^T. What tiles have in common with the next is transformed once along the columns. */
export function imageKernel(context: DenseContext, row: TileRow): number {
  const { tiles, channels, pixelRow, pointStep } = row;
  return kernel(context, `winograd image ${JSON.stringify(row)}`, 2, (w, image, points) => {
    const pixel = channels * w.size;
    const [from, to] = [w.f.local('i32'), w.f.local('i32')];
    const kept = Array.from({ length: POINTS }, () => Array.from({ length: POINTS - OUTPUTS }, () => w.f.local('v128')));
    const keep = (columns: Grid): void => {
      columns.forEach((line, i) => line.forEach((value, j) => w.f.get(value).set(at(at(kept, i), j))));
    };
    w.times(channels / w.count, () => {
      w.assign(from, image);
      w.assign(to, points);
      w.f.scoped(() => keep(alongColumns(w, load(w, from, POINTS, POINTS - OUTPUTS, pixelRow, pixel), ofImage)));
      w.times(tiles, () => {
        w.f.scoped(() => {
          const next = alongColumns(w, load(w, from, POINTS, OUTPUTS, pixelRow, pixel, POINTS - OUTPUTS), ofImage);
          kept.forEach((line, i) => {
            store(w, to, [ofImage(w, [...line, ...at(next, i)])], 0, pointStep);
            w.move(to, POINTS * pointStep);
          });
          keep(next);
        });
        w.move(from, OUTPUTS * pixel);
        w.move(to, pixel - POINTS * POINTS * pointStep);
      });
      w.move(image, VECTOR_BYTES);
      w.move(points, VECTOR_BYTES);
    });
  });
}

/** Writes a loop over tiles and vectors of channels; `pixels` are those of each tile, from the first on. */
function forEachVector(w: KernelWriter, row: OutputRow, pixels: Local, points: Local, body: (width: number) => void): void {
  const pixel = row.channels * w.size;
  const tiles = (count: number, width: number): void => {
    w.times(count, () => {
      w.times(row.channels / w.count, () => {
        w.f.scoped(() => body(width));
        w.move(pixels, VECTOR_BYTES);
        w.move(points, VECTOR_BYTES);
      });
      w.move(pixels, (OUTPUTS - 1) * pixel);
    });
  };
  tiles(Math.floor(row.width / OUTPUTS), OUTPUTS);
  tiles(row.width % OUTPUTS, 1);
}

/** The kernel (points, outputs) of A^T m A. */
export function outputKernel(context: DenseContext, row: OutputRow): number {
  const { channels, pixelRow, pointStep, height } = row;
  return kernel(context, `winograd output ${JSON.stringify(row)}`, 2, (w, points, outputs) => {
    forEachVector(w, row, outputs, points, (width) => {
      // Row by row, so that few vectors are held at a time.
      const lines = Array.from({ length: POINTS }, (_, i) => {
        const products = Array.from({ length: POINTS }, (__, j) => w.vector.load(points, (i * POINTS + j) * pointStep));
        return toOutputs(w, products).slice(0, width);
      });
      store(w, outputs, alongColumns(w, lines, toOutputs).slice(0, height), pixelRow, channels * w.size);
    });
  });
}

/** The kernel (outputs, points) of A a A^T: of the gradient in the outputs. */
export function weightsKernel(context: DenseContext, row: OutputRow): number {
  const { channels, pixelRow, pointStep, height } = row;
  return kernel(context, `winograd weights ${JSON.stringify(row)}`, 2, (w, outputs, points) => {
    forEachVector(w, row, outputs, points, (width) => {
      const lines = alongColumns(w, load(w, outputs, height, width, pixelRow, channels * w.size), ofWeights);
      store(w, points, alongRows(w, lines, ofWeights), POINTS * pointStep, pointStep);
    });
  });
}

/** Arrays next to each other, one an entry or a point: vectors of how many bytes, and how far apart. */
interface Arrays {
  readonly bytes: number;
  readonly entryStep: number;
  readonly pointStep: number;
}

/** The kernel (filter, points) of G g G^T. */
export function filterKernel(context: DenseContext, arrays: Arrays): number {
  const { entryStep, pointStep } = arrays;
  return kernel(context, `winograd filter ${JSON.stringify(arrays)}`, 2, (w, entries, points) => {
    forEachEntry(w, arrays, entries, points, () => {
      const lines = alongColumns(w, load(w, entries, ENTRIES, ENTRIES, ENTRIES * entryStep, entryStep), ofFilter);
      store(w, points, alongRows(w, lines, ofFilter), POINTS * pointStep, pointStep);
    });
  });
}

/** The kernel (points, filter) of G^T m G. */
export function filterGradientKernel(context: DenseContext, arrays: Arrays): number {
  const { entryStep, pointStep } = arrays;
  return kernel(context, `winograd filter gradient ${JSON.stringify(arrays)}`, 2, (w, points, entries) => {
    forEachEntry(w, arrays, entries, points, () => {
      const lines = alongColumns(w, load(w, points, POINTS, POINTS, POINTS * pointStep, pointStep), toFilter);
      store(w, entries, alongRows(w, lines, toFilter), ENTRIES * entryStep, entryStep);
    });
  });
}

function forEachEntry(w: KernelWriter, { bytes }: Arrays, entries: Local, points: Local, body: () => void): void {
  w.times(bytes / VECTOR_BYTES, () => {
    w.f.scoped(body);
    w.move(entries, VECTOR_BYTES);
    w.move(points, VECTOR_BYTES);
  });
}
