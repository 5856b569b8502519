/** Sequential Monte Carlo, against closed forms and reference draws. */
import * as tf from '@tensorflow/tfjs-core';
import { constraints, deterministic, dist, factor, handlers, infer, plate, ready, sample, setSeed } from '@tychejs/ppl';
import type { SmcOptions, SmcSamples, SmcStage } from '@tychejs/ppl';
import { lgamma } from '../../../src/ops/scalar/lgamma.ts';
import { eightSchools } from '../../helpers/eightSchools.ts';
import { expectNoLeak } from '../../helpers/leak.ts';
import { readReference } from '../../posteriordb/files.ts';

jest.setTimeout(60_000);
beforeAll(() => ready({ backend: 'cpu' }));
beforeEach(() => setSeed(1));

const logNormal = (x: number, mean: number, variance: number): number => -0.5 * ((x - mean) ** 2 / variance + Math.log(2 * Math.PI * variance));

function run(model: () => unknown, options: Partial<SmcOptions> = {}): Promise<SmcSamples> {
  return expectNoLeak(() => infer.smc(model, { numParticles: 1000, seed: 3, progressBar: false, ...options }));
}

const meanOf = (data: Float64Array): number => data.reduce((sum, x) => sum + x, 0) / data.length;

/** Particles are nearly independent after the last moves; half of them count, to be on the safe side. */
const tolerance = (sd: number, numParticles: number): number => 4.5 * (sd / Math.sqrt(numParticles / 2));

describe('a conjugate normal model', () => {
  const y = [14, 12.5, 13.1];
  const model = (): void => {
    const mu = sample('mu', dist.normal(0, 3));
    deterministic('twice', tf.mul(mu, 2));
    plate('data', 3, () => sample('y', dist.normal(mu, 0.5), { obs: y }));
  };
  const precision = 1 / 9 + 3 / 0.25;
  const mean = (39.6 / 0.25) / precision;
  const exact = logNormal(0, 0, 9) + y.reduce((sum, value) => sum + logNormal(value, 0, 0.25), 0) - logNormal(0, mean, 1 / precision);

  test('evidence and posterior', async () => {
    const numParticles = 1000;
    const result = await run(model, { numParticles });
    expect(Math.abs(result.logEvidence - exact)).toBeLessThan(4.5 * result.logEvidenceSe);
    const { mu, twice } = result.samples as Required<SmcSamples['samples']>;
    expect(mu!.shape).toEqual([numParticles]);
    const sd = Math.sqrt(1 / precision);
    expect(Math.abs(meanOf(mu!.data) - mean)).toBeLessThan(tolerance(sd, numParticles));
    const variance = meanOf(mu!.data.map((x) => (x - mean) ** 2));
    expect(Math.abs(variance * precision - 1)).toBeLessThan(tolerance(Math.SQRT2, numParticles));
    expect(twice!.data[7]).toBeCloseTo(2 * mu!.data[7]!, 5);
    expect(result.warnings).toEqual([]);
  });

  test('both engines do the same, to rounding', async () => {
    const [compiled, eager] = await Promise.all((['compiled', 'eager'] as const).map((engine) => infer.smc(model, { engine, numParticles: 12, numMoves: 1, seed: 3, progressBar: false })));
    expect(eager!.logEvidence).toBeCloseTo(compiled!.logEvidence, 3);
    expect(eager!.temperatures).toEqual(compiled!.temperatures.map((x) => expect.closeTo(x, 4)));
    expect([...eager!.samples['mu']!.data]).toEqual([...compiled!.samples['mu']!.data].map((x) => expect.closeTo(x, 3)));
  });

  test('stages: temperatures rise to 1, each keeps half of the particles, evidence adds up', async () => {
    const seen: SmcStage[] = [];
    const result = await run(model, { onProgress: (stage) => seen.push(stage) });
    expect(seen).toEqual(result.stages);
    const { temperatures } = result;
    expect(temperatures.length).toBeGreaterThan(3);
    expect(temperatures).toEqual([...new Set(temperatures)].sort((a, b) => a - b));
    expect(temperatures.at(-1)).toBe(1);
    result.stages.slice(0, -1).forEach(({ ess }) => expect(ess).toBeCloseTo(500, 3));
    expect(result.stages.at(-1)!.ess).toBeGreaterThanOrEqual(499.999);
    expect(result.stages.reduce((sum, stage) => sum + stage.logEvidence, 0)).toBeCloseTo(result.logEvidence, 10);
    for (const { acceptProb, correlation } of result.stages.slice(2)) {
      expect(acceptProb).toBeGreaterThan(0.6);
      expect(correlation).toBeLessThan(0.05);
    }
  });

  test('the standard error of the evidence is what runs differ by', async () => {
    const runs: SmcSamples[] = [];
    for (let seed = 0; seed < 12; seed++) runs.push(await run(model, { numParticles: 200, seed }));
    const z = runs.map(({ logEvidence, logEvidenceSe }) => (logEvidence - exact) / logEvidenceSe);
    const chiSquared = z.reduce((sum, x) => sum + x * x, 0);
    // With 12 degrees of freedom, beyond 1.4 and 39.1 lie 1e-4 each; room above for moves that leave some memory.
    expect(chiSquared).toBeGreaterThan(1.4);
    expect(chiSquared).toBeLessThan(2 * 39.1);
  });

  test('the same seed gives the same particles', async () => {
    const of = async (seed: number) => (await run(model, { numParticles: 50, seed })).samples['mu']!.data;
    expect(await of(1)).toEqual(await of(1));
    expect(await of(1)).not.toEqual(await of(2));
  });

  test('thrifty settings', async () => {
    const result = await run(model, { numMoves: 2, essThreshold: 0.8, massMatrix: 'diagonal', trajectoryLength: 1, targetAcceptProb: 0.9, parallel: false, numParticles: 300 });
    expect(result.stages.every(({ numMoves }) => numMoves === 2)).toBe(true);
    expect(Math.abs(result.logEvidence - exact)).toBeLessThan(4.5 * result.logEvidenceSe);
  });
});

