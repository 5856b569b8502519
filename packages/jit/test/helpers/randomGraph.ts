/** @file Random graphs, for properties of what turns graphs into graphs. */
import * as fc from 'fast-check';
import { GraphBuilder } from '../../src/graph/builder.ts';
import { Graph } from '../../src/graph/graph.ts';
import type { BinaryFunction, NodeId, Reduction, Shape, UnaryFunction } from '../../src/graph/node.ts';
import { sizeOf } from '../../src/graph/shape.ts';

/** One step: which operation, on which of the nodes so far, with which of the constants and axes; taken modulo. */
type Step = readonly [operation: number, a: number, b: number, detail: number];

/** Functions that neither blow rounding up nor are undefined anywhere: what is under test is left no excuse. */
const SMOOTH: readonly UnaryFunction[] = ['neg', 'abs', 'sin', 'tanh', 'sigmoid', 'softplus', 'atan', 'neg'];
const ARITHMETIC: readonly BinaryFunction[] = ['add', 'sub', 'mul', 'add', 'sub', 'mul', 'max', 'min'];
const REDUCTIONS: readonly Reduction[] = ['sum', 'sum', 'sum', 'max', 'min'];
const CONSTANTS: readonly number[] = [2, -1, 0.5, -0.5, 1, 0, 3, -1.7, 0.1];

const INPUTS: readonly Shape[] = [[3, 4], [4], [], [3, 1], [1, 1], [4, 3]];

const pick = <T>(list: readonly T[], i: number): T => list[i % list.length]!;

/** Floats that broadcast against each other get their operation; others fall back on the first with itself. */
function broadcastable(a: Shape, b: Shape): boolean {
  return Array.from({ length: Math.min(a.length, b.length) }, (_, i) => [a.at(-1 - i), b.at(-1 - i)]).every(
    ([m, n]) => m === n || m === 1 || n === 1,
  );
}

const OPERATIONS: readonly ((g: GraphBuilder, a: NodeId, b: NodeId, detail: number) => NodeId)[] = [
  (g, a, _, k) => g.unary(pick(SMOOTH, k), a),
  arithmetic,
  arithmetic,
  arithmetic,
  (g, a, _, k) => g.binary(pick(['mul', 'add', 'sub', 'div', 'mul', 'add'], k), a, constant(g, a, k >> 3)),
  (g, a, _, k) => g.binary(pick(['mul', 'add', 'sub', 'sub'], k), constant(g, a, k >> 3), a),
  // Denominators from 1 to 3.
  (g, a, b) => arithmeticOf(g, 'div', a, g.binary('add', g.unary('tanh', b), g.scalar(2))),
  (g, a, _, k) => g.binary('pow', g.binary('add', g.unary('abs', a), g.scalar(0.5)), g.scalar(pick([2, 0.5, -1, 3, -2, 1.5, 0, 1, -0.5, 4], k))),
  (g, a, b, k) => (broadcastable(g.shape(a), g.shape(b)) ? g.select(choice(g, a, k), a, b) : a),
  (g, a, _, k) => g.reduce(pick(REDUCTIONS, k), a, g.shape(a).flatMap((_, axis) => ((k >> axis) % 2 === 0 ? [axis] : []))),
  (g, a, b, k) => g.special('erf', g.binary('mul', g.reduce('sum', a, g.shape(a).map((_, axis) => axis)), constant(g, b, 3 * k))),
  tinyArrays,
  (g, a, _, k) => g.reduce('sum', a, g.shape(a).flatMap((_, axis) => ((k >> axis) % 2 === 0 ? [axis] : []))),
  (g, a, _, k) => g.broadcast(a, [k % 2 === 0 ? 2 : 1, ...g.shape(a).map((n) => (n === 1 && k % 3 === 0 ? 4 : n))].slice(g.shape(a).length > 2 ? 1 : 0)),
  (g, a, _, k) => g.reshape(a, pick([[sizeOf(g.shape(a))], [1, ...g.shape(a)], g.shape(a).filter((n) => n !== 1), [...g.shape(a), 1], g.shape(a).toReversed()], k)),
  (g, a, _, k) => g.transpose(a, pick([g.shape(a).map((_, i, all) => all.length - 1 - i), g.shape(a).map((_, i, all) => (i + 1) % all.length)], k)),
  (g, a, _, k) => sliced(g, a, k),
  (g, a, _, k) => g.pad(a, g.shape(a).map((_, axis) => (k >> axis) % 2), g.shape(a).map((_, axis) => (k >> (axis + 1)) % 2), k % 5 === 0 ? 1.5 : 0),
  (g, a, _, k) => (g.shape(a).length === 0 ? a : g.concat([a, g.unary('sin', a), a], k % g.shape(a).length)),
  padsAddedUp,
  padsAddedUp,
  (g, a, _, k) => (g.shape(a).length === 0 ? a : g.gather(a, indices(g, pick(g.shape(a), k), k), k % g.shape(a).length)),
  (g, a, _, k) => (g.shape(a).length === 0 ? a : g.scatterAdd(a, indices(g, g.shape(a)[0]!, k, g.shape(a)[0]!), g.shape(a)[0]! + 1)),
  matrixProduct,
  matrixProduct,
  (g, a, _, k) => (g.shape(a).length === 0 ? a : g.cumulative('sum', a, k % g.shape(a).length, k % 2 === 0, k % 3 === 0)),
  (g, a, b) => g.reduce('sum', arithmeticOf(g, 'mul', a, b), [0].slice(0, Math.max(g.shape(a).length, g.shape(b).length))),
];

