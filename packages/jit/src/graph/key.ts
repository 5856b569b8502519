/** @file Names for nodes that equal nodes share: quick to make, since a trace makes as many nodes as it runs kernels. */
import { BINARY, COMPARE, UNARY } from './functions.ts';
import type { Node, NodeId } from './node.ts';

/** Numbers of the functions of one and two operands, over all three kinds. */
const CODES: Readonly<Record<'unary' | 'binary' | 'compare', ReadonlyMap<string, number>>> = {
  unary: numbered(UNARY, 0),
  binary: numbered(BINARY, 32),
  compare: numbered(COMPARE, 48),
};

/** Names of nodes below this fit, two at a time, into the 53 bits of a double, with the number of a function. */
const SMALL = 2 ** 22;

function numbered(table: object, from: number): ReadonlyMap<string, number> {
  return new Map(Object.keys(table).map((name, i) => [name, from + i]));
}

/**
 * A key that two nodes have in common only if they are the same. The shapes and types of elementwise nodes are not in it,
 * where they follow from those of the operands.
 */
export function keyOf(node: Node): string | number {
  if (node.op === 'unary') return pair(node, node.x, 0);
  if (node.op === 'binary' || node.op === 'compare') return pair(node, node.a, node.b);
  if (node.op === 'reshape' || node.op === 'broadcast') return `${node.op}${node.x}|${node.shape.join()}`;
  if (node.op === 'slice') return `slice${node.x}|${node.begin.join()}|${node.shape.join()}|${node.strides.join()}`;
  if (node.op === 'pad') return `pad${node.x}|${node.before.join()}|${node.shape.join()}|${formatNumber(node.value)}`;
  return JSON.stringify(node, replacer);
}

function pair(node: Extract<Node, { op: 'unary' | 'binary' | 'compare' }>, a: NodeId, b: NodeId): string | number {
  const code = CODES[node.op].get(node.fn) ?? -1;
  return a < SMALL && b < SMALL && code >= 0 ? (code * SMALL + a) * SMALL + b : JSON.stringify(node, replacer);
}

/** JSON has no infinities, NaN or negative zero, which pads may hold. */
function replacer(_key: string, value: unknown): unknown {
  return typeof value === 'number' && (!Number.isFinite(value) || Object.is(value, -0)) ? formatNumber(value) : value;
}

function formatNumber(value: number): string {
  return Object.is(value, -0) ? '-0' : String(value);
}
