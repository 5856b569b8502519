/** @file Loops before and after the passes. */
import { GraphBuilder } from '../../src/graph/builder.ts';
import { Graph } from '../../src/graph/graph.ts';
import type { LoopNode, NodeId, Shape } from '../../src/graph/node.ts';
import { optimise } from '../../src/passes/optimise.ts';
import { uniform } from '../helpers/numbers.ts';
import { expectSameValues } from '../helpers/sameValues.ts';

function graphOf(shapes: readonly Shape[], make: (g: GraphBuilder, xs: NodeId[]) => NodeId[]): Graph {
  const g = new GraphBuilder();
  const outputs = make(g, shapes.map((shape, i) => g.input(i, shape, 'float')));
  const inputs = shapes.map((shape) => ({ shape, dtype: 'float' as const }));
  return new Graph({ inputs, nodes: g.nodes, outputs, gradients: inputs.map(() => null) });
}

/** The loop of a graph that has one. */
function loopOf(graph: Graph): LoopNode {
  const loops = graph.nodes.filter((node) => node.op === 'loop');
  expect(loops).toHaveLength(1);
  return loops[0]!;
}

const operations = (graph: Graph): string[] => graph.nodes.map((node) => ('fn' in node ? node.fn : node.op)).filter((op) => op !== 'input' && op !== 'constant');

/** level' = -(-(tanh(phi) level)) + 2 (3 x exp(s)), with level' / (1 + exp(s)) as the result of a step. */
const body = graphOf([[], [], [], []], (g, [level, x, phi, s]) => {
  const scale = g.unary('exp', s!);
  const decayed = g.unary('neg', g.unary('neg', g.binary('mul', g.unary('tanh', phi!), level!)));
  const next = g.binary('add', decayed, g.binary('mul', g.binary('mul', g.binary('mul', x!, scale), g.scalar(3)), g.scalar(2)));
  return [next, g.binary('div', next, g.binary('add', g.scalar(1), scale))];
});

const looping = (reverse: boolean): Graph =>
  graphOf([[], [5], [], []], (g, [start, xs, phi, s]) =>
    g.loop({ body, length: 5, reverse, carries: [start!], scanned: [xs!], invariants: [phi!, s!] }),
  );

test.each([false, true])('bodies are simplified, and what all steps have in common is done before (reverse %s)', (reverse) => {
  const graph = looping(reverse);
  const result = optimise(graph);
  expectSameValues(graph, result, [[0.3], uniform(5, -1, 1, 1), [0.7], [-0.2]]);
  expect(operations(loopOf(result).body).toSorted()).toEqual(['add', 'div', 'mul', 'mul', 'mul']);
  expect(operations(result).toSorted()).toEqual(['add', 'exp', 'item', 'item', 'loop', 'tanh']);
});

test('so it is in loops within loops', () => {
  const outer = graphOf([[], [5], [], []], (g, [total, xs, phi, s]) => {
    const [last] = g.loop({ body, length: 5, carries: [total!], scanned: [xs!], invariants: [phi!, s!] });
    return [g.binary('add', last!, g.unary('exp', s!))];
  });
  const graph = graphOf([[], [2, 5], [], []], (g, [start, xs, phi, s]) =>
    g.loop({ body: outer, length: 2, carries: [start!], scanned: [xs!], invariants: [phi!, s!] }),
  );
  const result = optimise(graph);
  expectSameValues(graph, result, [[0.3], uniform(10, -1, 1, 1), [0.7], [-0.2]]);
  expect(operations(result)).toEqual(expect.arrayContaining(['exp', 'tanh']));
  expect(operations(loopOf(result).body)).not.toContain('exp');
  expect(operations(loopOf(loopOf(result).body).body)).not.toContain('exp');
});

test('a result that is invariant, and results that nobody reads', () => {
  const constantly = graphOf([[], []], (g, [level, s]) => [g.binary('mul', level!, s!), g.unary('exp', s!), g.unary('sin', level!)]);
  const graph = graphOf([[], []], (g, [start, s]) => {
    const [last, scales] = g.loop({ body: constantly, length: 3, carries: [start!], scanned: [], invariants: [s!] });
    return [last!, scales!];
  });
  const result = optimise(graph);
  expectSameValues(graph, result, [[0.3], [0.7]]);
  expect(operations(loopOf(result).body)).toEqual(['mul']);
});
