/** @file Scattered sums of what is known or simple. */
import type { NodeId } from '../../graph/node.ts';
import { at, sizeOf } from '../../graph/shape.ts';
import type { Rewriter } from '../rewriter.ts';
import { throughLinear } from './linear.ts';

/**
 * `updates` summed at `indices` into `size` rows: a part of them, if the indices are known and run on one by one; counted, if the
 * updates are all the same.
 *
 * Law: as that of products with scalars.
 */
export function rewriteScatterAdd(g: Rewriter, updates: NodeId, indices: NodeId, size: number): NodeId | null {
  const { shape, dtype } = g.node(updates);
  const rest = shape.slice(1);
  const known = g.constantValue(indices)?.values;
  if (known !== undefined && known.length > 0 && isRun(known, size)) {
    const begin = [at(known, 0), ...rest.map(() => 0)];
    return g.assemble([{ x: updates, begin }], [size, ...rest], 0, false, dtype);
  }
  if (dtype !== 'float') return null;
  const node = g.node(updates);
  if (known !== undefined && node.op === 'broadcast' && sizeOf(g.shape(node.x)) === 1 && !g.isConstant(node.x)) {
    const ones = g.broadcast(g.scalar(1), shape);
    return g.binary('mul', g.scatterAdd(ones, indices, size), g.reshape(node.x, []));
  }
  return throughLinear(g, updates, size * sizeOf(rest), (x) => g.scatterAdd(x, indices, size));
}

/** Whether the indices are consecutive rows of `size`. */
function isRun(indices: Float64Array, size: number): boolean {
  const first = at(indices, 0);
  return first >= 0 && first + indices.length <= size && indices.every((index, i) => index === first + i);
}