function arithmetic(g: GraphBuilder, a: NodeId, b: NodeId, k: number): NodeId {
  return arithmeticOf(g, pick(ARITHMETIC, k), a, b);
}

function arithmeticOf(g: GraphBuilder, fn: BinaryFunction, a: NodeId, b: NodeId): NodeId {
  return g.binary(fn, a, broadcastable(g.shape(a), g.shape(b)) ? b : a);
}

/** Scalars put together, worked with, and taken apart. */
function tinyArrays(g: GraphBuilder, a: NodeId, b: NodeId, k: number): NodeId {
  const scalars = [a, b].map((x) => g.reshape(g.reduce('max', x, g.shape(x).map((_, axis) => axis)), [1]));
  const pair = g.concat(k % 2 === 0 ? scalars : scalars.toReversed(), 0);
  const grid = g.binary(pick(ARITHMETIC, k), g.reshape(pair, [2, 1]), g.binary('mul', pair, constant(g, pair, k >> 2)));
  const turned = k % 3 === 0 ? g.transpose(grid, [1, 0]) : g.slice(grid, [1, 0], [2, 2], [-1, 1]);
  return k % 5 === 0 ? g.reduce('sum', turned, [k % 2]) : g.slice(turned, [k % 2, (k >> 1) % 2], [1, 1]);
}

/** A scalar, or an array of the operand's shape. */
function constant(g: GraphBuilder, a: NodeId, k: number): NodeId {
  const value = pick(CONSTANTS, k);
  const shape = g.shape(a);
  if (k % 3 !== 0) return g.scalar(value === 0 ? 4 : value);
  // Of many values, or of two.
  return g.constant(Array.from({ length: sizeOf(shape) }, (_, i) => 0.3 + value + (k % 2 === 0 ? i : i % 2)), shape, 'float');
}

/** A condition that rounding cannot turn over: on constants alone, or on an input against a constant. */
function choice(g: GraphBuilder, a: NodeId, k: number): NodeId {
  if (k % 3 === 0) return g.constant([k % 2], [], 'bool');
  const condition = g.compare('lt', g.input(2, [], 'float'), g.scalar(pick(CONSTANTS, k) + 0.0123));
  return k % 3 === 1 ? condition : g.unary('not', g.broadcast(condition, g.shape(a)));
}

function sliced(g: GraphBuilder, a: NodeId, k: number): NodeId {
  const shape = g.shape(a);
  if (shape.includes(0)) return a;
  const begin = shape.map((n, axis) => (k >> axis) % n);
  const size = shape.map((n, axis) => Math.max(1, Math.min(n - begin[axis]!, 1 + ((k >> (axis + 2)) % n))));
  if (k % 4 !== 0) return g.slice(a, begin, size);
  return g.slice(a, shape.map((n) => n - 1), shape, shape.map(() => -1));
}

/** What the gradient of several slices of one array looks like. */
function padsAddedUp(g: GraphBuilder, a: NodeId, b: NodeId, k: number): NodeId {
  const shape = g.shape(b);
  if (shape.length === 0 || sizeOf(shape) > 40) return b;
  const boxes = Array.from({ length: 2 + (k % 4) }, (_, i) => {
    const box = sliced(g, b, 4 * (k + 7 * i) + 1);
    const before = shape.map((n, axis) => (i * (k >> 2)) % (n - g.shape(box)[axis]! + 1));
    return g.pad(g.binary('mul', box, g.scalar(i + 0.5)), before, shape.map((n, axis) => n - before[axis]! - g.shape(box)[axis]!), 0);
  });
  const sum = boxes.reduce((x, y, i) => g.binary((k >> i) % 3 === 0 ? 'sub' : 'add', x, y));
  return k % 3 === 0 && broadcastable(shape, g.shape(a)) ? g.binary('add', sum, a) : sum;
}

function indices(g: GraphBuilder, n: number, k: number, count: number = 1 + (k % 5)): NodeId {
  const steps = [0, 1, -1, 2, 3];
  const values = Array.from({ length: count }, (_, i) => (((k + i * pick(steps, k)) % n) + n) % n);
  return g.constant(values, [count], 'int');
}

