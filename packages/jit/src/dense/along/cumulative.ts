/** @file Running sums and products. */
import type { NodeOf } from '../../graph/node.ts';
import { at, sizeOf } from '../../graph/shape.ts';
import type { FunctionBuilder, Local } from '../../wasm/encode/functionBuilder.ts';
import type { DenseContext, Place } from '../denseKernel.ts';
import { callKernel, kernel } from '../kernel.ts';
import type { KernelWriter } from '../kernelWriter.ts';
import { VECTOR_BYTES } from '../kernelWriter.ts';

/** Vectors that run along side by side. */
const SIDE_BY_SIDE = 4;

/** Appends a running sum or product along an axis. */
export function emitCumulative(
  f: FunctionBuilder,
  node: NodeOf<'cumulative'>,
  x: Place,
  result: Place,
  context: DenseContext,
): void {
  const { axis, fn, exclusive, reverse, shape } = node;
  if (sizeOf(shape) === 0) return;
  const [outer, length, inner] = [sizeOf(shape.slice(0, axis)), at(shape, axis), sizeOf(shape.slice(axis + 1))];
  const key = `cumulative ${fn} ${exclusive} ${reverse} ${outer} ${length} ${inner}`;
  const index = kernel(context, key, 2, (w, source, target) => {
    const row = inner * w.size;
    const last = reverse ? (length - 1) * row : 0;
    const [from, to] = [w.f.local('i32'), w.f.local('i32')];
    /** The running totals of some columns of a block, from its pointers on. */
    const columns = (width: number): void => {
      w.f.get(source).i32(last).op('i32.add').set(from);
      w.f.get(target).i32(last).op('i32.add').set(to);
      w.f.scoped(() => writeTotals(w, { fn, exclusive, length, width, step: reverse ? -row : row }, from, to));
      w.move(source, width * w.size);
      w.move(target, width * w.size);
    };
    w.times(outer, () => {
      const strip = SIDE_BY_SIDE * w.count;
      w.times(Math.floor(inner / strip), () => columns(strip));
      if (inner % strip > 0) columns(inner % strip);
      w.move(source, (length - 1) * row);
      w.move(target, (length - 1) * row);
    });
  });
  callKernel(f, index, [x.address, result.address]);
}

interface Totals {
  readonly fn: 'sum' | 'prod';
  readonly exclusive: boolean;
  readonly length: number;
  readonly width: number;
  readonly step: number;
}

function writeTotals(w: KernelWriter, { fn, exclusive, length, width, step }: Totals, from: Local, to: Local): void {
  const totals = Array.from({ length: Math.ceil(width / w.count) }, () => w.variable(fn === 'sum' ? 0 : 1));
  const entry = w.f.local('v128');
  w.times(length, () => {
    totals.forEach((total, j) => {
      const lanes = width - j * w.count;
      w.loadInto(entry, from, j * VECTOR_BYTES);
      if (exclusive) w.storePart(to, j * VECTOR_BYTES, total, lanes);
      w.into(total, fn === 'sum' ? 'add' : 'mul', total, entry);
      if (!exclusive) w.storePart(to, j * VECTOR_BYTES, total, lanes);
    });
    w.move(from, step);
    w.move(to, step);
  });
}
