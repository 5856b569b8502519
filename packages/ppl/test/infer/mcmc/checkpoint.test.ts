import fc from 'fast-check';
import { checkCheckpoint } from '../../../src/infer/mcmc/checkpoint.ts';
import { HMC, MCMC, NUTS, type McmcCheckpoint } from '../../../src/infer/mcmc/index.ts';
import { banana, density, gaussian } from './densities.ts';

const options = { numSamples: 21, numWarmup: 30, numChains: 2, thinning: 2, seed: 1, progressBar: false } as const;
let saved = '';

beforeAll(async () => {
  const mcmc = new MCMC(new NUTS(banana), options);
  await mcmc.run();
  saved = JSON.stringify(mcmc.checkpoint());
});

const fresh = () => JSON.parse(saved) as McmcCheckpoint;

/** Every place in a value, as keys from its root. */
function places(value: unknown, path: readonly string[] = []): string[][] {
  const own = path.length > 0 ? [[...path]] : [];
  if (typeof value !== 'object' || value === null) return own;
  return [...own, ...Object.keys(value).flatMap((key) => places(value[key as never], [...path, key]))];
}

function replace(root: object, path: readonly string[], value: unknown): void {
  const owner = path.slice(0, -1).reduce((at, key) => at[key] as Record<string, unknown>, root as Record<string, unknown>);
  if (value === undefined) delete owner[path.at(-1)!];
  else owner[path.at(-1)!] = value;
}

test('what a run gives is a checkpoint', () => {
  expect(() => checkCheckpoint(fresh())).not.toThrow();
});