function matrixProduct(g: GraphBuilder, a: NodeId, b: NodeId, k: number): NodeId {
  const asMatrix = (x: NodeId): NodeId => (g.shape(x).length >= 2 ? x : g.reshape(x, [1, sizeOf(g.shape(x))]));
  const [left, right] = [asMatrix(a), asMatrix(b)];
  const inner = (x: NodeId, isLast: boolean): number => g.shape(x).at(isLast ? -1 : -2)!;
  const [first, second] = [k % 2 === 0, k % 3 === 0];
  const fits = inner(left, !first) === inner(right, second) && broadcastable(g.shape(left).slice(0, -2), g.shape(right).slice(0, -2));
  return fits ? g.dot(left, right, first, second) : g.dot(left, left, false, true);
}

/** Nodes made by these steps; those of more than some hundred entries are not used further. */
function poolOf(steps: readonly Step[]): { readonly g: GraphBuilder; readonly pool: NodeId[] } {
  const g = new GraphBuilder();
  const pool = INPUTS.map((shape, i) => g.input(i, shape, 'float'));
  for (const [operation, a, b, detail] of steps) {
    // Mostly what came last, so that operations meet.
    const recent = (i: number): NodeId => (i % 3 === 0 ? pick(pool, i) : pick(pool.slice(-4), i));
    const made = pick(OPERATIONS, operation)(g, recent(a), recent(b), detail);
    if (sizeOf(g.shape(made)) <= 300 && g.shape(made).length <= 4 && g.dtype(made) === 'float') pool.push(made);
  }
  return { g, pool };
}

function graphFrom(g: GraphBuilder, outputs: readonly NodeId[]): Graph {
  const inputs = INPUTS.map((shape) => ({ shape, dtype: 'float' as const }));
  return new Graph({ inputs, nodes: g.nodes, outputs, gradients: INPUTS.map(() => null) });
}

/** A graph with these steps. */
export function graphOf(steps: readonly Step[], numOutputs: number = 3): Graph {
  const { g, pool } = poolOf(steps);
  return graphFrom(g, pool.slice(-numOutputs));
}

/** A graph, and the inputs whose places its last results take. */
export interface CarryingGraph {
  readonly graph: Graph;
  readonly carry: (number | null)[];
}

/** A graph with these steps, of whose inputs some are replaced: by any node there is, or by a change of themselves. */
function carryingGraphOf(steps: readonly Step[], choices: readonly number[]): CarryingGraph {
  const { g, pool } = poolOf(steps);
  const carried = INPUTS.map((shape, i) => {
    const k = choices[i]!;
    const next = fitted(g, pick(pool.slice(k % 3 === 0 ? 0 : -5), k >> 2), shape);
    if (k % 5 === 0) return g.binary('sub', next, g.unary('sin', i));
    // A value and its moment, as optimisers have them.
    return k % 5 === 1 ? g.select(choice(g, i, k), g.binary('add', g.binary('mul', i, g.scalar(0.9)), next), i) : next;
  });
  const carry = INPUTS.map((_, i) => (choices[i]! % 4 === 3 ? null : i));
  // In an order of their own.
  const order = INPUTS.map((_, i) => i).sort((a, b) => (choices[a]! % 7) - (choices[b]! % 7));
  const outputs = [...pool.slice(-2), ...order.map((i) => carried[i]!)];
  return { graph: graphFrom(g, outputs), carry: order.map((i) => carry[i]!) };
}

/** The node in another shape. */
function fitted(g: GraphBuilder, x: NodeId, shape: Shape): NodeId {
  const own = g.shape(x);
  if (sizeOf(own) === sizeOf(shape)) return g.reshape(x, shape);
  const fits = own.length <= shape.length && own.every((n, axis) => n === 1 || n === shape[axis + shape.length - own.length]);
  return g.broadcast(fits ? x : g.reduce('max', x, own.map((_, axis) => axis)), shape);
}

const number = fc.nat(1000);

/** Random graphs of up to `length` steps. */
export function graphs(length: number = 25): fc.Arbitrary<Graph> {
  return fc.array(fc.tuple(number, number, number, number), { minLength: 1, maxLength: length }).map((steps) => graphOf(steps));
}

/** Random graphs of up to `length` steps, with results that replace inputs. */
export function carryingGraphs(length: number = 25): fc.Arbitrary<CarryingGraph> {
  const steps = fc.array(fc.tuple(number, number, number, number), { minLength: 1, maxLength: length });
  const choices = fc.array(number, { minLength: INPUTS.length, maxLength: INPUTS.length });
  return fc.tuple(steps, choices).map(([own, others]) => carryingGraphOf(own, others));
}

/** Numbers for the inputs of such a graph. */
export const points: fc.Arbitrary<number[][]> = fc.tuple(
  ...INPUTS.map((shape) =>
    fc.array(fc.double({ min: -2, max: 2, noNaN: true }), { minLength: sizeOf(shape), maxLength: sizeOf(shape) }),
  ),
);
