import * as tf from '@tensorflow/tfjs-core';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ready } from '../../../src/backend/ready.ts';
import * as dist from '../../../src/distributions/index.ts';
import { pathfinder, PathfinderError, type PathfinderOptions, type PathfinderProgress } from '../../../src/infer/pathfinder/index.ts';
import type { LogDensity } from '../../../src/infer/mcmc/logDensity.ts';
import type { SampleArray } from '../../../src/infer/mcmc/samples.ts';
import type { NamedLogDensity } from '../../../src/infer/mcmc/target.ts';
import { deterministic, sample } from '../../../src/primitives.ts';
import { plate } from '../../../src/plate.ts';
import { expectNoLeak } from '../../helpers/leak.ts';
import { banana, density, gaussian, standardNormal } from '../mcmc/densities.ts';
import { inverse, logDeterminant } from './dense.ts';

beforeAll(() => ready({ backend: 'cpu' }));

// Seconds alone on a machine, but others may be using it.
jest.setTimeout(60_000);

const mean = (x: ArrayLike<number>): number => Array.from(x).reduce((sum, value) => sum + value, 0) / x.length;
const column = ({ data, shape }: SampleArray, j: number): number[] => Array.from({ length: shape[0]! }, (_, i) => data[i * shape[1]! + j]!);

