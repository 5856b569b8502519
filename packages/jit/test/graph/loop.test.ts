/** @file Loops in graphs, built by hand. */
import { GraphBuilder } from '../../src/graph/builder.ts';
import { Graph } from '../../src/graph/graph.ts';
import { interpret } from '../../src/graph/interpret.ts';
import type { DType, NodeId, Shape } from '../../src/graph/node.ts';
import { pruneLoops } from '../../src/graph/pruneLoops.ts';

interface Type {
  readonly shape: Shape;
  readonly dtype: DType;
}

const scalar: Type = { shape: [], dtype: 'float' };
const vector = (n: number): Type => ({ shape: [n], dtype: 'float' });

/** The graph of what `make` builds from inputs of these types. */
function graphOf(inputs: readonly Type[], make: (g: GraphBuilder, xs: NodeId[]) => NodeId[]): Graph {
  const g = new GraphBuilder();
  const outputs = make(g, inputs.map(({ shape, dtype }, i) => g.input(i, shape, dtype)));
  return new Graph({ inputs, nodes: g.nodes, outputs, gradients: [] });
}

/** level' = decay level + x, giving 10 level' at each step. */
const smoothing = graphOf([scalar, scalar, scalar], (g, [level, x, decay]) => {
  const next = g.binary('add', g.binary('mul', level!, decay!), x!);
  return [next, g.binary('mul', next, g.scalar(10))];
});

function smooth(length: number, reverse: boolean): Graph {
  return graphOf([scalar, vector(length), scalar], (g, [start, xs, decay]) =>
    g.loop({ body: smoothing, length, reverse, carries: [start!], scanned: [xs!], invariants: [decay!] }),
  );
}

const run = (graph: Graph, inputs: number[][]): number[][] => interpret(graph, inputs).outputs.map((values) => [...values]);

describe('a loop', () => {
  test('carries its state from step to step and stacks the results', () => {
    // 8/2 + 1 = 5, 5/2 + 2 = 4.5, 4.5/2 + 3 = 5.25
    expect(run(smooth(3, false), [[8], [1, 2, 3], [0.5]])).toEqual([[5.25], [50, 45, 52.5]]);
  });

  test('backwards, step t still reads and writes index t', () => {
    // 8/2 + 3 = 7, 7/2 + 2 = 5.5, 5.5/2 + 1 = 3.75
    expect(run(smooth(3, true), [[8], [1, 2, 3], [0.5]])).toEqual([[3.75], [37.5, 55, 70]]);
  });

  test('of no steps gives the carries back', () => {
    const graph = smooth(0, false);
    expect(run(graph, [[8], [], [0.5]])).toEqual([[8], []]);
    expect(graph.nodes.map(({ op }) => op)).not.toContain('loop');
  });

  test('of constants is worked out at once', () => {
    const graph = graphOf([scalar], (g) =>
      g.loop({ body: smoothing, length: 2, carries: [g.scalar(0)], scanned: [g.constant([1, 2], [2], 'float')], invariants: [g.scalar(3)] }),
    );
    expect(graph.nodes.map(({ op }) => op)).toEqual(['constant', 'constant']);
    expect(run(graph, [[0]])).toEqual([[5], [10, 50]]);
  });

  test('may hold another, and have results of several shapes and types', () => {
    // Running sums of the columns of each slice [2], which outer steps add up; and the count of steps.
    const inner = graphOf([scalar, scalar], (g, [sum, x]) => [g.binary('add', sum!, x!), g.binary('add', sum!, x!)]);
    const outer = graphOf([vector(2), { shape: [], dtype: 'int' }, vector(2)], (g, [total, count, x]) => {
      const [, sums] = g.loop({ body: inner, length: 2, carries: [g.scalar(0)], scanned: [x!], invariants: [] });
      return [g.binary('add', total!, sums!), g.binary('add', count!, g.scalar(1, 'int')), sums!];
    });
    const graph = graphOf([{ shape: [3, 2], dtype: 'float' }], (g, [xs]) =>
      g.loop({ body: outer, length: 3, carries: [g.constant([0, 0], [2], 'float'), g.scalar(0, 'int')], scanned: [xs!], invariants: [] }),
    );
    expect(run(graph, [[1, 2, 3, 4, 5, 6]])).toEqual([[9, 21], [3], [1, 3, 3, 7, 5, 11]]);
    expect(graph.outputs.map((id) => graph.nodes[id]!).map(({ shape, dtype }) => [shape, dtype])).toEqual([
      [[2], 'float'],
      [[], 'int'],
      [[3, 2], 'float'],
    ]);
  });

  test('stacks a result once that is given twice, but keeps carries apart', () => {
    const twice = graphOf([scalar, scalar], (g, [a, x]) => {
      const sum = g.binary('add', a!, x!);
      return [sum, sum, sum];
    });
    const graph = graphOf([scalar, vector(2)], (g, [start, xs]) => {
      const items = g.loop({ body: twice, length: 2, carries: [start!], scanned: [xs!], invariants: [] });
      expect(items[1]).toBe(items[2]);
      expect(items[0]).not.toBe(items[1]);
      return items;
    });
    expect(run(pruneLoops(graph), [[1], [10, 20]])).toEqual([[31], [11, 31], [11, 31]]);
    expect(pruneLoops(graph).nodes.find(({ op }) => op === 'loop')).toMatchObject({ body: { outputs: [2, 2] } });
  });

  test('is kept by any of its results, with all of its operands', () => {
    const graph = graphOf([scalar, vector(3), scalar], (g, [start, xs, decay]) => {
      const [, ys] = g.loop({ body: smoothing, length: 3, carries: [start!], scanned: [xs!], invariants: [decay!] });
      return [g.reduce('sum', ys!, [0])];
    });
    expect(graph.nodes.map(({ op }) => op)).toEqual(['input', 'input', 'input', 'loop', 'item', 'reduce']);
    expect(run(graph, [[8], [1, 2, 3], [0.5]])).toEqual([[147.5]]);
  });
});

