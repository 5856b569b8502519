/**
 * @file Elementwise functions of gathered entries: worked out before they are gathered, where there are fewer.
 *
 * Law: exact.
 */
import { operandsOf } from '../../graph/operands.ts';
import type { Node, NodeId, NodeOf, Shape } from '../../graph/node.ts';
import { at, sameShape, sizeOf } from '../../graph/shape.ts';
import type { Rewriter } from '../rewriter.ts';

/** Functions not worth a detour; all others, those registered by name too, are dear. */
const CHEAP: readonly string[] = [
  'neg', 'abs', 'sign', 'floor', 'ceil', 'round', 'sqrt', 'not', 'add', 'sub', 'mul', 'div', 'min', 'max', 'mod', 'and',
  'or', 'eq', 'ne', 'lt', 'le', 'select', 'cast',
];

/** How many cheap operations are done anew for a dear one to be done fewer times. */
const DEPTH = 4;

/** Whether a function (or `select`, or `cast`) costs many times what an addition does. */
export function isDear(fn: string): boolean {
  return !CHEAP.includes(fn);
}

/** A gather along the first axis of a vector, or of more: what it looks up, of which there are fewer than it gives. */
export interface Lookup {
  readonly indices: NodeId;
  readonly axis: number;
  readonly source: Shape;
  readonly result: Shape;
}

/**
 * `f(x[i], y[i], s)` is `f(x, y, s)[i]`, if there are fewer entries in x than in i.
 *
 * @param fn - the name of the function.
 * @param operands - without broadcasts; scalars may be among them, and data that are the same wherever i is.
 */
export function beforeGather(
  g: Rewriter,
  fn: string,
  operands: readonly NodeId[],
  make: (operands: readonly NodeId[]) => NodeId,
): NodeId | null {
  const first = operands.map((id) => g.node(id)).find((node) => node.op === 'gather');
  if (first === undefined || sizeOf(g.shape(first.x)) >= sizeOf(first.shape)) return null;
  // Gathers that are wanted anyway are not saved by this, so that only something dear is worth another one.
  if (!isDear(fn) && operands.some((id) => g.node(id).op === 'gather' && g.isShared(id))) return null;
  const { indices, axis, shape, x } = first;
  return throughLookup(g, { indices, axis, source: g.shape(x), result: shape }, operands, make);
}

/** `f(operands)` gathered after it, not before; null if some operand is not the same wherever the indices are. */
export function throughLookup(
  g: Rewriter,
  lookup: Lookup,
  operands: readonly NodeId[],
  make: (operands: readonly NodeId[]) => NodeId,
): NodeId | null {
  const own = operands.map((id) => before(g, id, lookup, DEPTH));
  if (own.includes(null)) return null;
  return g.gather(g.broadcast(make(own.flatMap((id) => id ?? [])), lookup.source), lookup.indices, lookup.axis);
}

/** What, looked up, gives the node; null if there is nothing, or nothing cheap. */
function before(g: Rewriter, id: NodeId, lookup: Lookup, depth: number): NodeId | null {
  const node = g.node(id);
  if (sizeOf(node.shape) === 1) return g.reshape(id, []);
  if (!sameShape(node.shape, lookup.result)) return null;
  if (node.op === 'gather') return isSame(g, node, lookup) ? node.x : null;
  if (node.op === 'constant') return lookup.source.length === 1 ? beforeConstant(g, node, lookup) : null;
  if (depth === 0 || !isCheapNode(node)) return null;
  const operands = operandsOf(node).map((x) => before(g, x, lookup, depth - 1));
  return operands.includes(null) ? null : remake(g, node, operands.flatMap((x) => x ?? []));
}

function isSame(g: Rewriter, node: NodeOf<'gather'>, { indices, axis, source }: Lookup): boolean {
  return node.indices === indices && node.axis === axis && sameShape(g.shape(node.x), source);
}

/** Data of which all entries with the same index are equal. */
function beforeConstant(g: Rewriter, { values, dtype }: NodeOf<'constant'>, { indices, source }: Lookup): NodeId | null {
  const places = g.constantValue(indices)?.values;
  if (places === undefined) return null;
  // What is looked up nowhere may be anything.
  const found = new Float64Array(sizeOf(source)).fill(1);
  const isKnown = new Uint8Array(found.length);
  const isLevel = values.every((value, i) => {
    const place = at(places, i);
    if (isKnown[place] === 1) return Object.is(found[place], value);
    isKnown[place] = 1;
    found[place] = value;
    return true;
  });
  return isLevel ? g.constant(found, source, dtype) : null;
}

type CheapNode = NodeOf<'unary' | 'binary' | 'compare' | 'select' | 'cast'>;

function isCheapNode(node: Node): node is CheapNode {
  if (node.op === 'unary' || node.op === 'binary' || node.op === 'compare') return !isDear(node.fn);
  return node.op === 'select' || node.op === 'cast';
}

function remake(g: Rewriter, node: CheapNode, operands: readonly NodeId[]): NodeId {
  const [a = -1, b = -1, c = -1] = operands;
  if (node.op === 'unary') return g.unary(node.fn, a);
  if (node.op === 'binary') return g.binary(node.fn, a, b);
  if (node.op === 'compare') return g.compare(node.fn, a, b);
  return node.op === 'cast' ? g.cast(a, node.dtype) : g.select(a, b, c);
}
