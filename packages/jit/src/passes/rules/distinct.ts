/**
 * @file Dear functions of scalars and of data that take few values, as the lgamma(y + phi) of counts y: worked out once for
 * each value, and gathered.
 *
 * Law: exact.
 */
import { operandsOf } from '../../graph/operands.ts';
import type { NodeId } from '../../graph/node.ts';
import { at } from '../../graph/shape.ts';
import type { Rewriter } from '../rewriter.ts';
import { isDear, throughLookup } from './gathered.ts';

/** How many entries there must be for each distinct one. */
const WORTH_GATHERING = 4;

/** How many distinct values are looked for. */
const MOST = 1000;

/** How far from the function the data are looked for. */
const DEPTH = 3;

/** Data as the place of each entry in the list of distinct ones; null if they are too many. */
export function placesOfDistinct(values: Float64Array): { readonly places: Int32Array; readonly count: number } | null {
  const places = new Int32Array(values.length);
  const known = new Map<number, number>();
  const most = Math.min(MOST, values.length / WORTH_GATHERING);
  for (let i = 0; i < values.length; i++) {
    const place = known.get(at(values, i)) ?? known.size;
    if (place === known.size) known.set(at(values, i), place);
    if (known.size > most) return null;
    places[i] = place;
  }
  return { places, count: known.size };
}

/** `fn(operands)` at the distinct values of the data that the operands come from; null if there are no such data. */
export function atDistinctValues(
  g: Rewriter,
  fn: string,
  operands: readonly NodeId[],
  make: (operands: readonly NodeId[]) => NodeId,
): NodeId | null {
  if (!isDear(fn)) return null;
  for (const data of new Set(operands.flatMap((id) => dataOf(g, id, DEPTH)))) {
    const distinct = g.distinct(data);
    if (distinct === null) continue;
    const shape = g.shape(data);
    const indices = g.constant(distinct.places, shape, 'int');
    const result = throughLookup(g, { indices, axis: 0, source: [distinct.count], result: shape }, operands, make);
    if (result !== null) return result;
  }
  return null;
}

/** The constant arrays that a node is computed from cheaply. */
function dataOf(g: Rewriter, id: NodeId, depth: number): readonly NodeId[] {
  const node = g.node(id);
  if (node.op === 'constant') return node.values.length > 1 ? [id] : [];
  const isCheap = (node.op === 'unary' || node.op === 'binary') && !isDear(node.fn);
  return isCheap && depth > 0 ? operandsOf(node).flatMap((x) => dataOf(g, x, depth - 1)) : [];
}
