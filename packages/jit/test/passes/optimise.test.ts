/** @file Passes change graphs, not values. */
import * as fc from 'fast-check';
import { GraphBuilder } from '../../src/graph/builder.ts';
import { Graph } from '../../src/graph/graph.ts';
import { optimise } from '../../src/passes/optimise.ts';
import { simplify } from '../../src/passes/simplify.ts';
import { uniform } from '../helpers/numbers.ts';
import { graphs, points } from '../helpers/randomGraph.ts';
import { expectSameValues } from '../helpers/sameValues.ts';

test('random graphs keep their values', () => {
  fc.assert(
    fc.property(graphs(), points, (graph, point) => expectSameValues(graph, optimise(graph), point)),
    { numRuns: 500, seed: Number(process.env['FC_SEED'] ?? 1) },
  );
});

test('another simplification makes nothing longer', () => {
  fc.assert(
    fc.property(graphs(), (graph) => {
      const once = optimise(graph);
      expect(simplify(once).numOperations).toBeLessThanOrEqual(once.numOperations);
    }),
    { numRuns: 300, seed: Number(process.env['FC_SEED'] ?? 1) },
  );
});

/** An autoregression unrolled over n steps, and an array put together from n pads. */
function unrolled(n: number): Graph {
  const g = new GraphBuilder();
  const [q, phi] = [g.input(0, [n], 'float'), g.input(1, [], 'float')];
  const noise = Array.from({ length: n }, (_, t) => g.reshape(g.slice(q, [t], [1]), []));
  const residuals = noise.map((x, t) => g.binary('sub', x, g.binary('mul', phi, noise[t - 1] ?? g.scalar(0))));
  const total = residuals.map((r) => g.binary('mul', r, r)).reduce((sum, x) => g.binary('add', sum, x));
  const pads = residuals.map((r, t) => g.pad(g.reshape(r, [1]), [t], [n - 1 - t], 0));
  const sum = pads.reduce((x, y) => g.binary('add', x, y));
  const inputs = [{ shape: [n], dtype: 'float' as const }, { shape: [], dtype: 'float' as const }];
  return new Graph({ inputs, nodes: g.nodes, outputs: [total, sum], gradients: [null, null] });
}

test('tens of thousands of nodes take no more than a moment', () => {
  const small = unrolled(20);
  expectSameValues(small, optimise(small), [uniform(20, -1, 1, 1), [0.5]]);
  const n = 5000;
  const graph = unrolled(n);
  expect(graph.nodes.length).toBeGreaterThan(9 * n);
  const result = optimise(graph);
  // Slice, product, difference, square and sum a step, and one array for all pads.
  expect(result.numOperations).toBeLessThanOrEqual(5 * n + 1);
  expect(result.nodes.find((node) => node.op === 'assemble')).toMatchObject({ accumulate: false, shape: [n] });
});
