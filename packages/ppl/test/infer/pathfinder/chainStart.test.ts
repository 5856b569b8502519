import { HMC, MCMC, NUTS, type InitStrategy, type KernelOptions, type McmcOptions } from '../../../src/infer/mcmc/index.ts';
import { logDensity } from '../../../src/infer/mcmc/model/modelTarget.ts';
import type { LogDensity } from '../../../src/infer/mcmc/logDensity.ts';
import * as dist from '../../../src/distributions/index.ts';
import { ready } from '../../../src/backend/ready.ts';
import { sample } from '../../../src/primitives.ts';
import { RandomStream } from '../../../src/random/stream.ts';
import { banana, counted, density, gaussian } from '../mcmc/densities.ts';
import { diagonal, inverse, multiply, positiveDefinite } from './dense.ts';

beforeAll(() => ready({ backend: 'cpu' }));

const quiet = { progressBar: false, numSamples: 1, numWarmup: 0, seed: 1 } as const;

async function run(target: LogDensity, options: Partial<McmcOptions> = {}, kernel: KernelOptions = {}): Promise<MCMC> {
  const mcmc = new MCMC(new NUTS(target, kernel), { ...quiet, initStrategy: 'pathfinder', ...options });
  await mcmc.run();
  return mcmc;
}

const firstMatrix = (mcmc: MCMC) => mcmc.checkpoint().chains[0]!.state.adaptation.inverseMassMatrix;

/** Scales and correlations that warm-up takes long to learn. */
const n = 6;
const scales = diagonal([1e-3, 0.1, 1, 1, 10, 1e3].map((x) => 1 / x));
const precision = multiply(multiply(scales, positiveDefinite(n, RandomStream.fromSeed(3), 3)), scales);
const correlated = gaussian(precision);

test('a chain begins with a draw from the approximation and its covariance for mass matrix', async () => {
  const covariance = inverse(precision);
  const { inverseMassMatrix } = { inverseMassMatrix: firstMatrix(await run(correlated)) };
  expect(inverseMassMatrix.kind).toBe('lowRank');
  const dense = firstMatrix(await run(correlated, {}, { massMatrix: 'dense' }));
  const diagonalOnly = firstMatrix(await run(correlated, {}, { massMatrix: 'diagonal' }));
  if (dense.kind !== 'dense' || diagonalOnly.kind !== 'diagonal') throw new Error('forms are those asked for');
  for (let i = 0; i < n; i++) {
    // What is left out of the low-rank form is within a factor of two.
    expect(dense.values[i * (n + 1)]! / covariance[i]![i]!).toBeGreaterThan(0.4);
    expect(dense.values[i * (n + 1)]! / covariance[i]![i]!).toBeLessThan(2.5);
    expect(diagonalOnly.values[i]).toBe(dense.values[i * (n + 1)]);
  }
  expect(firstMatrix(await run(correlated, {}, { adaptation: 'stan' })).kind).toBe('diagonal');
});

test('but not with a mass matrix that is given or is not to be adapted', async () => {
  const given = { kind: 'diagonal', values: [1, 2, 3, 4, 5, 6] };
  expect(firstMatrix(await run(correlated, {}, { inverseMassMatrix: given.values }))).toEqual(given);
  expect(firstMatrix(await run(correlated, {}, { massMatrix: 'identity' }))).toEqual({ kind: 'identity' });
  expect(firstMatrix(await run(correlated, {}, { adaptMassMatrix: false }))).toEqual({ kind: 'diagonal', values: [1, 1, 1, 1, 1, 1] });
});

test('chains begin at different points, which depend on the seed alone', async () => {
  const begin = async (options: Partial<McmcOptions>) => {
    const mcmc = await run(banana, { numChains: 3, ...options });
    return mcmc.checkpoint().chains.map(({ state, draws }) => [state.position, draws.positions]);
  };
  const three = await begin({});
  expect(new Set(three.map(String)).size).toBe(3);
  expect((await begin({ numChains: 2 }))).toEqual(three.slice(0, 2));
  expect(await begin({ initStrategy: ['uniform', 'pathfinder', { pathfinder: {} }] })).toEqual([expect.anything(), three[1], three[2]]);
  expect(await begin({ seed: 2 })).not.toEqual(three);
});

