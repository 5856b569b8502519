/** @file Transposition, in square blocks that fit registers. */
import type { NodeOf } from '../../graph/node.ts';
import { at, sizeOf, stridesOf } from '../../graph/shape.ts';
import type { FunctionBuilder, Local } from '../../wasm/encode/functionBuilder.ts';
import type { DenseContext, Place } from '../denseKernel.ts';
import { elementSize, kernel } from '../kernel.ts';
import type { KernelWriter } from '../kernelWriter.ts';
import { VECTOR_BYTES } from '../kernelWriter.ts';
import { forEachIndex, mergeAxes } from '../loops.ts';
import { placeBox } from './box.ts';
import type { Box } from './rows.ts';

/** The columns of a square block whose rows are vectors. */
export function transposeBlock(w: KernelWriter, rows: readonly Local[]): Local[] {
  if (w.count === 2) {
    const [a, b] = [at(rows, 0), at(rows, 1)];
    return [w.shuffle(a, b, [0, 2]), w.shuffle(a, b, [1, 3])];
  }
  const [a, b, c, d] = [at(rows, 0), at(rows, 1), at(rows, 2), at(rows, 3)];
  const [abLow, abHigh] = [w.shuffle(a, b, [0, 4, 1, 5]), w.shuffle(a, b, [2, 6, 3, 7])];
  const [cdLow, cdHigh] = [w.shuffle(c, d, [0, 4, 1, 5]), w.shuffle(c, d, [2, 6, 3, 7])];
  return [
    w.shuffle(abLow, cdLow, [0, 1, 4, 5]),
    w.shuffle(abLow, cdLow, [2, 3, 6, 7]),
    w.shuffle(abHigh, cdHigh, [0, 1, 4, 5]),
    w.shuffle(abHigh, cdHigh, [2, 3, 6, 7]),
  ];
}

/** The kernel (target, source) that writes the transpose of a matrix; `rows` and `columns` are the source's. */
export function transposeKernel(context: DenseContext, box: Box): number {
  const { rows, columns, sourceRow, targetRow } = box;
  return kernel(context, `transpose ${JSON.stringify(box)}`, 2, (w, target, source) => {
    const [to, from] = [w.f.local('i32'), w.f.local('i32')];
    /** A block of `height` rows and `width` columns of the source, in registers but for the rows it is cut into. */
    const block = (height: number, width: number): void => {
      w.f.scoped(() => {
        for (let j = 0; j < width; j += w.count) {
          const lines = Array.from({ length: w.count }, (_, i) =>
            w.vector.load(from, Math.min(i, height - 1) * sourceRow + j * w.size),
          );
          transposeBlock(w, lines)
            .slice(0, width - j)
            .forEach((column, i) => w.storePart(to, (j + i) * targetRow, column, height));
        }
      });
    };
    /** All rows of some columns: as many as one line of the cache holds, or the rest. */
    const strip = (width: number): void => {
      w.assign(to, target);
      w.assign(from, source);
      w.times(Math.floor(rows / w.count), () => {
        block(w.count, width);
        w.move(to, VECTOR_BYTES);
        w.move(from, w.count * sourceRow);
      });
      if (rows % w.count > 0) block(rows % w.count, width);
      w.move(target, width * targetRow);
      w.move(source, width * w.size);
    };
    const width = 4 * w.count;
    w.times(Math.floor(columns / width), () => strip(width));
    if (columns % width > 0) strip(columns % width);
  });
}

/** Appends a transposition of any axes. */
export function emitTranspose(
  f: FunctionBuilder,
  node: NodeOf<'transpose'>,
  x: Place,
  result: Place,
  context: DenseContext,
): void {
  if (sizeOf(node.shape) === 0) return;
  const size = elementSize(context.precision);
  const inX = stridesOf(x.shape).map((stride) => stride * size);
  const steps = [stridesOf(node.shape).map((stride) => stride * size), node.permutation.map((axis) => at(inX, axis))];
  const axes = mergeAxes(node.shape, steps);
  const walkers = [result, x].map(({ address }, i) => {
    const pointer = f.local('i32');
    f.i32(address).set(pointer);
    return { pointer, steps: axes.map((axis) => at(axis.steps, i)) };
  });
  const [target, source] = [at(walkers, 0), at(walkers, 1)];
  // The axis along which neighbours of x lie; with the last axis of the result it makes the matrices to be transposed.
  const across = source.steps.indexOf(size);
  const last = axes.at(-1);
  if (last === undefined || across === axes.length - 1) {
    placeBox(f, axes.map(({ count }) => count), target, source, 'copy', context);
    return;
  }
  const index = transposeKernel(context, {
    rows: last.count,
    columns: at(axes, across).count,
    sourceRow: at(last.steps, 1),
    targetRow: at(target.steps, across),
  });
  const outer = <T>(list: readonly T[]): T[] => list.filter((_, i) => i !== across && i !== axes.length - 1);
  const outerWalkers = walkers.map((walker) => ({ pointer: walker.pointer, steps: outer(walker.steps) }));
  forEachIndex(f, outer(axes).map(({ count }) => count), outerWalkers, () => {
    f.get(target.pointer).get(source.pointer).call(index);
  });
}
