/** What a trace says of a generated model against plain arithmetic, and that nothing is left over. */
import fc from 'fast-check';
import { ready } from '../../src/backend/ready.ts';
import { traceOf } from '../../src/handlers/trace.ts';
import { getParamStore } from '../../src/params/store.ts';
import { arbitraryModel, logJoint, logProbs, modelOf, statementsOf } from '../helpers/models.ts';
import { expectNoLeak } from '../helpers/leak.ts';

beforeAll(() => ready({ backend: 'cpu' }));
afterEach(() => getParamStore().clear());

test('sites have the log-densities, scales and shapes that arithmetic gives', () => {
  fc.assert(
    fc.property(arbitraryModel(), (model) => {
      getParamStore().clear();
      const trace = traceOf(modelOf(model));
      const expected = logProbs(model, trace);
      expect(trace.sampleSites().map((site) => site.name).sort()).toEqual(Object.keys(expected).sort());
      for (const site of trace.sampleSites()) {
        const { logProb, scale } = expected[site.name]!;
        const actual = site.unscaledLogProb.dataSync();
        expect(actual).toHaveLength(logProb.length);
        logProb.forEach((value, i) => expect(Math.abs(actual[i]! - value)).toBeLessThan(1e-4 * (1 + Math.abs(value))));
        expect(site.scale).toBeCloseTo(scale, 6);
      }
      const joint = logJoint(model, trace);
      expect(Math.abs(trace.logProbSum().dataSync()[0]! - joint)).toBeLessThan(1e-4 * (1 + Math.abs(joint)));
      const names = [...statementsOf(model)].map((statement) => statement.name);
      expect([...trace.nodes.keys()].sort()).toEqual(names.sort());
      trace.dispose();
    }),
    { seed: 1, numRuns: 150 },
  );
});

test('a trace frees all that its run allocated', () => {
  fc.assert(
    fc.property(arbitraryModel(), (model) => {
      getParamStore().clear();
      traceOf(modelOf(model)).dispose(); // creates the parameters
      expectNoLeak(() => {
        const trace = traceOf(modelOf(model));
        trace.logProbSum().dispose();
        for (const site of trace.sampleSites()) void site.logProb;
        trace.dispose();
      });
    }),
    { seed: 2, numRuns: 50 },
  );
});