describe('known posteriors', () => {
  test('a normal density: moments and normaliser', async () => {
    const precision = [[2, 0.9, 0], [0.9, 1, -0.3], [0, -0.3, 0.5]];
    const covariance = inverse(precision);
    const { samples, elbo, k, paths, warnings } = await pathfinder(gaussian(precision), { seed: 1, numDraws: 4000 });
    expect(elbo).toBeCloseTo(0.5 * (3 * Math.log(2 * Math.PI) - logDeterminant(precision)), 2);
    expect(warnings).toEqual([]);
    expect(k).toBeLessThan(0.7);
    expect(paths).toHaveLength(4);
    // 4000 draws resampled from 16000, nearly independent: standard errors are those of 4000.
    for (let i = 0; i < 3; i++) {
      const x = column(samples['q']!, i);
      const variance = covariance[i]![i]!;
      expect(Math.abs(mean(x))).toBeLessThan(4.5 * Math.sqrt(variance / 4000));
      expect(Math.abs(mean(x.map((value) => value ** 2)) - variance)).toBeLessThan(4.5 * variance * Math.sqrt(2 / 4000));
    }
  });

  test('a banana, whose weights mend the approximation', async () => {
    const { samples, k, logWeights, paths } = await pathfinder(banana, { seed: 2, numDraws: 4000 });
    // y = x² + N(0, 1), x ~ N(0, 1): E y = 1, which no normal density around the mode, at y = 0, has.
    expect(mean(column(paths[0]!.draws, 1))).toBeLessThan(0.5);
    expect(mean(column(samples['q']!, 1))).toBeGreaterThan(0.6);
    expect(Math.abs(mean(column(samples['q']!, 0)))).toBeLessThan(0.3);
    expect(k).toBeGreaterThan(0.3);
    expect(logWeights).toHaveLength(16_000);
    expect(logWeights.reduce((sum, x) => sum + Math.exp(x), 0)).toBeCloseTo(1, 9);
  });

  test('two modes of unequal mass', async () => {
    // ¼ at -4 and ¾ at 4, both of sd 1.
    const two = density(
      1,
      ([x]) => Math.log(0.25 * Math.exp(-0.5 * (x! + 4) ** 2) + 0.75 * Math.exp(-0.5 * (x! - 4) ** 2)),
      ([x]) => {
        const [a, b] = [0.25 * Math.exp(-0.5 * (x! + 4) ** 2), 0.75 * Math.exp(-0.5 * (x! - 4) ** 2)];
        return [(-(x! + 4) * a - (x! - 4) * b) / (a + b)];
      },
    );
    const { samples, paths } = await pathfinder(two, { seed: 2, numPaths: 8, numDraws: 2000 });
    expect(new Set(paths.map((path) => Math.round(path.mean[0]! / 4)))).toEqual(new Set([-1, 1]));
    // With the mixture for q, weights within a mode are constant: the share has no error but that of overlap and rounding.
    expect(mean(samples['q']!.data.map((x) => (x > 0 ? 1 : 0)))).toBeCloseTo(0.75, 2);
    // The same mode from several paths: ELBOs are log masses, and the best come first.
    paths.forEach((path, i) => {
      expect(path.elbo).toBeCloseTo(Math.log((path.mean[0]! > 0 ? 0.75 : 0.25) * Math.sqrt(2 * Math.PI)), 2);
      if (i > 0) expect(path.elbo).toBeLessThanOrEqual(paths[i - 1]!.elbo);
    });
  });

  test('logistic regression, against the posterior by quadrature', async () => {
    const x = [-2, -1.5, -1, -0.3, 0, 0.4, 0.9, 1.4, 2, 2.5];
    const y = [0, 0, 1, 0, 0, 1, 0, 1, 1, 1];
    const model = (): void => {
      const a = sample('a', dist.normal(0, 2));
      const b = sample('b', dist.normal(0, 2));
      sample('y', dist.bernoulli({ logits: tf.add(a, tf.mul(b, tf.tensor1d(x))) }), { obs: y });
    };
    const logp = (a: number, b: number): number =>
      -(a * a + b * b) / 8 + x.reduce((sum, xi, i) => sum + y[i]! * (a + b * xi) - Math.log1p(Math.exp(a + b * xi)), 0);
    let [total, sumA, sumB, squaresB] = [0, 0, 0, 0];
    for (let a = -6; a <= 6; a += 0.05) {
      for (let b = -6; b <= 8; b += 0.05) {
        const p = Math.exp(logp(a, b));
        total += p;
        sumA += p * a;
        sumB += p * b;
        squaresB += p * b * b;
      }
    }
    const { samples, k } = await expectNoLeak(() => pathfinder(model, { seed: 4, numDraws: 4000 }));
    expect(k).toBeLessThan(0.7);
    const varianceB = squaresB / total - (sumB / total) ** 2;
    // The sds are about 0.8: five standard errors of 4000 draws, weighted ones counting two thirds.
    expect(Math.abs(mean(samples['a']!.data) - sumA / total)).toBeLessThan(0.08);
    expect(Math.abs(mean(samples['b']!.data) - sumB / total)).toBeLessThan(0.08);
    expect(Math.abs(mean(samples['b']!.data.map((b) => b * b)) - squaresB / total) / varianceB).toBeLessThan(0.5);
  });

  test('eight schools, against the reference draws of posteriordb', async () => {
    const folder = join(__dirname, '../../fixtures/posteriordb/eight_schools-eight_schools_noncentered');
    const read = (file: string): unknown => JSON.parse(readFileSync(join(folder, file), 'utf8'));
    const { y, sigma } = read('data.json') as { y: number[]; sigma: number[] };
    const { parameters } = read('reference.json') as { parameters: Record<string, { mean: number; sd: number }> };
    const model = (): void => {
      const mu = sample('mu', dist.normal(0, 5));
      const tau = sample('tau', dist.halfCauchy(5));
      plate('schools', 8, () => {
        const raw = sample('raw', dist.normal(0, 1));
        const theta = deterministic('theta', tf.add(mu, tf.mul(tau, raw)));
        sample('y', dist.normal(theta, sigma), { obs: y });
      });
    };
    const { samples, paths } = await pathfinder(model, { seed: 1 });
    expect(samples['theta']!.shape).toEqual([1000, 8]);
    expect(samples['tau']!.data.every((tau) => tau > 0)).toBe(true);
    // A normal density in log τ misses the tail towards 0, and is best somewhere on the way: means within one posterior sd.
    const within = (name: string, values: ArrayLike<number>): void =>
      expect(Math.abs(mean(values) - parameters[name]!.mean)).toBeLessThan(parameters[name]!.sd);
    within('mu', samples['mu']!.data);
    within('tau', samples['tau']!.data);
    for (let j = 0; j < 8; j++) within(`theta[${j + 1}]`, column(samples['theta']!, j));
    expect(paths[0]!.bestIteration).toBeLessThan(paths[0]!.iterations);
  });
});

