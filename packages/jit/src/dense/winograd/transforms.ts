/** @file The transforms of minimal filtering over arrays, in vectors along the channels. */
import { at } from '../../graph/shape.ts';
import type { Local } from '../../wasm/encode/functionBuilder.ts';
import type { DenseContext } from '../denseKernel.ts';
import { kernel } from '../kernel.ts';
import type { KernelWriter } from '../kernelWriter.ts';
import { VECTOR_BYTES } from '../kernelWriter.ts';
import type { Filtering, Grid } from './filtering.ts';
import { alongColumns, alongRows, ENTRIES } from './filtering.ts';

/** A row of tiles: an array of pixels on one side, and on the other one array for each point. Steps in bytes. */
export interface TileRow {
  readonly tiles: number;
  /** Whole vectors of them. */
  readonly channels: number;
  /** From a row of pixels to the next. */
  readonly pixelRow: number;
  /** From the array of a point to that of the next. */
  readonly pointStep: number;
}

/** Outputs of a row of tiles: how many rows of pixels there are of the tiles', and how many columns of all tiles together. */
export interface OutputRow extends TileRow {
  readonly height: number;
  readonly width: number;
}

/** Vectors at `pointer`: so many rows and columns of them, in steps of bytes, from a column on. */
function load(w: KernelWriter, pointer: Local, rows: number, columns: number, steps: { row: number; column: number }, first: number = 0): Local[][] {
  const numbers = (count: number): number[] => Array.from({ length: count }, (_, i) => i);
  return numbers(rows).map((i) => numbers(columns).map((j) => w.vector.load(pointer, i * steps.row + (first + j) * steps.column)));
}

function store(w: KernelWriter, pointer: Local, grid: Grid, steps: { row: number; column: number }): void {
  grid.forEach((row, i) => row.forEach((value, j) => w.vector.store(pointer, i * steps.row + j * steps.column, value)));
}

/** The kernel (image, points) of B d B^T. What tiles have in common with the next is transformed once along the columns. */
export function imageKernel(context: DenseContext, { outputs, points: size, ofImage }: Filtering, row: TileRow): number {
  const { tiles, channels, pixelRow, pointStep } = row;
  return kernel(context, `winograd ${size} image ${JSON.stringify(row)}`, 2, (w, image, points) => {
    const pixel = channels * w.size;
    const pixels = { row: pixelRow, column: pixel };
    const [from, to, shared] = [w.f.local('i32'), w.f.local('i32'), size - outputs];
    const kept = Array.from({ length: size }, () => Array.from({ length: shared }, () => w.f.local('v128')));
    const keep = (columns: Grid): void => {
      kept.forEach((line, i) => line.forEach((local, j) => w.f.get(at(at(columns, i), j)).set(local)));
    };
    w.times(channels / w.count, () => {
      w.assign(from, image);
      w.assign(to, points);
      w.f.scoped(() => keep(alongColumns(w, load(w, from, size, shared, pixels), ofImage)));
      w.times(tiles, () => {
        w.f.scoped(() => {
          const next = alongColumns(w, load(w, from, size, outputs, pixels, shared), ofImage);
          kept.forEach((line, i) => {
            store(w, to, [ofImage(w, [...line, ...at(next, i)])], { row: 0, column: pointStep });
            w.move(to, size * pointStep);
          });
          keep(next.map((line) => line.slice(-shared)));
        });
        w.move(from, outputs * pixel);
        w.move(to, pixel - size * size * pointStep);
      });
      w.move(image, VECTOR_BYTES);
      w.move(points, VECTOR_BYTES);
    });
  });
}

