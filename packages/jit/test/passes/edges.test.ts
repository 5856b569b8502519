/** @file Arrays of nothing, whole numbers, truth values, and numbers at the ends of the range. */
import { GraphBuilder } from '../../src/graph/builder.ts';
import { Graph } from '../../src/graph/graph.ts';
import { interpret } from '../../src/graph/interpret.ts';
import type { DType, NodeId, Shape } from '../../src/graph/node.ts';
import { optimise } from '../../src/passes/optimise.ts';

/** The values of what `make` builds from one input, before and after the passes. */
function both(
  shape: Shape,
  dtype: DType,
  values: readonly number[],
  make: (g: GraphBuilder, x: NodeId) => NodeId[],
): { before: number[][]; after: number[][] } {
  const g = new GraphBuilder();
  const outputs = make(g, g.input(0, shape, dtype));
  const graph = new Graph({ inputs: [{ shape, dtype }], nodes: g.nodes, outputs, gradients: [null] });
  const run = (of: Graph): number[][] => interpret(of, [values]).outputs.map((output) => [...output]);
  return { before: run(graph), after: run(optimise(graph)) };
}

test('arrays without entries', () => {
  const { before, after } = both([0, 3], 'float', [], (g, x) => {
    const wide = g.broadcast(g.reduce('sum', x, [0]), [2, 3]);
    return [
      g.reduce('sum', x, [0, 1]),
      g.reduce('sum', g.binary('add', x, g.scalar(Infinity)), [0]),
      g.reduce('max', x, [0]),
      g.reduce('max', g.broadcast(g.scalar(3), [0, 2]), [0, 1]),
      g.reduce('sum', g.reshape(x, [3, 0]), [1]),
      g.reduce('prod', g.transpose(x, [1, 0]), [1]),
      g.concat([x, wide, x], 0),
      g.pad(x, [1, 0], [1, 0], 7),
      g.gather(wide, g.constant([], [0], 'int'), 0),
      g.slice(wide, [1, 0], [0, 3]),
      g.scatterAdd(x, g.constant([], [0], 'int'), 2),
    ];
  });
  expect(after).toEqual(before);
  expect(before[2]).toEqual([-Infinity, -Infinity, -Infinity]);
});

test('whole numbers keep their own arithmetic', () => {
  const extreme = [2 ** 31 - 1, -(2 ** 31), -7, 0, 5, 6];
  const { before, after } = both([6], 'int', extreme, (g, x) => {
    const c = (value: number): NodeId => g.scalar(value, 'int');
    return [
      g.binary('mul', g.binary('div', x, c(2)), c(2)),
      g.binary('div', g.binary('mul', x, c(3)), c(3)),
      g.binary('sub', g.binary('add', x, c(2 ** 30)), c(2 ** 30)),
      g.binary('sub', x, x),
      g.unary('neg', g.unary('neg', x)),
      g.unary('abs', g.unary('neg', x)),
      g.binary('max', x, x),
      g.binary('pow', x, c(2)),
      g.reduce('sum', g.binary('mul', x, c(2)), [0]),
      g.cast(g.cast(x, 'float'), 'int'),
      g.cast(g.cast(x, 'bool'), 'int'),
      g.gather(x, g.constant([5, 4, 3], [3], 'int'), 0),
    ];
  });
  expect(after).toEqual(before);
});

test('truth values', () => {
  const { before, after } = both([4], 'bool', [0, 1, 1, 0], (g, x) => [
    g.binary('and', x, g.unary('not', g.unary('not', x))),
    g.binary('or', g.scalar(0, 'bool'), x),
    g.cast(g.cast(x, 'int'), 'bool'),
    g.binary('mul', g.cast(x, 'float'), g.scalar(0)),
    g.reduce('any', g.broadcast(x, [3, 4]), [0, 1]),
    g.reduce('all', g.reshape(x, [2, 2]), [1]),
    g.reduce('sum', g.cast(x, 'int'), [0]),
    g.select(x, g.scalar(1), g.scalar(2)),
  ]);
  expect(after).toEqual(before);
});

test('constants are not joined where they would overflow or vanish', () => {
  const { before, after } = both([3], 'float', [1e-150, 1, 1e150], (g, x) => [
    g.binary('mul', g.binary('mul', x, g.scalar(1e200)), g.scalar(1e200)),
    g.binary('div', g.binary('div', x, g.scalar(1e200)), g.scalar(1e200)),
    g.binary('mul', g.binary('mul', x, g.scalar(1e-200)), g.scalar(1e-200)),
    g.binary('div', x, g.scalar(2 ** -1074)),
    g.binary('add', g.binary('add', x, g.scalar(1.7e308)), g.scalar(1.7e308)),
  ]);
  expect(after).toEqual(before);
});

test('where something is infinite or not a number', () => {
  const values = [Infinity, -Infinity, Number.NaN, 0, -0, 1];
  const { before, after } = both([6], 'float', values, (g, x) => [
    g.unary('exp', g.unary('log', x)),
    g.binary('mul', x, g.scalar(0)),
    g.binary('add', x, g.scalar(0)),
    g.select(g.compare('eq', x, x), x, g.scalar(3)),
    g.unary('log1p', g.unary('expm1', x)),
    g.binary('mul', g.unary('sqrt', x), g.unary('sqrt', x)),
    g.reduce('max', g.binary('mul', x, g.scalar(-1)), [0]),
    g.reduce('sum', g.binary('mul', x, g.scalar(2)), [0]),
    g.unary('softplus', x),
  ]);
  // The sign of a zero may change.
  expect(after.map((list) => list.map((y) => y + 0))).toEqual(before.map((list) => list.map((y) => y + 0)));
});