test.each<[string, unknown, RegExp]>([
  ['version', 3, /cannot resume: the checkpoint is of version 3; this library reads version 2/],
  ['numWarmup', -1, /checkpoint's numWarmup must be an integer of at least 0, got -1/],
  ['thinning', 0, /checkpoint's thinning must be at least 1, got 0/],
  ['stream', null, /checkpoint's stream must be an object, got null/],
  ['stream.key', [1], /stream.key must be two numbers, got an array/],
  ['chains', {}, /chains must be an array, got an object/],
  ['chains.1.state', undefined, /chains\[1\].state must be an object, got undefined/],
  ['chains.1.state.iteration', 2.5, /chains\[1\].state.iteration must be an integer/],
  ['chains.0.state.numWarmup', 29, /chains\[0\].state.numWarmup must be numWarmup, 30, got 29/],
  ['chains.0.state.position.1', null, /chains\[0\].state.position\[1\] must be a finite number, got null/],
  ['chains.0.state.stream.counter', 'x', /chains\[0\].state.stream.counter must be an integer/],
  ['chains.0.state.adaptation.stepSize', 0, /adaptation.stepSize must be a positive number, got 0/],
  ['chains.0.state.adaptation.iteration', 7, /was changed or damaged: the checksum of chains\[0\].state is wrong/],
  ['chains.0.state.adaptation.inverseMassMatrix', undefined, /was changed or damaged/],
  ['chains.0.checksum', undefined, /was changed or damaged/],
  ['chains.0.draws.positions', [1, 2], /has 2 numbers in chains\[0\].draws.positions, and ought to have 20/],
  ['chains.0.draws.statistics.energy', [], /has 0 numbers in chains\[0\].draws.statistics.energy, and ought to have 21/],
  ['chains.0.draws.statistics.divergent.3', 'no', /statistics.divergent\[3\] must be a finite number, got no/],
  ['chains.0.draws.warmupSeconds', -1, /chains\[0\].draws.warmupSeconds must be a number of at least 0/],
])('%s of %p is refused', async (path, value, message) => {
  const changed = fresh();
  replace(changed, path.split('.'), value);
  const mcmc = new MCMC(new NUTS(banana), options);
  await expect(mcmc.resume(changed)).rejects.toThrow(message);
  // Nothing has been begun.
  expect(() => mcmc.checkpoint()).toThrow(/nothing to checkpoint/);
});

test.each([null, undefined, 3, 'checkpoint', [], '{}', new Map()])('%p is no checkpoint', (value) => {
  expect(() => checkCheckpoint(value)).toThrow(/infer.MCMC: cannot resume: the checkpoint/);
});

test('whatever is missing from a checkpoint, it is refused', () => {
  for (const path of places(fresh())) {
    if (/\.\d+$/.test(path.join('.'))) continue;
    // Kernels need not have a name.
    if (path[0] === 'kernel') continue;
    const changed = fresh();
    replace(changed, path, undefined);
    expect(() => checkCheckpoint(changed)).toThrow(/cannot resume: the checkpoint/);
  }
});

test('random rubbish in any place is either refused, or harmless to everything else', () => {
  const all = places(fresh()).filter((path) => path.length < 5);
  fc.assert(
    fc.property(fc.constantFrom(...all), fc.jsonValue(), (path, value) => {
      const changed = fresh();
      replace(changed, path, value);
      try {
        checkCheckpoint(changed);
      } catch (error) {
        expect((error as Error).message).toMatch(/^infer.MCMC: cannot resume: the checkpoint/);
      }
      expect(Object.keys(Object.prototype)).toEqual([]);
    }),
    { numRuns: 200 },
  );
});

test('keys of prototypes do nothing', async () => {
  const text = saved.replace('{', '{"__proto__":{"polluted":1},"constructor":{"prototype":{"polluted":1}},');
  const mcmc = new MCMC(new NUTS(banana), options);
  await mcmc.resume(JSON.parse(text) as McmcCheckpoint);
  expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
  expect(mcmc.getSamples()['q']!.shape).toEqual([20, 2]);
});

describe('a checkpoint of another run is refused:', () => {
  test('of another model, or of other data', async () => {
    const mcmc = new MCMC(new NUTS(gaussian([[1, 0], [0, 30]])), options);
    await expect(mcmc.resume(fresh())).rejects.toThrow(
      /where chain 0 of the checkpoint stands, the log density was -?[\d.e-]+ and is -?[\d.e-]+ here: .*another model, or of other data/,
    );
    const nowhere = density(2, () => Number.NaN, () => [0, 0]);
    await expect(new MCMC(new NUTS(nowhere), options).resume(fresh())).rejects.toThrow(/is NaN here/);
  });

  test('with other thinning', async () => {
    const mcmc = new MCMC(new NUTS(banana), { ...options, thinning: 3 });
    await expect(mcmc.resume(fresh())).rejects.toThrow(/has thinning 2, the option is 3/);
  });
});

describe('thinning', () => {
  const run = async (thinning: number, kernel: NUTS | HMC = new NUTS(banana)) => {
    const mcmc = new MCMC(kernel, { ...options, numSamples: 50, thinning });
    await mcmc.run();
    return mcmc;
  };
  const rows = (mcmc: MCMC) => {
    const { data } = mcmc.getSamples()['q']!;
    return Array.from({ length: data.length / 2 }, (_, i) => [data[2 * i], data[2 * i + 1]]);
  };

  test.each([1, 2, 3, 7, 50])('by %p keeps the last of every so many draws, and their fields', async (thinning) => {
    const all = await run(1);
    const thinned = await run(thinning);
    const each = Math.floor(50 / thinning);
    const kept = [0, 1].flatMap((chain) => Array.from({ length: each }, (_, i) => 50 * chain + (i + 1) * thinning - 1));
    expect(rows(thinned)).toEqual(kept.map((i) => rows(all)[i]));
    const fields = thinned.getExtraFields({ groupByChain: true });
    expect(fields.energy.shape).toEqual([2, each]);
    expect([...fields.numLeapfrog.data]).toEqual(kept.map((i) => all.getExtraFields().numLeapfrog.data[i]));
    // Diagnostics are about all transitions.
    const timeless = (mcmc: MCMC) => mcmc.diagnostics().map((chain) => ({ ...chain, wallSeconds: 0, warmupSeconds: 0 }));
    expect(timeless(thinned)).toEqual(timeless(all));
  });

  test('works for HMC', async () => {
    const kernel = new HMC(banana, { numSteps: 3 });
    expect(rows(await run(25, kernel))[1]).toEqual(rows(await run(1, kernel))[49]);
  });

  test('beyond all draws is refused', () => {
    expect(() => new MCMC(new NUTS(banana), { numSamples: 5, thinning: 6 })).toThrow(/numSamples 5 and thinning 6 no draws are left/);
  });
});

test('extraFields chooses fields', async () => {
  const mcmc = new MCMC(new NUTS(banana), { ...options, extraFields: ['energy', 'divergent'] });
  await mcmc.run();
  expect(Object.keys(mcmc.getExtraFields())).toEqual(['energy', 'divergent']);
  expect(() => new MCMC(new NUTS(banana), { ...options, extraFields: ['potential' as 'energy'] })).toThrow(
    /extraFields are among logDensity, energy, .* got 'potential'/,
  );
});

test('initStrategy may have an entry for each chain', async () => {
  const strategies = [{ position: [3, 9] }, { position: [-1, 1] }];
  const mcmc = new MCMC(new NUTS(banana, { stepSize: 1e-9, maxTreeDepth: 1 }), {
    ...options, numSamples: 1, thinning: 1, numWarmup: 0, initStrategy: strategies,
  });
  await mcmc.run();
  expect([...mcmc.getSamples()['q']!.data].map(Math.round)).toEqual([3, 9, -1, 1]);
  expect(() => new MCMC(new NUTS(banana), { ...options, initStrategy: ['zero'] })).toThrow(/has 1 entries, and there are 2 chains/);
});

test('a checkpoint by one kernel is not for another', async () => {
  const nuts = new MCMC(new NUTS(banana), options);
  await expect(new MCMC(new HMC(banana), options).resume(fresh())).rejects.toThrow(/checkpoint is of a run of infer\.NUTS, the kernel is infer\.HMC/);
  await expect(nuts.resume(fresh())).resolves.toBeUndefined();
});
