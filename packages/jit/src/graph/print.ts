/** @file A graph as text that reads like a program. */
import type { GraphParts } from './graph.ts';
import type { AssembleNode, LoopNode, Node, NodeId, WindowGeometry } from './node.ts';
import { at, formatShape } from './shape.ts';

/** How many entries of a constant are shown. */
const SHOWN = 6;

/**
 * The graph as text: a signature, one line a node, and the results. Inputs are called `x0, x1, ...`; scalar constants
 * stand where they are used.
 */
export function print(graph: GraphParts): string {
  const { nodes } = graph;
  const name = (id: NodeId): string => nameOf(at(nodes, id), id);
  const inputs = graph.inputs.map((input, i) => `x${i}: ${typeOf(input)}`).join(', ');
  const lines = nodes.flatMap((node, id) =>
    isInline(node) ? [] : [`  %${id}: ${typeOf(node)} = ${printNode(node, name)}`],
  );
  const results = [`  return ${graph.outputs.map(name).join(', ')}`];
  if (graph.gradients.some((id) => id !== null)) {
    results.push(`  gradients ${graph.gradients.map((id) => (id === null ? '-' : name(id))).join(', ')}`);
  }
  return [`graph(${inputs})`, ...lines, ...results].join('\n');
}

function isInline(node: Node): boolean {
  return node.op === 'input' || (node.op === 'constant' && node.shape.length === 0);
}

function nameOf(node: Node, id: NodeId): string {
  if (node.op === 'input') return `x${node.index}`;
  if (node.op !== 'constant' || node.shape.length > 0) return `%${id}`;
  return node.dtype === 'bool' ? String(node.values[0] !== 0) : String(node.values[0]);
}

function typeOf({ shape, dtype }: Pick<Node, 'shape' | 'dtype'>): string {
  return shape.length === 0 ? dtype : `${dtype}${formatShape(shape)}`;
}

function printNode(node: Node, name: (id: NodeId) => string): string {
  switch (node.op) {
    case 'input':
      return `x${node.index}`;
    case 'constant': {
      const shown = Array.from(node.values.subarray(0, SHOWN), String);
      return `constant(${[...shown, ...(node.values.length > SHOWN ? ['...'] : [])].join(', ')})`;
    }
    case 'unary':
      return `${node.fn}(${name(node.x)})`;
    case 'binary':
    case 'compare':
      return `${node.fn}(${name(node.a)}, ${name(node.b)})`;
    case 'select':
      return `select(${name(node.condition)}, ${name(node.a)}, ${name(node.b)})`;
    case 'special':
      return `${node.fn}(${node.args.map(name).join(', ')})`;
    case 'cast':
    case 'broadcast':
    case 'reshape':
    case 'cholesky':
      return `${node.op}(${name(node.x)})`;
    case 'transpose':
      return `transpose(${name(node.x)}, ${formatShape(node.permutation)})`;
    case 'slice':
      return `slice(${name(node.x)}, ${node.begin.map((from, axis) => range(node, from, axis)).join(', ')})`;
    case 'pad':
      return `pad(${name(node.x)}, at ${formatShape(node.before)} in ${node.value})`;
    case 'concat':
      return `concat(${node.parts.map(name).join(', ')}; axis ${node.axis})`;
    case 'assemble':
      return printAssemble(node, name);
    case 'gather':
      return `gather(${name(node.x)}, ${name(node.indices)}; axis ${node.axis})`;
    case 'scatterAdd':
      return `scatterAdd(${name(node.updates)} at ${name(node.indices)})`;
    case 'reduce':
      return `${node.fn}(${name(node.x)}; axes ${formatShape(node.axes)})`;
    case 'cumulative': {
      const flags = `${node.exclusive ? ', exclusive' : ''}${node.reverse ? ', reverse' : ''}`;
      return `cum${node.fn}(${name(node.x)}; axis ${node.axis}${flags})`;
    }
    case 'dot':
      return `dot(${name(node.a)}${node.transposeA ? "'" : ''}, ${name(node.b)}${node.transposeB ? "'" : ''})`;
    case 'triangularSolve': {
      const triangle = `${node.lower ? 'lower' : 'upper'}${node.transpose ? ", transposed" : ''}`;
      return `triangularSolve(${name(node.matrix)}, ${name(node.rhs)}; ${triangle})`;
    }
    case 'conv':
      return `conv(${name(node.x)}, ${name(node.filter)}; ${windows(node.geometry, node.groups)})`;
    case 'convGradInput':
      return `convGradInput(${name(node.dy)}, ${name(node.filter)}; ${windows(node.geometry, node.groups)})`;
    case 'convGradFilter':
      return `convGradFilter(${name(node.x)}, ${name(node.dy)}; ${windows(node.geometry, node.groups)})`;
    case 'pool':
      return `${node.fn}Pool(${name(node.x)}; ${windows(node.geometry)})`;
    case 'maxPoolGrad':
      return `maxPoolGrad(${name(node.x)}, ${name(node.dy)}; ${windows(node.geometry)})`;
    case 'meanPoolGrad':
      return `meanPoolGrad(${name(node.dy)}; ${windows(node.geometry)})`;
    case 'loop':
      return printLoop(node, name);
    case 'item':
      return `item(${name(node.x)}, ${node.index})`;
  }
}

/** Of many parts, only the first. */
function printAssemble({ parts, fill, accumulate }: AssembleNode, name: (id: NodeId) => string): string {
  const shown = parts.slice(0, SHOWN).map(({ x, begin }) => `${name(x)} at ${formatShape(begin)}`);
  const rest = parts.length > SHOWN ? [`... ${parts.length - SHOWN} more`] : [];
  return `${accumulate ? 'accumulate' : 'assemble'}(${[...shown, ...rest].join(', ')}; in ${fill})`;
}

/** The body, set in by two columns, under a line that says what is handed to it. */
function printLoop(node: LoopNode, name: (id: NodeId) => string): string {
  const operands = (['carries', 'scanned', 'invariants'] as const)
    .filter((kind) => node[kind].length > 0)
    .map((kind) => `; ${kind} ${node[kind].map(name).join(', ')}`);
  const body = print(node.body).replace(/^graph/, 'body').replaceAll(/^/gm, '    ');
  return `loop(${node.length} steps${node.reverse ? ', reverse' : ''}${operands.join('')})\n${body}`;
}

function range(node: Extract<Node, { op: 'slice' }>, from: number, axis: number): string {
  const stride = at(node.strides, axis);
  return `${from}:${from + at(node.shape, axis) * stride}${stride === 1 ? '' : `:${stride}`}`;
}

function windows({ window, strides, dilations, padding }: WindowGeometry, groups: number = 1): string {
  const parts = [`window ${window.join('x')}`];
  if (strides.some((n) => n !== 1)) parts.push(`strides ${strides.join('x')}`);
  if (dilations.some((n) => n !== 1)) parts.push(`dilations ${dilations.join('x')}`);
  if (padding.some((n) => n !== 0)) parts.push(`padding ${padding.join('x')}`);
  if (groups !== 1) parts.push(`groups ${groups}`);
  return parts.join(', ');
}