describe('what is returned', () => {
  const named: NamedLogDensity = {
    ...standardNormal(3),
    constrain: (q) => ({ s: { data: Float64Array.of(Math.exp(q[0]!)), shape: [] }, w: { data: q.slice(1), shape: [2] } }),
  };

  test('samples of sites, and where they are in unconstrained space', async () => {
    const { samples, unconstrained, paths, failures } = await pathfinder(named, { seed: 1, numDraws: 50, numPaths: 2 });
    expect(failures).toEqual([]);
    expect(Object.keys(samples)).toEqual(['s', 'w']);
    expect(samples['w']!.shape).toEqual([50, 2]);
    expect(unconstrained.shape).toEqual([50, 3]);
    expect(column(unconstrained, 0).map(Math.exp)).toEqual([...samples['s']!.data]);
    expect(column(unconstrained, 2)).toEqual(column(samples['w']!, 1));
    const pool = new Set(paths.flatMap(({ draws }) => column(draws, 0)));
    expect(column(unconstrained, 0).every((x) => pool.has(x))).toBe(true);
    for (const path of paths) {
      expect(path.elboByIterate).toHaveLength(path.iterations + 1);
      expect(path.draws.shape).toEqual([50, 3]);
      // 10 draws an iterate and 50 in the end, and the way.
      expect(path.evaluations).toBeGreaterThanOrEqual(50 + 11 * path.iterations);
    }
  });

  test('depends on the seed alone, and each path on its number', async () => {
    const run = (options: PathfinderOptions) => pathfinder(banana, { seed: 7, numDraws: 20, ...options });
    const one = await run({});
    expect(await run({ onProgress: () => undefined })).toEqual(one);
    expect((await run({ seed: 8 })).samples).not.toEqual(one.samples);
    const more = await run({ numPaths: 6 });
    for (const path of one.paths) expect(more.paths).toContainEqual(path);
  });

  test('warns of weights that are not to be trusted', async () => {
    // A Cauchy distribution: weights of any normal approximation have no mean.
    const cauchy = density(1, ([x]) => -Math.log1p(x! * x!), ([x]) => [(-2 * x!) / (1 + x! * x!)]);
    const { k, warnings } = await pathfinder(cauchy, { seed: 1, numDraws: 2000 });
    expect(k).toBeGreaterThan(0.7);
    expect(warnings).toEqual([expect.stringMatching(/^the Pareto k of the importance weights is \d.\d\d, above 0\.70.*begin MCMC/)]);
    expect((await pathfinder(cauchy, { seed: 1, numDraws: 2, numPaths: 1 })).warnings[0]).toMatch(/cannot be told from so few draws/);
  });

  test('warns of paths that did not end', async () => {
    const { warnings, paths } = await pathfinder(banana, { seed: 1, maxIterations: 1, numPaths: 2 });
    expect(paths.map(({ stopReason }) => stopReason)).toEqual(['maxIterations', 'maxIterations']);
    expect(warnings[0]).toMatch(/^paths \d, \d had not ended after maxIterations \(1\)/);
  });
});

describe('failures', () => {
  /** Nowhere finite but near 0. */
  const island: LogDensity = density(1, ([x]) => (Math.abs(x!) < 0.1 ? -x! * x! : NaN), ([x]) => [-2 * x!]);

  test('of some paths are told, the others are kept', async () => {
    const initStrategy = [{ position: [0.05] }, { position: [5] }] as const;
    const { failures, paths, warnings } = await pathfinder(island, { seed: 1, numPaths: 2, initStrategy });
    expect(paths.map(({ path }) => path)).toEqual([0]);
    expect(failures).toEqual([{ path: 1, cause: expect.objectContaining({ name: 'InitialPointError' }) }]);
    expect(warnings[0]).toMatch(/^path 1 failed: cannot find valid initial parameters/);
  });

  test('of all paths are an error that says why', async () => {
    const run = pathfinder(island, { seed: 1, numPaths: 2, initStrategy: { position: [5] } });
    await expect(run).rejects.toThrow(PathfinderError);
    await expect(run).rejects.toThrow(/^infer.pathfinder: all 2 paths failed. path 0: cannot find valid .* path 1: cannot find/);
  });

  test('of the density itself pass through', async () => {
    const broken: LogDensity = { dimension: 1, evaluate: () => { throw new Error('disk on fire'); } };
    await expect(pathfinder(broken, { seed: 1 })).rejects.toThrow('disk on fire');
  });

  test('a model without latent sites, and one with discrete ones', async () => {
    const observed = (): void => void sample('y', dist.normal(0, 1), { obs: 1 });
    await expect(pathfinder(observed)).rejects.toThrow(/no latent sites/);
    await expect(pathfinder(standardNormal(0))).rejects.toThrow(/nothing to approximate/);
    const discrete = (): void => void sample('z', dist.bernoulli({ probs: 0.5 }));
    await expect(pathfinder(discrete)).rejects.toThrow(/"z"/);
  });

  test('of options', async () => {
    const run = (options: object, ...args: unknown[]) => pathfinder(banana, options, ...args);
    await expect(run({ numPath: 3 })).rejects.toThrow(/infer.pathfinder: unknown option "numPath". Did you mean "numPaths"/);
    for (const name of ['numPaths', 'numDraws', 'maxIterations', 'historySize', 'numElboDraws']) {
      await expect(run({ [name]: 0 })).rejects.toThrow(`infer.pathfinder: ${name} must be an integer of at least 1, got 0`);
    }
    await expect(run({ numPaths: 3, initStrategy: ['zero'] })).rejects.toThrow(/initStrategy has 1 entries, and there are 3 paths/);
    await expect(run({ x: 1 })).rejects.toThrow(/unknown option "x".*What the model is called with comes after the options: infer.pathfinder\(model, \{\}, data\)\.$/);
    await expect(run({ engine: 'fast' })).rejects.toThrow(/engine must be 'auto'/);
    await expect(run({ initStrategy: 'pathfinder' })).rejects.toThrow(/initStrategy/);
    await expect(run({ seed: 0.5 })).rejects.toThrow(/seed must be an integer/);
    await expect(run({ signal: 'stop' })).rejects.toThrow(/signal must be an AbortSignal/);
    await expect(run({ onProgress: true })).rejects.toThrow(/onProgress must be a function/);
    await expect(run({}, [1, 2])).rejects.toThrow(/takes no arguments/);
  });
});

