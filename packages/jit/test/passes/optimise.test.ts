/** @file Passes change graphs, not values. */
import * as fc from 'fast-check';
import { optimise } from '../../src/passes/optimise.ts';
import { graphs, points } from '../helpers/randomGraph.ts';
import { expectSameValues } from '../helpers/sameValues.ts';

test('random graphs keep their values', () => {
  fc.assert(
    fc.property(graphs(), points, (graph, point) => expectSameValues(graph, optimise(graph), point)),
    { numRuns: 500, seed: Number(process.env['FC_SEED'] ?? 1) },
  );
});

test('random graphs get no longer, and a second time changes nothing more', () => {
  fc.assert(
    fc.property(graphs(), (graph) => {
      const once = optimise(graph);
      const twice = optimise(once);
      expect(twice.numOperations).toBeLessThanOrEqual(once.numOperations);
    }),
    { numRuns: 300, seed: Number(process.env['FC_SEED'] ?? 1) },
  );
});
