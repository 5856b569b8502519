/** @file Which other nodes a node reads. */
import type { Node, NodeId } from './node.ts';

/** The nodes that `node` reads, in the order of its arguments. */
export function operandsOf(node: Node): readonly NodeId[] {
  switch (node.op) {
    case 'input':
    case 'constant':
      return [];
    case 'unary':
    case 'cast':
    case 'broadcast':
    case 'reshape':
    case 'transpose':
    case 'slice':
    case 'pad':
    case 'reduce':
    case 'cumulative':
    case 'pool':
    case 'cholesky':
    case 'item':
      return [node.x];
    case 'binary':
    case 'compare':
    case 'dot':
      return [node.a, node.b];
    case 'select':
      return [node.condition, node.a, node.b];
    case 'special':
      return node.args;
    case 'concat':
      return node.parts;
    case 'assemble':
      return node.parts.map(({ x }) => x);
    case 'gather':
      return [node.x, node.indices];
    case 'scatterAdd':
      return [node.updates, node.indices];
    case 'triangularSolve':
      return [node.matrix, node.rhs];
    case 'conv':
      return [node.x, node.filter];
    case 'convGradInput':
      return [node.dy, node.filter];
    case 'convGradFilter':
    case 'maxPoolGrad':
      return [node.x, node.dy];
    case 'meanPoolGrad':
      return [node.dy];
    case 'loop':
      return [...node.carries, ...node.scanned, ...node.invariants];
  }
}

/** `node` with every operand replaced by what `rename` says of it. */
export function renameOperands(node: Node, rename: (id: NodeId) => NodeId): Node {
  switch (node.op) {
    case 'input':
    case 'constant':
      return node;
    case 'unary':
    case 'cast':
    case 'broadcast':
    case 'reshape':
    case 'transpose':
    case 'slice':
    case 'pad':
    case 'reduce':
    case 'cumulative':
    case 'pool':
    case 'cholesky':
    case 'item':
      return { ...node, x: rename(node.x) };
    case 'binary':
    case 'compare':
    case 'dot':
      return { ...node, a: rename(node.a), b: rename(node.b) };
    case 'select':
      return { ...node, condition: rename(node.condition), a: rename(node.a), b: rename(node.b) };
    case 'special':
      return { ...node, args: node.args.map(rename) };
    case 'concat':
      return { ...node, parts: node.parts.map(rename) };
    case 'assemble':
      return { ...node, parts: node.parts.map(({ x, begin }) => ({ x: rename(x), begin })) };
    case 'gather':
      return { ...node, x: rename(node.x), indices: rename(node.indices) };
    case 'scatterAdd':
      return { ...node, updates: rename(node.updates), indices: rename(node.indices) };
    case 'triangularSolve':
      return { ...node, matrix: rename(node.matrix), rhs: rename(node.rhs) };
    case 'conv':
      return { ...node, x: rename(node.x), filter: rename(node.filter) };
    case 'convGradInput':
      return { ...node, dy: rename(node.dy), filter: rename(node.filter) };
    case 'convGradFilter':
    case 'maxPoolGrad':
      return { ...node, x: rename(node.x), dy: rename(node.dy) };
    case 'meanPoolGrad':
      return { ...node, dy: rename(node.dy) };
    case 'loop':
      return {
        ...node,
        carries: node.carries.map(rename),
        scanned: node.scanned.map(rename),
        invariants: node.invariants.map(rename),
      };
  }
}