describe('pruning', () => {
  // a' = a + x, b' = b + a, c' = c b; giving x w, a, c.
  const body = graphOf([scalar, scalar, scalar, scalar, scalar, scalar], (g, [a, b, c, x, z, w]) => [
    g.binary('add', a!, x!),
    g.binary('add', b!, a!),
    g.binary('mul', c!, b!),
    g.binary('mul', x!, w!),
    a!,
    g.binary('mul', c!, z!),
  ]);
  const types = [scalar, scalar, scalar, vector(3), vector(3), scalar];
  const inputs = [[1], [2], [3], [10, 20, 30], [7, 8, 9], [5]];
  const pruned = (wanted: number[]): { graph: Graph; whole: Graph } => {
    const whole = graphOf(types, (g, [a, b, c, x, z, w]) => {
      const items = g.loop({ body, length: 3, carries: [a!, b!, c!], scanned: [x!, z!], invariants: [w!] });
      return wanted.map((i) => items[i]!);
    });
    return { whole, graph: pruneLoops(whole) };
  };
  const loopOf = (graph: Graph): unknown => graph.nodes.find(({ op }) => op === 'loop');

  test.each([
    ['a result that needs no carry', [3], { carries: [], scanned: [0], invariants: [1], numCarries: 0 }],
    ['a carry alone', [0], { carries: [0], scanned: [1], invariants: [], numCarries: 1 }],
    ['a carry that needs another', [1], { carries: [0, 1], scanned: [2], invariants: [] }],
    ['a carry that needs two others', [2], { carries: [0, 1, 2], scanned: [3], invariants: [] }],
    ['everything', [0, 1, 2, 3, 4, 5], { carries: [0, 1, 2], scanned: [3, 4], invariants: [5] }],
    ['results in another order', [5, 3], { carries: [0, 1, 2], scanned: [3, 4], invariants: [5] }],
  ])('keeps %s', (_, wanted, operands) => {
    const { whole, graph } = pruned(wanted);
    expect(run(graph, inputs)).toEqual(run(whole, inputs));
    expect(loopOf(graph)).toMatchObject(operands);
  });

  test('goes into loops within loops', () => {
    const outer = graphOf([scalar, scalar], (g, [s, w]) => {
      const xs = g.broadcast(s!, [3]);
      const items = g.loop({ body, length: 3, carries: [s!, s!, s!], scanned: [xs, xs], invariants: [w!] });
      return [items[0]!, items[2]!];
    });
    const whole = graphOf([scalar, scalar], (g, [s, w]) => [
      g.loop({ body: outer, length: 2, carries: [s!], scanned: [], invariants: [w!] })[0]!,
    ]);
    const graph = pruneLoops(whole);
    expect(run(graph, [[2], [3]])).toEqual(run(whole, [[2], [3]]));
    expect(String(graph)).toContain('loop(2 steps; carries x0)');
    expect(String(graph)).toContain('loop(3 steps; carries x0; scanned %');
    expect(String(graph)).not.toContain('mul');
  });
});

test('a loop is printed with its body', () => {
  expect(String(smooth(3, true))).toBe(
    [
      'graph(x0: float, x1: float[3], x2: float)',
      '  %3: float = loop(3 steps, reverse; carries x0; scanned x1; invariants x2)',
      '    body(x0: float, x1: float, x2: float)',
      '      %3: float = mul(x0, x2)',
      '      %4: float = add(%3, x1)',
      '      %6: float = mul(%4, 10)',
      '      return %4, %6',
      '  %4: float = item(%3, 0)',
      '  %5: float[3] = item(%3, 1)',
      '  return %4, %5',
    ].join('\n'),
  );
});

describe('parts that do not fit are refused', () => {
  const parts = (xs: NodeId[]): Parameters<GraphBuilder['loop']>[0] => ({
    body: smoothing,
    length: 3,
    carries: [xs[0]!],
    scanned: [xs[1]!],
    invariants: [xs[2]!],
  });
  const widening = graphOf([scalar], (g, [x]) => [g.broadcast(x!, [2])]);
  const nothing = graphOf([scalar], () => []);
  test.each([
    ['a scanned operand of another length', { length: 4 }, /scanned operand 0 has shape \[3\]; its first axis must be the length, 4/],
    ['a length that is none', { length: 1.5 }, /whole number, got 1.5/],
    ['too few operands', { invariants: [] }, /takes 3 inputs, but there are 2 operands/],
    ['a carry of another shape', { carries: [1], scanned: [0, 2] }, /scanned operand 0 has shape \[\]/],
    ['an invariant of another shape', { invariants: [1] }, /invariant 0 is float\[3\], but the body takes float\[\]/],
    ['a body that changes a carry', { body: widening, scanned: [], invariants: [] }, /carry 0 goes in as float\[\] and comes out as float\[2\]/],
    ['a body without results', { body: nothing, scanned: [], invariants: [] }, /gives 0 results, for 1 carries/],
  ])('%s', (_, change, message) => {
    expect(() => graphOf([scalar, vector(3), scalar], (g, xs) => g.loop({ ...parts(xs), ...change }))).toThrow(message);
  });
});
