/** @file The nodes that fused loops compute: what they run over, and what they read there. */
import type { NodeId, Shape } from '../graph/node.ts';
import { operandsOf } from '../graph/operands.ts';
import { at, sameShape } from '../graph/shape.ts';
import type { Access, Value } from './schedule.ts';
import type { View } from './view.ts';
import { broadcastView } from './view.ts';

/** Whether a fused loop computes the node. */
export function isFused(node: Value): boolean {
  switch (node.op) {
    case 'unary':
    case 'binary':
    case 'compare':
    case 'select':
    case 'special':
    case 'cast':
    case 'copy':
    case 'part':
    case 'gather':
    case 'scatterAdd':
      return true;
    case 'reduce':
      return node.fn !== 'argmax' && node.fn !== 'argmin';
    default:
      return false;
  }
}

/** Whether the node's value is there, element by element, while its loop runs; sums are there only after it. */
export function isElementwise(node: Value): boolean {
  return isFused(node) && node.op !== 'reduce' && node.op !== 'scatterAdd' && node.op !== 'part';
}

/** The array that the node's loop runs over, element by element. */
export function domainNode(node: Value, id: NodeId): NodeId {
  if (node.op === 'reduce' || node.op === 'copy' || node.op === 'part') return node.x;
  return node.op === 'scatterAdd' ? node.updates : id;
}

/** What the node reads at the index that it computes, at most with broadcasting. */
export function entrywiseOperands(node: Value): readonly NodeId[] {
  switch (node.op) {
    case 'copy':
    case 'part':
      return [node.x];
    case 'gather':
      return [];
    case 'scatterAdd':
      return [node.updates];
    default:
      return operandsOf(node);
  }
}

/** Whether the access walks through its root with these strides from its first element on. */
export function isIdentity({ offset, strides, isIndirect = false }: Access, own: readonly number[]): boolean {
  return !isIndirect && offset === 0 && strides.every((stride, axis) => stride === own[axis]);
}

/** Without the axes of size 1. */
export function squeeze(shape: Shape): Shape {
  return shape.includes(1) ? shape.filter((size) => size !== 1) : shape;
}

/** Strides of an array of one element. */
const NONE: readonly number[] = [];

/** The strides of the axes that are left when those of size 1 are taken out of `shape`. */
export function squeezeStrides(shape: Shape, strides: readonly number[]): readonly number[] {
  return shape.includes(1) ? strides.filter((_, axis) => shape[axis] !== 1) : strides;
}

/**
 * What a member reads at each index of its domain, in the order of its arguments. Of a gather it is the indices, then the
 * gathered array at index 0; of a scatter the updates, then the indices.
 */
export function accessesOf(
  node: Value,
  domain: Shape,
  shapeOf: (id: NodeId) => Shape,
  viewOf: (id: NodeId) => View,
): Access[] {
  const isOne = domain.every((size) => size === 1);
  const elementwise = (id: NodeId): Access => {
    const view = viewOf(id);
    const strides = isOne ? NONE : squeezeStrides(domain, alongDomain(view, shapeOf(id), domain));
    // Most views are read as they are.
    return strides.length === view.strides.length && strides.every((stride, axis) => stride === view.strides[axis])
      ? view
      : { root: view.root, offset: view.offset, strides };
  };
  switch (node.op) {
    case 'unary':
    case 'cast':
    case 'reduce':
    case 'copy':
    case 'part':
      return [elementwise(node.x)];
    case 'binary':
    case 'compare':
      return [elementwise(node.a), elementwise(node.b)];
    case 'select':
      return [elementwise(node.condition), elementwise(node.a), elementwise(node.b)];
    case 'special':
      return node.args.map(elementwise);
    case 'gather':
      return gatherAccesses(node, viewOf, shapeOf);
    case 'scatterAdd': {
      const indices = viewOf(node.indices);
      const strides = domain.map((_, axis) => (axis === 0 ? at(indices.strides, 0) : 0));
      return [elementwise(node.updates), { root: indices.root, offset: indices.offset, strides: squeezeStrides(domain, strides) }];
    }
    default:
      throw new Error(`${node.op} is not computed by a fused loop`);
  }
}

function alongDomain(view: View, shape: Shape, domain: Shape): readonly number[] {
  return sameShape(shape, domain) ? view.strides : broadcastView(view, shape, domain).strides;
}

function gatherAccesses(
  node: Value & { readonly op: 'gather' },
  viewOf: (id: NodeId) => View,
  shapeOf: (id: NodeId) => Shape,
): Access[] {
  const [x, indices] = [viewOf(node.x), viewOf(node.indices)];
  const rank = shapeOf(node.indices).length;
  const { axis, shape } = node;
  const fromIndices = shape.map((_, i) => (i >= axis && i < axis + rank ? at(indices.strides, i - axis) : 0));
  const fromX = shape.map((_, i) => {
    if (i < axis) return at(x.strides, i);
    return i < axis + rank ? 0 : at(x.strides, i - rank + 1);
  });
  return [
    { root: indices.root, offset: indices.offset, strides: squeezeStrides(shape, fromIndices) },
    { root: x.root, offset: x.offset, strides: squeezeStrides(shape, fromX), isIndirect: true },
  ];
}