describe('while it runs', () => {
  test('progress tells of every iteration of every path', async () => {
    const seen: PathfinderProgress[] = [];
    const { paths } = await pathfinder(banana, { seed: 1, numPaths: 2, onProgress: (progress) => seen.push(progress) });
    for (const { path, elboByIterate } of paths) {
      const own = seen.filter((progress) => progress.path === path);
      expect(own.map(({ elbo }) => elbo)).toEqual([...elboByIterate]);
      expect(own.every(({ numPaths }) => numPaths === 2)).toBe(true);
    }
  });

  test('an error in onProgress, or a promise of it that rejects, ends the run', async () => {
    const fail = (): never => {
      throw new Error('not today');
    };
    await expect(pathfinder(banana, { onProgress: fail })).rejects.toThrow('not today');
    const reject = () => Promise.reject(new Error('later'));
    await expect(pathfinder(banana, { onProgress: reject })).rejects.toThrow('later');
    // It is heard as soon as the event loop has had a turn: between paths, that is.
    const paths = new Set<number>();
    const watch = ({ path }: PathfinderProgress): Promise<void> => {
      paths.add(path);
      return reject();
    };
    await expect(pathfinder(banana, { onProgress: watch })).rejects.toThrow('later');
    expect([...paths]).toEqual([0]);
  });

  test('a signal ends it', async () => {
    const controller = new AbortController();
    const run = pathfinder(banana, {
      signal: controller.signal,
      onProgress: ({ path, iteration }) => {
        if (path === 1 && iteration === 2) controller.abort(new Error('enough'));
        expect(path * 1000 + iteration).toBeLessThanOrEqual(1002);
      },
    });
    await expect(run).rejects.toThrow('enough');
    await expect(pathfinder(banana, { signal: AbortSignal.abort(new Error('before')) })).rejects.toThrow('before');
  });

  test('the event loop gets its turn', async () => {
    // 3 ms an evaluation.
    const slow = density(2, ([x, y]) => {
      const end = performance.now() + 3;
      while (performance.now() < end);
      return -x! * x! - y! * y!;
    }, ([x, y]) => [-2 * x!, -2 * y!]);
    let turns = 0;
    const timer = setInterval(() => turns++, 1);
    await pathfinder(slow, { seed: 1, numPaths: 1, numDraws: 50 });
    clearInterval(timer);
    expect(turns).toBeGreaterThan(3);
  });
});

test('models run eagerly, without leaks', async () => {
  const model = (y: readonly number[]): void => {
    const mu = sample('mu', dist.normal(0, 1));
    const sigma = sample('sigma', dist.halfNormal(1));
    sample('y', dist.normal(mu, sigma), { obs: y });
  };
  const y = [0.3, 1.2, 0.7, -0.2, 0.9];
  const options = { seed: 3, numPaths: 1, numDraws: 100, numElboDraws: 3, maxIterations: 15 };
  const eager = await expectNoLeak(() => pathfinder(model, { ...options, engine: 'eager' }, y));
  const compiled = await expectNoLeak(() => pathfinder(model, { ...options, engine: 'compiled' }, y));
  // In float32 the way is another, but the mode is the same.
  expect(eager.elbo).toBeCloseTo(compiled.elbo, 0);
  expect(mean(eager.samples['sigma']!.data)).toBeCloseTo(mean(compiled.samples['sigma']!.data), 0);
});