test('a positive site: counts with a gamma prior', async () => {
  const counts = [7, 9, 4, 11];
  const model = (): void => {
    const rate = sample('rate', dist.gamma(2, 1));
    plate('data', 4, () => sample('n', dist.poisson(rate), { obs: counts }));
  };
  const result = await run(model, { numParticles: 2000 });
  const total = 31;
  const exact = lgamma(2 + total) - (2 + total) * Math.log(5) - counts.reduce((sum, n) => sum + lgamma(n + 1), 0);
  expect(Math.abs(result.logEvidence - exact)).toBeLessThan(4.5 * result.logEvidenceSe);
  expect(Math.abs(meanOf(result.samples['rate']!.data) - 33 / 5)).toBeLessThan(tolerance(Math.sqrt(33) / 5, 2000));
});

test('in many dimensions, the evidence does not lag behind the temperature', async () => {
  const model = (): void => {
    const x = sample('x', dist.normal(tf.zeros([25]), 1).toEvent(1));
    sample('y', dist.normal(x, 0.2).toEvent(1), { obs: tf.ones([25]) });
  };
  let z = 0;
  for (const seed of [1, 2, 3, 4]) {
    const { logEvidence, logEvidenceSe } = await run(model, { numParticles: 300, seed });
    z += (logEvidence - 25 * logNormal(1, 0, 1.04)) / logEvidenceSe / 2;
  }
  // Moves only until a correlation of 0.3 is left make it -7.
  expect(Math.abs(z)).toBeLessThan(3);
});

test('two modes far apart, in five dimensions', async () => {
  const weights = [0.25, 0.75];
  const model = (): void => {
    const x = sample('x', dist.normal(tf.zeros([5]), 3).toEvent(1));
    const near = (at: number) => tf.sum(tf.mul(tf.square(tf.sub(x, at)), -0.5 / 0.09), -1);
    const both = tf.stack([tf.add(near(-2), Math.log(weights[0]!)), tf.add(near(2), Math.log(weights[1]!))], -1);
    factor('modes', tf.logSumExp(both, -1));
  };
  const result = await run(model);
  // Both modes are as far from the middle of the prior: ∫ N(x | 0, 9) exp(-(x - 2)² / 0.18) dx in each dimension.
  const exact = 5 * (logNormal(2, 0, 9.09) + 0.5 * Math.log(2 * Math.PI * 0.09));
  expect(Math.abs(result.logEvidence - exact)).toBeLessThan(4.5 * result.logEvidenceSe);
  expect(result.logEvidenceSe).toBeLessThan(0.2);
  // HMC does not lead from one to the other.
  expect(result.warnings).toEqual([expect.stringMatching(/modes/)]);
  const { data } = result.samples['x']!;
  const share = meanOf(Float64Array.from({ length: 1000 }, (_, i) => (data[5 * i]! > 0 ? 1 : 0)));
  // The share drifts with each resampling: its error adds up over the stages.
  const drift = Math.sqrt((0.25 * 0.75 * result.stages.length) / 1000);
  expect(Math.abs(share - 0.75)).toBeLessThan(4.5 * drift);
  expect(drift).toBeLessThan(0.06);
});

