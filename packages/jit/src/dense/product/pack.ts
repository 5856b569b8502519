/** @file Panels: parts of a matrix copied to where the inner loop reads them in one sweep. */
import { at } from '../../graph/shape.ts';
import type { Local } from '../../wasm/encode/functionBuilder.ts';
import type { DenseContext } from '../denseKernel.ts';
import { kernel } from '../kernel.ts';
import type { KernelWriter } from '../kernelWriter.ts';
import { VECTOR_BYTES } from '../kernelWriter.ts';

/** A panel `[steps, width]` of a matrix, rows of whole vectors. */
export interface Panel {
  /** Rows of the panel. */
  readonly steps: number;
  /** Elements of a row; the rest of its last vector is anything. */
  readonly width: number;
  /** Bytes from a row of the source to the next. */
  readonly row: number;
  /** Bytes from a row of the panel to the next. */
  readonly targetRow: number;
  /** Whether the panel is the transpose of what it is made from: rows of the source are columns of the panel. */
  readonly transpose: boolean;
}

/** Bytes of a row of a panel. */
export function panelRow(context: { readonly precision: 'float64' | 'float32' }, width: number): number {
  const count = context.precision === 'float64' ? 2 : 4;
  return Math.ceil(width / count) * VECTOR_BYTES;
}

/** The kernel (source, target) that copies a panel. */
export function packKernel(context: DenseContext, panel: Panel): number {
  return kernel(context, `pack ${JSON.stringify(panel)}`, 2, (w, source, target) => {
    if (panel.transpose) writeTransposed(w, panel, source, target);
    else writeStraight(w, panel, source, target);
  });
}

function writeStraight(w: KernelWriter, { steps, width, row, targetRow }: Panel, source: Local, target: Local): void {
  const vectors = Math.ceil(width / w.count);
  w.times(steps, () => {
    for (let j = 0; j < vectors; j++) {
      const vector = w.vector.load(source, j * VECTOR_BYTES);
      w.vector.store(target, j * VECTOR_BYTES, vector);
      w.releaseVectors(vector);
    }
    w.move(source, row);
    w.move(target, targetRow);
  });
}

function writeTransposed(w: KernelWriter, { steps, width, row, targetRow }: Panel, source: Local, target: Local): void {
  const blocks = (rows: number): void => {
    for (let j = 0; j < width; j += w.count) {
      const present = Math.min(w.count, width - j);
      const lines = Array.from({ length: w.count }, (_, i) => w.vector.load(source, (j + Math.min(i, present - 1)) * row));
      const columns = transposeBlock(w, lines);
      for (let i = 0; i < rows; i++) w.vector.store(target, i * targetRow + j * w.size, at(columns, i));
      w.releaseVectors(...lines, ...columns);
    }
    w.move(source, rows * w.size);
    w.move(target, rows * targetRow);
  };
  w.times(Math.floor(steps / w.count), () => blocks(w.count));
  if (steps % w.count > 0) blocks(steps % w.count);
}

/** The columns of a square block whose rows are vectors. */
export function transposeBlock(w: KernelWriter, rows: readonly Local[]): Local[] {
  if (w.count === 2) {
    const [a, b] = [at(rows, 0), at(rows, 1)];
    return [w.shuffle(a, b, [0, 2]), w.shuffle(a, b, [1, 3])];
  }
  const [a, b, c, d] = [at(rows, 0), at(rows, 1), at(rows, 2), at(rows, 3)];
  const [abLow, abHigh] = [w.shuffle(a, b, [0, 4, 1, 5]), w.shuffle(a, b, [2, 6, 3, 7])];
  const [cdLow, cdHigh] = [w.shuffle(c, d, [0, 4, 1, 5]), w.shuffle(c, d, [2, 6, 3, 7])];
  const columns = [
    w.shuffle(abLow, cdLow, [0, 1, 4, 5]),
    w.shuffle(abLow, cdLow, [2, 3, 6, 7]),
    w.shuffle(abHigh, cdHigh, [0, 1, 4, 5]),
    w.shuffle(abHigh, cdHigh, [2, 3, 6, 7]),
  ];
  w.releaseVectors(abLow, abHigh, cdLow, cdHigh);
  return columns;
}
