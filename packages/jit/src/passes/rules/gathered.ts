/**
 * @file Elementwise functions of gathered entries: worked out before they are gathered, where there are fewer.
 *
 * Law: exact.
 */
import type { NodeId, NodeOf } from '../../graph/node.ts';
import { sameShape, sizeOf } from '../../graph/shape.ts';
import type { Rewriter } from '../rewriter.ts';

/** Functions dear enough to be worked out before gathering even if the entries are wanted as they are, too. */
const DEAR: readonly string[] = [
  'exp', 'expm1', 'log', 'log1p', 'sin', 'cos', 'tan', 'asin', 'acos', 'atan', 'sinh', 'cosh', 'tanh', 'asinh', 'acosh',
  'atanh', 'sigmoid', 'softplus',
];

/**
 * `f(x[i], y[i], s)` is `f(x, y, s)[i]`, if there are fewer entries in x than in i.
 *
 * @param fn - the name of the function.
 * @param operands - without broadcasts; scalars may be among them.
 */
export function beforeGather(
  g: Rewriter,
  fn: string,
  operands: readonly NodeId[],
  make: (operands: readonly NodeId[]) => NodeId,
): NodeId | null {
  const nodes = operands.map((id) => g.node(id));
  const first = nodes.find((node) => node.shape.length > 0);
  if (first?.op !== 'gather' || sizeOf(g.shape(first.x)) >= sizeOf(first.shape)) return null;
  const source = g.shape(first.x);
  const isWorthIt = DEAR.includes(fn) || operands.every((id, i) => nodes[i]?.op !== 'gather' || !g.isShared(id));
  const isAlike = (node: NodeOf<'gather'>): boolean =>
    node.indices === first.indices && node.axis === first.axis && sameShape(g.shape(node.x), source);
  if (!isWorthIt || !nodes.every((node) => node.shape.length === 0 || (node.op === 'gather' && isAlike(node)))) return null;
  const result = make(operands.map((id) => sourceOf(g, id)));
  return g.gather(g.broadcast(result, source), first.indices, first.axis);
}

/** What a gather gathers from; a scalar as it is. */
function sourceOf(g: Rewriter, id: NodeId): NodeId {
  const node = g.node(id);
  return node.op === 'gather' && node.shape.length > 0 ? node.x : id;
}
