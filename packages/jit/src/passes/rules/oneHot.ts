/**
 * @file Products with matrices of known one-hot rows: rows looked up, and, transposed, rows summed up by index.
 *
 * Law: exact, and infinities do not meet zeros any more.
 */
import type { NodeId } from '../../graph/node.ts';
import { at } from '../../graph/shape.ts';
import type { Rewriter } from '../rewriter.ts';

/** `a @ b`, or `a' @ b`, where every row of a is one 1 among zeros. */
export function rewriteOneHot(g: Rewriter, a: NodeId, b: NodeId, transposeA: boolean, transposeB: boolean): NodeId | null {
  const [rows, columns, ...more] = g.shape(a);
  const node = g.node(a);
  if (node.op !== 'constant' || rows === undefined || columns === undefined || more.length > 0) return null;
  if (columns < 2 || g.shape(b).length !== 2) return null;
  const indices = hotColumns(node.values, rows, columns);
  if (indices === null) return null;
  const ids = g.constant(indices, [rows], 'int');
  const right = transposeB ? g.transpose(b, [1, 0]) : b;
  return transposeA ? g.scatterAdd(right, ids, columns) : g.gather(right, ids, 0);
}

/** Where the ones are; null if the rows are not one-hot. */
function hotColumns(values: Float64Array, rows: number, columns: number): Int32Array | null {
  const indices = new Int32Array(rows).fill(-1);
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) {
      const value = at(values, row * columns + column);
      if (value === 0) continue;
      if (value !== 1 || at(indices, row) >= 0) return null;
      indices[row] = column;
    }
    if (at(indices, row) < 0) return null;
  }
  return indices;
}
