/** @file Whether graphs are the same. */
import { GraphBuilder } from '../../src/graph/builder.ts';
import { Graph } from '../../src/graph/graph.ts';
import type { NodeId } from '../../src/graph/node.ts';
import { sameGraph } from '../../src/graph/sameGraph.ts';

function graphOf(make: (g: GraphBuilder, x: NodeId) => NodeId[], shape: number[] = [2]): Graph {
  const g = new GraphBuilder();
  const outputs = make(g, g.input(0, shape, 'float'));
  return new Graph({ inputs: [{ shape, dtype: 'float' }], nodes: g.nodes, outputs, gradients: [null], kernels: new Map([['Any', outputs.length]]) });
}

const looping = (constant: number): Graph => {
  const body = graphOf((g, x) => [g.binary('mul', x, g.scalar(constant))]);
  return graphOf((g, x) => g.loop({ body, length: 3, carries: [x], scanned: [], invariants: [] }));
};

const plain = (constant: number): Graph => graphOf((g, x) => [g.binary('add', x, g.constant([1, constant], [2], 'float'))]);

test('graphs made alike are the same, NaN and loops included', () => {
  expect(sameGraph(plain(2), plain(2))).toBe(true);
  expect(sameGraph(plain(Number.NaN), plain(Number.NaN))).toBe(true);
  expect(sameGraph(looping(2), looping(2))).toBe(true);
});

test.each([
  ['in a constant', plain(2), plain(3)],
  ['in a constant in a loop', looping(2), looping(3)],
  ['in a function', graphOf((g, x) => [g.unary('sin', x)]), graphOf((g, x) => [g.unary('cos', x)])],
  ['in the order of results', graphOf((g, x) => [x, g.unary('sin', x)]), graphOf((g, x) => [g.unary('sin', x), x])],
  ['in the shape of an input', graphOf((g) => [g.scalar(1)]), graphOf((g) => [g.scalar(1)], [3])],
  ['in the number of nodes', graphOf((g, x) => [g.unary('sin', x)]), graphOf((g, x) => [g.unary('sin', g.unary('sin', x))])],
])('and those that differ %s are not', (_, a, b) => {
  expect(sameGraph(a, b)).toBe(false);
});