test('observations that rule out much of the prior', async () => {
  const model = (): void => {
    const scale = sample('scale', dist.uniform(0, 10));
    sample('y', dist.uniform(0, scale), { obs: 4 });
  };
  // Outside of its support, an observation fails checks unless these are off.
  const below = (): void => {
    const x = sample('x', dist.normal(0, 1));
    factor('positive', tf.where(tf.greater(x, 1), 0, -Infinity));
  };
  const cut = await run(below, { numParticles: 2000 });
  const tail = 0.15865525393145707;
  expect(Math.abs(cut.logEvidence - Math.log(tail))).toBeLessThan(4.5 * cut.logEvidenceSe);
  expect(cut.samples['x']!.data.every((x) => x > 1)).toBe(true);
  // The mean of a normal number above 1 is φ(1) / (1 - Φ(1)).
  expect(Math.abs(meanOf(cut.samples['x']!.data) - 0.24197072451914337 / tail)).toBeLessThan(tolerance(0.45, 2000));
  await expect(run(model, { numParticles: 200 }).then(({ logEvidence }) => logEvidence)).resolves.toBeCloseTo(Math.log(Math.log(10 / 4) / 10), 0);
});

test('eight schools: the reference posterior', async () => {
  const numParticles = 2000;
  const { samples, warnings } = await run(eightSchools, { numParticles });
  expect(warnings).toEqual([]);
  const reference = readReference('eight_schools-eight_schools_noncentered');
  const check = (name: string, values: Float64Array): void => {
    const { mean, sd, mean_sq, sd_sq } = reference[name]!;
    expect([name, Math.abs(meanOf(values) - mean) / tolerance(sd, numParticles) < 1]).toEqual([name, true]);
    expect([name, Math.abs(meanOf(values.map((x) => x * x)) - mean_sq) / tolerance(sd_sq, numParticles) < 1]).toEqual([name, true]);
  };
  check('mu', samples['mu']!.data);
  check('tau', samples['tau']!.data);
  for (let i = 0; i < 8; i++) check(`theta[${i + 1}]`, samples['theta']!.data.filter((_, j) => j % 8 === i));
});

describe('errors', () => {
  const ordinary = (): void => {
    const mu = sample('mu', dist.normal(0, 1));
    sample('y', dist.normal(mu, 0.01), { obs: 3 });
  };

  test.each<[string, object, string]>([
    ['an unknown option', { particles: 3 }, 'unknown option "particles"'],
    ['one particle', { numParticles: 1 }, 'numParticles must be an integer of at least 2'],
    ['a threshold', { essThreshold: 1 }, 'essThreshold must lie between 0 and 1, got 1'],
    ['an acceptance', { targetAcceptProb: 0 }, 'targetAcceptProb must lie between 0 and 1'],
    ['a length', { trajectoryLength: -1 }, 'trajectoryLength must be positive'],
    ['moves', { numMoves: 0 }, 'numMoves must be an integer of at least 1'],
    ['a matrix', { massMatrix: 'full' }, "massMatrix must be one of 'auto', 'diagonal', 'dense', got 'full'"],
    ['an engine', { engine: 'fast' }, "engine must be 'auto'"],
    ['parallel', { parallel: 'yes' }, 'parallel must be true or false'],
    ['a callback', { onProgress: 3 }, 'onProgress must be a function'],
    ['a signal', { signal: true }, 'signal must be an AbortSignal'],
  ])('of options: %s', async (_, options, message) => {
    await expect(run(ordinary, options)).rejects.toThrow(message);
  });

  test('of models', async () => {
    await expect(infer.smc(3 as never, { numParticles: 10 })).rejects.toThrow('takes a model first');
    await expect(run(() => void sample('k', dist.poisson(3)))).rejects.toThrow(/site "k": is discrete/);
    await expect(run(() => void sample('mu', dist.improperUniform(constraints.real)))).rejects.toThrow(/site "mu"/);
    const impossible = (): void => {
      sample('mu', dist.normal(0, 1));
      factor('never', -Infinity);
    };
    await expect(run(impossible, { numParticles: 20 })).rejects.toThrow(/none of the 20 particles .* site "never": its log-density is -Infinity/);
  });

  test('of callbacks, and aborting', async () => {
    await expect(run(ordinary, { onProgress: () => { throw new Error('mine'); } })).rejects.toThrow('mine');
    const controller = new AbortController();
    const aborted = run(ordinary, { numParticles: 3000, signal: controller.signal, onProgress: () => controller.abort(new Error('enough')) });
    await expect(aborted).rejects.toThrow('enough');
  });
});

test('handlers around the call', async () => {
  const open = (): void => {
    const mu = sample('mu', dist.normal(0, 2));
    sample('x', dist.normal(mu, 1));
  };
  const result = await handlers.condition({ data: { x: 1 } }).run(() => run(open));
  expect(Object.keys(result.samples)).toEqual(['mu']);
  expect(Math.abs(result.logEvidence - logNormal(1, 0, 5))).toBeLessThan(4.5 * result.logEvidenceSe);
});
