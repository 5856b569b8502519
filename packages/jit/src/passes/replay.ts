/** @file Building a graph anew, node by node: how a pass makes its result. */
import type { GraphBuilder } from '../graph/builder.ts';
import { Graph } from '../graph/graph.ts';
import type { LoopNode, Node, NodeId } from '../graph/node.ts';
import { at } from '../graph/shape.ts';

/** Makes the node's counterpart in the new graph; `rename` gives the counterparts of its operands. */
export type Remake = (node: Node, id: NodeId, rename: (id: NodeId) => NodeId) => NodeId;

/** Makes a loop's counterpart; gives its results. */
export type RemakeLoop = (loop: LoopNode, rename: (id: NodeId) => NodeId) => readonly NodeId[];

/**
 * The graph of the counterparts of `graph`'s results, in `g`.
 *
 * @param g - an empty builder.
 * @param remake - for every node but loops and their items.
 * @param remakeLoop - for loops, whose results it gives; by default they stay what they are.
 */
export function replay(
  graph: Graph,
  g: GraphBuilder,
  remake: Remake,
  remakeLoop: RemakeLoop = (loop, rename) => copyLoop(g, loop, rename),
): Graph {
  const names: NodeId[] = [];
  const loops = new Map<NodeId, readonly NodeId[]>();
  const rename = (id: NodeId): NodeId => at(names, id);
  graph.nodes.forEach((node, id) => {
    if (node.op === 'loop') {
      loops.set(id, remakeLoop(node, rename));
      // Nobody reads a loop but its items.
      names.push(-1);
    } else {
      names.push(node.op === 'item' ? at(loops.get(node.x) ?? [], node.index) : remake(node, id, rename));
    }
  });
  return new Graph({
    inputs: graph.inputs,
    nodes: g.nodes,
    outputs: graph.outputs.map(rename),
    gradients: graph.gradients.map((id) => (id === null ? null : rename(id))),
    kernels: graph.kernels,
  });
}

function copyLoop(g: GraphBuilder, loop: LoopNode, rename: (id: NodeId) => NodeId): NodeId[] {
  const { carries, scanned, invariants } = loop;
  return g.loop({ ...loop, carries: carries.map(rename), scanned: scanned.map(rename), invariants: invariants.map(rename) });
}

/** The same node in another builder, which may know a simpler one. */
export function copyNode(g: GraphBuilder, node: Node, rename: (id: NodeId) => NodeId): NodeId {
  switch (node.op) {
    case 'input':
      return g.input(node.index, node.shape, node.dtype);
    case 'constant':
      return g.constant(node.values, node.shape, node.dtype);
    case 'unary':
      return g.unary(node.fn, rename(node.x));
    case 'binary':
      return g.binary(node.fn, rename(node.a), rename(node.b));
    case 'compare':
      return g.compare(node.fn, rename(node.a), rename(node.b));
    case 'select':
      return g.select(rename(node.condition), rename(node.a), rename(node.b));
    case 'special':
      return g.special(node.fn, ...node.args.map(rename));
    case 'cast':
      return g.cast(rename(node.x), node.dtype);
    case 'broadcast':
      return g.broadcast(rename(node.x), node.shape);
    case 'reshape':
      return g.reshape(rename(node.x), node.shape);
    case 'transpose':
      return g.transpose(rename(node.x), node.permutation);
    case 'slice':
      return g.slice(rename(node.x), node.begin, node.shape, node.strides);
    case 'pad': {
      const x = rename(node.x);
      const after = g.shape(x).map((n, axis) => at(node.shape, axis) - at(node.before, axis) - n);
      return g.pad(x, node.before, after, node.value);
    }
    case 'concat':
      return g.concat(node.parts.map(rename), node.axis);
    case 'assemble': {
      const parts = node.parts.map(({ x, begin }) => ({ x: rename(x), begin }));
      return g.assemble(parts, node.shape, node.fill, node.accumulate, node.dtype);
    }
    case 'gather':
      return g.gather(rename(node.x), rename(node.indices), node.axis);
    case 'scatterAdd':
      return g.scatterAdd(rename(node.updates), rename(node.indices), at(node.shape, 0));
    case 'reduce':
      return g.reduce(node.fn, rename(node.x), node.axes);
    case 'cumulative':
      return g.cumulative(node.fn, rename(node.x), node.axis, node.exclusive, node.reverse);
    case 'dot':
      return g.dot(rename(node.a), rename(node.b), node.transposeA, node.transposeB);
    case 'cholesky':
      return g.cholesky(rename(node.x));
    case 'triangularSolve':
      return g.triangularSolve(rename(node.matrix), rename(node.rhs), node.lower, node.transpose);
    case 'conv':
      return g.conv(rename(node.x), rename(node.filter), node.geometry, node.groups, node.shape);
    case 'convGradInput':
      return g.convGradInput(rename(node.dy), rename(node.filter), node.geometry, node.groups, node.shape);
    case 'convGradFilter':
      return g.convGradFilter(rename(node.x), rename(node.dy), node.geometry, node.groups, node.shape);
    case 'pool':
      return g.pool(node.fn, rename(node.x), node.geometry, node.shape);
    case 'maxPoolGrad':
      return g.maxPoolGrad(rename(node.x), rename(node.dy), node.geometry);
    case 'meanPoolGrad':
      return g.meanPoolGrad(rename(node.dy), node.geometry, node.shape);
    case 'loop':
    case 'item':
      throw new Error(`a node of kind ${node.op} cannot be copied alone`);
  }
}