test('warm-up of a strongly correlated posterior takes a fraction of the gradients', async () => {
  // A line through 50 points whose x are years: slope and intercept are all but a function of one another.
  const years = Array.from({ length: 50 }, (_, i) => 1970 + i);
  const sum = (power: number): number => years.reduce((total, x) => total + x ** power, 0);
  const line = gaussian([[sum(0), sum(1)], [sum(1), sum(2)]]);
  const gradients = async (initStrategy: InitStrategy): Promise<number> => {
    const target = counted(line);
    await run(target, { initStrategy, numWarmup: 200 });
    return target.count;
  };
  const withPaths = await gradients('pathfinder');
  expect(2 * withPaths).toBeLessThan(await gradients('uniform'));
  expect(await gradients({ pathfinder: { numPaths: 1, numElboDraws: 5 } })).toBeLessThan(withPaths);
});

test('draws are right', async () => {
  const numSamples = 1000;
  const mcmc = await run(correlated, { numSamples, numWarmup: 200, numChains: 2 });
  const covariance = inverse(precision);
  Object.values(mcmc.summary()).forEach((row, i) => {
    expect(Math.abs(row.mean)).toBeLessThan(4.5 * Math.sqrt(covariance[i]![i]! / row.essBulk));
    expect(row.rHat).toBeLessThan(1.02);
  });
});

test('where some paths end in minor modes, the best path counts', async () => {
  // A mode at 0, and one at 3 with half the width, 8 units of log density higher: where a quarter of the paths begin.
  const logs = (x: number): [number, number] => [-0.5 * x * x, 8 - 2 * (x - 3) ** 2];
  const two = density(
    1,
    ([x]) => Math.max(...logs(x!)) + Math.log1p(Math.exp(-Math.abs(logs(x!)[0] - logs(x!)[1]))),
    ([x]) => {
      const share = 1 / (1 + Math.exp(logs(x!)[0] - logs(x!)[1]));
      return [-x! * (1 - share) - 4 * (x! - 3) * share];
    },
  );
  const begin = async (numPaths: number): Promise<number> => {
    const mcmc = await run(two, { numChains: 10, initStrategy: { pathfinder: { numPaths } } });
    return mcmc.checkpoint().chains.filter(({ draws }) => draws.positions[0]! > 1.5).length;
  };
  expect(await begin(1)).toBeLessThan(9);
  expect(await begin(12)).toBeGreaterThan(8);
});

test('HMC and models, too', async () => {
  const model = (): void => void sample('x', dist.normal(100, 0.01));
  for (const target of [model, logDensity(model)]) {
    const mcmc = new MCMC(new HMC(target), { ...quiet, initStrategy: 'pathfinder' });
    await mcmc.run();
    expect(Math.abs(mcmc.getSamples()['x']!.data[0]! - 100)).toBeLessThan(0.1);
  }
});

test('a run that begins so can be interrupted and resumed', async () => {
  const whole = await run(correlated, { numSamples: 20, numWarmup: 40 });
  const part = await run(correlated, { numSamples: 5, numWarmup: 40 });
  const rest = new MCMC(new NUTS(correlated), { ...quiet, numSamples: 20, numWarmup: 40, initStrategy: 'pathfinder' });
  await rest.resume(JSON.parse(JSON.stringify(part.checkpoint())) as ReturnType<MCMC['checkpoint']>);
  expect(rest.getSamples()).toEqual(whole.getSamples());
});

describe('errors', () => {
  test('of options', async () => {
    await expect(run(banana, { initStrategy: { pathfinder: { numPath: 3 } as object } })).rejects.toThrow(
      /initStrategy: pathfinder: unknown option "numPath"/,
    );
    await expect(run(banana, { initStrategy: { pathfinder: { numPaths: 0 } } })).rejects.toThrow(/numPaths must be an integer/);
    await expect(run(banana, { initStrategy: { pathfinder: {}, radius: 1 } as InitStrategy })).rejects.toThrow(/unknown option "radius"/);
  });

  test('where no path leads anywhere, with the chain', async () => {
    const stream = RandomStream.fromSeed(1);
    // Finite once in ten times, so to speak: at points that begin, but hardly for all draws.
    let calls = 0;
    const fickle = density(2, () => (calls++ % 1000 === 0 ? 0 : NaN), () => [stream.normal(), 1]);
    const attempt = run(fickle, { numChains: 2, initStrategy: { pathfinder: { numPaths: 1 } } });
    await expect(attempt).rejects.toThrow(/^chain 0: initStrategy 'pathfinder': all 1 paths failed: of all \d+ normal approximations/);
  });

  test('a signal ends it', async () => {
    await expect(run(banana, { signal: AbortSignal.abort(new Error('enough')) })).rejects.toThrow('enough');
  });
});
