/** @file Where the greatest or least entry stands. */
import type { NodeOf } from '../../graph/node.ts';
import { at, sizeOf } from '../../graph/shape.ts';
import type { FunctionBuilder } from '../../wasm/encode/functionBuilder.ts';
import type { Lanes } from '../../wasm/lanes/lanes.ts';
import type { DenseContext, Place } from '../denseKernel.ts';
import { callKernel, kernel } from '../kernel.ts';
import { fill } from '../move/fill.ts';

/** Appends an argmax or argmin along an axis: the first of equal entries; the first entry if that is NaN. */
export function emitArgReduce(
  f: FunctionBuilder,
  node: NodeOf<'reduce'>,
  x: Place,
  result: Place,
  context: DenseContext,
): void {
  const axis = at(node.axes, 0);
  const [outer, length, inner] = [sizeOf(x.shape.slice(0, axis)), at(x.shape, axis), sizeOf(x.shape.slice(axis + 1))];
  if (sizeOf(node.shape) === 0) return;
  if (length === 0) {
    fill(f, result, 0, context);
    return;
  }
  const index = kernel(context, `${node.fn} ${outer} ${length} ${inner}`, 2, (w, source, target) => {
    const from = w.f.local('i32');
    /** The places of the greatest entries of some neighbouring columns: as many as a vector has, or one. */
    const columns = (lanes: Lanes): void => {
      const one = lanes.constant(1);
      const [best, place, position] = [lanes.load(source, 0), lanes.constant(0), lanes.constant(0)];
      w.assign(from, source);
      w.times(length - 1, () => {
        w.move(from, inner * w.size);
        w.f.get(lanes.add(position, one)).set(position);
        const entry = lanes.load(from, 0);
        const isBetter = node.fn === 'argmax' ? lanes.lt(best, entry) : lanes.lt(entry, best);
        w.f.get(lanes.select(isBetter, position, place)).set(place);
        w.f.get(lanes.select(isBetter, entry, best)).set(best);
      });
      lanes.store(target, 0, place);
      w.move(source, lanes.count * w.size);
      w.move(target, lanes.count * w.size);
    };
    w.times(outer, () => {
      w.times(Math.floor(inner / w.count), () => columns(w.vector));
      w.times(inner % w.count, () => columns(w.scalar));
      w.move(source, (length - 1) * inner * w.size);
    });
  });
  callKernel(f, index, [x.address, result.address]);
}
