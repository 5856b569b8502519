/** @file Rows picked from an array, and rows added where indices say. */
import type { NodeOf } from '../../graph/node.ts';
import { at, sizeOf } from '../../graph/shape.ts';
import type { FunctionBuilder, Local } from '../../wasm/encode/functionBuilder.ts';
import type { DenseContext, Place } from '../denseKernel.ts';
import { callKernel, kernel } from '../kernel.ts';
import type { KernelWriter } from '../kernelWriter.ts';
import { fillKernel } from './fill.ts';
import { writeRow } from './rows.ts';

/** Runs `body` with a pointer to row `index` of `base`, if there is such a row, else `otherwise`. */
function atRow(
  w: KernelWriter,
  index: Local,
  base: Local,
  { rows, row }: { readonly rows: number; readonly row: number },
  body: (pointer: Local) => void,
  otherwise?: () => void,
): void {
  const { f, scalar } = w;
  const number = scalar.load(index, 0);
  const isThere = scalar.and(scalar.le(scalar.constant(0), number), scalar.lt(number, scalar.constant(rows)));
  const pointer = f.local('i32');
  const truncate = w.precision === 'float64' ? 'i32.trunc_sat_f64_s' : 'i32.trunc_sat_f32_s';
  f.get(isThere).if(() => {
    f.get(number).op(truncate).i32(row).op('i32.mul').get(base).op('i32.add').set(pointer);
    body(pointer);
  }, otherwise);
}

/** Appends a gather; rows whose index is out of range are NaN. */
export function emitGather(
  f: FunctionBuilder,
  node: NodeOf<'gather'>,
  x: Place,
  indices: Place,
  result: Place,
  context: DenseContext,
): void {
  if (sizeOf(node.shape) === 0) return;
  const [outer, rows] = [sizeOf(x.shape.slice(0, node.axis)), at(x.shape, node.axis)];
  const [inner, count] = [sizeOf(x.shape.slice(node.axis + 1)), sizeOf(indices.shape)];
  const index = kernel(context, `gather ${outer} ${rows} ${inner} ${count}`, 3, (w, source, list, target) => {
    const row = inner * w.size;
    const entry = w.f.local('i32');
    w.times(outer, () => {
      w.assign(entry, list);
      w.times(count, () => {
        atRow(
          w,
          entry,
          source,
          { rows, row },
          (pointer) => writeRow(w, target, pointer, inner, 'copy'),
          () => w.f.get(target).call(fillKernel(context, inner, Number.NaN)),
        );
        w.move(entry, w.size);
        w.move(target, row);
      });
      w.move(source, rows * row);
    });
  });
  callKernel(f, index, [x.address, indices.address, result.address]);
}

/** Appends a sum of rows by index; rows whose index is out of range are left out. */
export function emitScatterAdd(
  f: FunctionBuilder,
  node: NodeOf<'scatterAdd'>,
  updates: Place,
  indices: Place,
  result: Place,
  context: DenseContext,
): void {
  const [rows, inner] = [at(node.shape, 0), sizeOf(node.shape.slice(1))];
  if (rows * inner === 0) return;
  const count = sizeOf(indices.shape);
  const index = kernel(context, `scatterAdd ${rows} ${inner} ${count}`, 3, (w, source, list, target) => {
    const row = inner * w.size;
    w.f.get(target).call(fillKernel(context, rows * inner, 0));
    w.times(count, () => {
      atRow(w, list, target, { rows, row }, (pointer) => writeRow(w, pointer, source, inner, 'add'));
      w.move(list, w.size);
      w.move(source, row);
    });
  });
  callKernel(f, index, [updates.address, indices.address, result.address]);
}