/** Runs `body` for vectors of channels of all tiles, the last of which may be narrow; the pointers are moved along. */
function forEachVector(w: KernelWriter, outputs: number, row: OutputRow, pixels: Local, points: Local, body: (width: number) => void): void {
  const pixel = row.channels * w.size;
  const tiles = (count: number, width: number): void => {
    w.times(count, () => {
      w.times(row.channels / w.count, () => {
        w.f.scoped(() => body(width));
        w.move(pixels, VECTOR_BYTES);
        w.move(points, VECTOR_BYTES);
      });
      w.move(pixels, (outputs - 1) * pixel);
    });
  };
  tiles(Math.floor(row.width / outputs), outputs);
  if (row.width % outputs > 0) tiles(1, row.width % outputs);
}

/** The kernel (points, pixels) of A^T p A. */
export function outputKernel(context: DenseContext, { outputs, points: size, toOutputs }: Filtering, row: OutputRow): number {
  const { channels, pixelRow, pointStep, height } = row;
  return kernel(context, `winograd ${size} output ${JSON.stringify(row)}`, 2, (w, points, pixels) => {
    const place = w.f.local('i32');
    forEachVector(w, outputs, row, pixels, points, (width) => {
      w.assign(place, points);
      // Row by row, so that few vectors are held at a time.
      const lines = Array.from({ length: size }, () => {
        const [products] = load(w, place, 1, size, { row: 0, column: pointStep });
        w.move(place, size * pointStep);
        return toOutputs(w, products ?? []).slice(0, width);
      });
      store(w, pixels, alongColumns(w, lines, toOutputs).slice(0, height), { row: pixelRow, column: channels * w.size });
    });
  });
}

/** The kernel (pixels, points) of A a A^T: of the gradient in the outputs. */
export function weightsKernel(context: DenseContext, { outputs, points: size, ofWeights }: Filtering, row: OutputRow): number {
  const { channels, pixelRow, pointStep, height } = row;
  return kernel(context, `winograd ${size} weights ${JSON.stringify(row)}`, 2, (w, pixels, points) => {
    const place = w.f.local('i32');
    forEachVector(w, outputs, row, pixels, points, (width) => {
      w.assign(place, points);
      const lines = alongColumns(w, load(w, pixels, height, width, { row: pixelRow, column: channels * w.size }), ofWeights);
      for (const line of lines) {
        store(w, place, [ofWeights(w, line)], { row: 0, column: pointStep });
        w.move(place, size * pointStep);
      }
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
export function filterKernel(context: DenseContext, { points: size, ofFilter }: Filtering, arrays: Arrays): number {
  const [entry, point] = stepsOf(arrays, size);
  return kernel(context, `winograd ${size} filter ${JSON.stringify(arrays)}`, 2, (w, entries, points) => {
    forEachEntry(w, arrays, entries, points, () => {
      const lines = alongColumns(w, load(w, entries, ENTRIES, ENTRIES, entry), ofFilter);
      store(w, points, alongRows(w, lines, ofFilter), point);
    });
  });
}

/** The kernel (points, filter) of G^T p G. */
export function filterGradientKernel(context: DenseContext, { points: size, toFilter }: Filtering, arrays: Arrays): number {
  const [entry, point] = stepsOf(arrays, size);
  return kernel(context, `winograd ${size} filter gradient ${JSON.stringify(arrays)}`, 2, (w, points, entries) => {
    forEachEntry(w, arrays, entries, points, () => {
      const lines = alongColumns(w, load(w, points, size, size, point), toFilter);
      store(w, entries, alongRows(w, lines, toFilter), entry);
    });
  });
}

/** Bytes from a row and a column to the next, of entries and of points. */
function stepsOf({ entryStep, pointStep }: Arrays, size: number): [entry: { row: number; column: number }, point: { row: number; column: number }] {
  return [{ row: ENTRIES * entryStep, column: entryStep }, { row: size * pointStep, column: pointStep }];
}

function forEachEntry(w: KernelWriter, { bytes }: Arrays, entries: Local, points: Local, body: () => void): void {
  w.times(bytes / VECTOR_BYTES, () => {
    w.f.scoped(body);
    w.move(entries, VECTOR_BYTES);
    w.move(points, VECTOR_BYTES);
  });
}
