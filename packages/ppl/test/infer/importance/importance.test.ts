/** Importance sampling, against closed forms. */
import * as tf from '@tensorflow/tfjs-core';
import { constraints, dist, getParamStore, guides, handlers, infer, plate, ready, sample, setSeed } from '@tychejs/ppl';
import type { ImportanceOptions, ImportanceSamples } from '@tychejs/ppl';
import { expectNoLeak } from '../../helpers/leak.ts';

beforeAll(() => ready({ backend: 'cpu' }));
beforeEach(() => {
  getParamStore().clear();
  setSeed(1);
});

const logNormal = (x: number, mean: number, variance: number): number => -0.5 * ((x - mean) ** 2 / variance + Math.log(2 * Math.PI * variance));

/** mu ~ N(0, 2²), each y ~ N(mu, 1). */
const y = [1.4, 0.2, 2.2, 1];
const model = (): void => {
  const mu = sample('mu', dist.normal(0, 2));
  plate('data', 4, () => sample('y', dist.normal(mu, 1), { obs: y }));
};
const precision = 1 / 4 + 4;
const mean = 4.8 / precision;
// By Bayes' rule at mu = 0.
const logEvidence = logNormal(0, 0, 4) + y.reduce((sum, value) => sum + logNormal(value, 0, 1), 0) - logNormal(0, mean, 1 / precision);

const wide = (): void => void sample('mu', dist.normal(1, 0.8));

describe.each([
  ['the prior', {}],
  ['the prior, one by one', { parallel: false }],
  ['the prior, eagerly', { engine: 'eager' }],
  ['a guide', { guide: wide }],
  ['a guide, one by one', { guide: wide, parallel: false }],
] as const)('from %s', (name, options) => {
  test('evidence and posterior of a conjugate model', async () => {
    const numSamples = name.endsWith('one') || name.endsWith('eagerly') ? 500 : 10_000;
    const result = await expectNoLeak(() => infer.importance(model, { ...options, numSamples, seed: 3 } as ImportanceOptions<[]>));
    expect(result.warnings).toEqual([]);
    expect(Math.abs(result.logEvidence - logEvidence)).toBeLessThan(4.5 * result.logEvidenceSe);
    expect(result.logEvidenceSe).toBeLessThan(2 / Math.sqrt(numSamples));
    expect(result.effectiveSampleSize).toBeGreaterThan(0.2 * numSamples);
    const ofMu = result.expectation('mu');
    expect(ofMu.shape).toEqual([]);
    expect(Math.abs(ofMu.data[0]! - mean)).toBeLessThan(4.5 * ofMu.se[0]!);
    const [first, second] = result.expectation(({ mu }) => [mu![0]!, mu![0]! ** 2]).data;
    expect(first).toBeCloseTo(ofMu.data[0]!, 12);
    expect(second).toBeCloseTo(mean ** 2 + 1 / precision, numSamples > 1000 ? 1 : 0);
    // The standard error is what the posterior's spread and the effective sample size make of it.
    expect(ofMu.se[0]! / Math.sqrt(1 / precision / result.effectiveSampleSize)).toBeCloseTo(1, 0);
    const again = result.resample(1000, { seed: 1 })['mu']!;
    expect(again.shape).toEqual([1000]);
    const average = again.data.reduce((sum, x) => sum + x, 0) / 1000;
    expect(Math.abs(average - ofMu.data[0]!)).toBeLessThan(4.5 * Math.sqrt(1 / precision / 1000));
  });
});

test('from the exact posterior: all weights are the evidence', async () => {
  const guide = (): void => void sample('mu', dist.normal(mean, Math.sqrt(1 / precision)));
  const { logWeights, effectiveSampleSize } = await infer.importance(model, { guide, numSamples: 200 });
  for (const x of logWeights) expect(x).toBeCloseTo(logEvidence, 4);
  expect(effectiveSampleSize).toBeCloseTo(200, 3);
});

test('a proposal too narrow is found out', async () => {
  const guide = (): void => void sample('mu', dist.normal(mean - 0.3, 0.15));
  const { psis, warnings } = await infer.importance(model, { guide, numSamples: 2000, seed: 1 });
  expect(psis.k).toBeGreaterThan(psis.threshold);
  expect(warnings).toEqual([expect.stringMatching(/the Pareto k of the weights is [\d.]+, above 0\.70.*wider/)]);
});

/** Vectors, plates, supports, and a site that depends on others; log p(latent, observed) by plain arithmetic. */
const observations = [[0.5, 1, -0.3], [2, 1.5, 0.1]];
const hierarchical = (): void => {
  const scale = sample('scale', dist.exponential(1));
  const weights = sample('w', dist.dirichlet([2, 3, 4]));
  plate('groups', 3, () => {
    const centre = sample('centre', dist.normal(tf.sum(tf.mul(weights, [1, 2, 3]), -1), scale));
    plate('repeats', 2, () => sample('x', dist.normal(centre, 0.7), { obs: observations }));
  });
};
const logLikelihood = (centre: ArrayLike<number>): number =>
  observations.flat().reduce((sum, x, i) => sum + logNormal(x, centre[i % 3]!, 0.49), 0);

test('many sites at once: the weights of draws from the prior are their likelihoods', async () => {
  const result = await expectNoLeak(() => infer.importance(hierarchical, { numSamples: 50, parallel: true }));
  expect(Object.fromEntries(Object.entries(result.samples).map(([name, { shape }]) => [name, shape]))).toEqual({
    scale: [50], w: [50, 3], centre: [50, 3],
  });
  const { centre, scale, w } = result.samples as Required<typeof result.samples>;
  for (let i = 0; i < 50; i++) {
    expect(result.logWeights[i]).toBeCloseTo(logLikelihood(centre!.data.subarray(3 * i, 3 * i + 3)), 8);
    expect(w!.data.subarray(3 * i, 3 * i + 3).reduce((a, b) => a + b, 0)).toBeCloseTo(1, 5);
    expect(scale!.data[i]).toBeGreaterThan(0);
  }
});

test('more draws than are made in one run', async () => {
  const long = (): void => {
    const x = sample('x', dist.normal(tf.zeros([900]), 1).toEvent(1));
    sample('y', dist.normal(tf.mean(x, -1), 1), { obs: 0.3 });
  };
  const result = await expectNoLeak(() => infer.importance(long, { numSamples: 700, parallel: true, seed: 1 }));
  const rows = Array.from({ length: 700 }, (_, i) => result.samples['x']!.data.subarray(900 * i, 900 * (i + 1)));
  rows.forEach((row, i) => expect(result.logWeights[i]).toBeCloseTo(logNormal(0.3, row.reduce((a, b) => a + b, 0) / 900, 1), 6));
  expect(new Set(rows.map((row) => row[0])).size).toBe(700);
});

describe('autoguides, untrained but wide enough', () => {
  const gentle = (): void => {
    const scale = sample('scale', dist.logNormal(1, 0.6));
    const weights = sample('w', dist.dirichlet([4, 4, 4]));
    plate('groups', 3, () => {
      const centre = sample('centre', dist.normal(tf.sum(tf.mul(weights, [1, 2, 3]), -1), 0.8));
      plate('repeats', 2, () => sample('x', dist.normal(centre, scale), { obs: observations }));
    });
  };
  let prior: ImportanceSamples;
  beforeAll(async () => {
    prior = await infer.importance(gentle, { numSamples: 10_000, seed: 1 });
  });

  test.each(['AutoNormal', 'AutoDiagonalNormal', 'AutoMultivariateNormal'] as const)('%s, drawn all at once', async (name) => {
    const initLoc = infer.initToValue({ scale: 1.6, w: [1 / 3, 1 / 3, 1 / 3], centre: 1.5 });
    const guide = new guides[name](gentle, { initLoc, initScale: 0.9 });
    handlers.trace(guide).getTrace().dispose();
    const auto = await expectNoLeak(() => infer.importance(gentle, { guide, numSamples: 5000, seed: 2, parallel: true }));
    expect(auto.warnings).toEqual([]);
    expect(Object.keys(auto.samples)).toEqual(['scale', 'w', 'centre']);
    expect(Math.abs(auto.logEvidence - prior.logEvidence)).toBeLessThan(4.5 * Math.hypot(auto.logEvidenceSe, prior.logEvidenceSe));
    const [here, there] = [auto.expectation('scale'), prior.expectation('scale')];
    expect(Math.abs(here.data[0]! - there.data[0]!)).toBeLessThan(4.5 * Math.hypot(here.se[0]!, there.se[0]!));
  });
});

test('a guide with auxiliary sites', async () => {
  const auxiliary = (): void => {
    const z = sample('z', dist.normal(0, 1), { infer: { isAuxiliary: true } });
    sample('mu', dist.delta(tf.add(tf.mul(z, 0.8), 1), -Math.log(0.8)));
  };
  for (const parallel of [true, false]) {
    const result = await infer.importance(model, { guide: auxiliary, numSamples: parallel ? 5000 : 300, parallel, seed: 3 });
    expect(Object.keys(result.samples)).toEqual(['mu']);
    expect(Math.abs(result.logEvidence - logEvidence)).toBeLessThan(4.5 * result.logEvidenceSe);
  }
});

describe('a model that mixes draws when they are made at once', () => {
  // Sums over all there is, over draws too.
  const mixing = (): void => {
    const z = plate('three', 3, () => sample('z', dist.normal(0, 1)));
    const x = sample('x', dist.normal(tf.sum(z), 1));
    sample('y', dist.normal(x, 1), { obs: 2 });
  };

  test('draws one by one with a warning, and still finds y ~ N(0, 5)', async () => {
    const warning = jest.spyOn(console, 'warn').mockImplementation();
    const result = await expectNoLeak(() => infer.importance(mixing, { numSamples: 1000, seed: 2 }));
    expect(warning.mock.calls.flat().join()).toMatch(/draws are made one by one.*the log density of draw 0/s);
    warning.mockRestore();
    expect(Math.abs(result.logEvidence - logNormal(2, 0, 5))).toBeLessThan(4.5 * result.logEvidenceSe);
  });

  test('or says why it cannot be otherwise', async () => {
    await expect(expectNoLeak(() => infer.importance(mixing, { numSamples: 100, parallel: true }))).rejects.toThrow(
      /infer\.importance: not all can be drawn at once \(parallel: true\): the log density of draw 0 is .* among the others/,
    );
  });
});

test('discrete latent sites', async () => {
  const coin = (): void => {
    const isHeads = sample('heads', dist.bernoulli({ probs: 0.25 }));
    const k = sample('k', dist.categorical({ probs: [0.5, 0.2, 0.3] }));
    sample('y', dist.normal(tf.add(tf.mul(tf.cast(isHeads, 'float32'), 2), tf.cast(k, 'float32')), 1), { obs: 1.5 });
  };
  const result = await expectNoLeak(() => infer.importance(coin, { numSamples: 5000, seed: 1 }));
  let total = 0;
  let ofHeads = 0;
  for (const [heads, p] of [[0, 0.75], [1, 0.25]] as const) {
    [0.5, 0.2, 0.3].forEach((q, k) => {
      const joint = p * q * Math.exp(logNormal(1.5, 2 * heads + k, 1));
      total += joint;
      ofHeads += heads * joint;
    });
  }
  expect(Math.abs(result.logEvidence - Math.log(total))).toBeLessThan(4.5 * result.logEvidenceSe);
  const { data, se } = result.expectation('heads');
  expect(Math.abs(data[0]! - ofHeads / total)).toBeLessThan(4.5 * se[0]!);
});

test.each(['compiled', 'eager'] as const)('draws that the observations rule out weigh nothing: %s', async (engine) => {
  const bounded = (): void => {
    const scale = sample('scale', dist.uniform(0, 10));
    sample('y', dist.uniform(0, scale), { obs: 4 });
  };
  const result = await expectNoLeak(() => infer.importance(bounded, { numSamples: engine === 'eager' ? 300 : 5000, seed: 1, engine }));
  // ∫ ds / (10 s) from 4 to 10
  expect(Math.abs(result.logEvidence - Math.log(Math.log(2.5) / 10))).toBeLessThan(4.5 * result.logEvidenceSe);
  result.samples['scale']!.data.forEach((scale, i) => expect(result.weights[i]! > 0).toBe(scale >= 4));
});

test('the same seed gives the same draws; the seed handler counts', async () => {
  const run = async (seed?: number) => [...(await infer.importance(model, { numSamples: 30, ...(seed === undefined ? {} : { seed }) })).logWeights];
  expect(await run(1)).toEqual(await run(1));
  expect(await run(1)).not.toEqual(await run(2));
  const seeded = () => handlers.seed({ seed: 5 }).run(() => run());
  expect(await seeded()).toEqual(await seeded());
  setSeed(1);
  const first = await run();
  expect(await run()).not.toEqual(first);
});

test('what handlers around the call observe is no draw', async () => {
  const open = (): void => {
    const mu = sample('mu', dist.normal(0, 2));
    sample('x', dist.normal(mu, 1));
  };
  const result = await handlers.condition({ data: { x: 1 } }).run(() => infer.importance(open, { numSamples: 5000, seed: 1, parallel: true }));
  expect(Object.keys(result.samples)).toEqual(['mu']);
  expect(Math.abs(result.logEvidence - logNormal(1, 0, 5))).toBeLessThan(4.5 * result.logEvidenceSe);
});

describe('errors', () => {
  const attempt = (options: object, of: () => unknown = model) => expectNoLeak(() => infer.importance(of, { numSamples: 20, ...options } as never));

  test('of options', async () => {
    await expect(attempt({ numParticles: 3 })).rejects.toThrow('unknown option "numParticles"');
    await expect(attempt({ numSamples: 0 })).rejects.toThrow('numSamples must be an integer');
    await expect(attempt({ engine: 'fast' })).rejects.toThrow("engine must be 'auto'");
    await expect(attempt({ parallel: 1 })).rejects.toThrow('parallel must be true or false');
    await expect(attempt({ guide: 3 })).rejects.toThrow('guide must be a function');
    await expect(infer.importance(3 as never, { numSamples: 3 })).rejects.toThrow('takes a model first');
  });

  test('of guides', async () => {
    await expect(attempt({ guide: () => void sample('nu', dist.normal(0, 1)) })).rejects.toThrow(/site "mu": is latent, but there are no draws of it; let the guide/);
    const more = (): void => {
      wide();
      sample('extra', dist.normal(0, 1));
    };
    await expect(attempt({ guide: more })).rejects.toThrow(/the guide has a site "extra", but the model's latent sites are mu/);
    await expect(attempt({ guide: () => void sample('mu', dist.normal([0, 1], 1)) })).rejects.toThrow(/site "mu": its shape is \[\] in the model, and \[2\] in the guide/);
    await expect(attempt({ guide: () => void sample('mu', dist.delta(1)) })).rejects.toThrow(/always gives the same point/);
    await expect(attempt({ guide: () => undefined })).rejects.toThrow('the guide has no latent site');
  });

  test('of models', async () => {
    const improper = (): void => {
      const mu = sample('mu', dist.improperUniform(constraints.real));
      sample('y', dist.normal(mu, 1), { obs: 1 });
    };
    await expect(attempt({}, improper)).rejects.toThrow(/site "mu"/);
    const impossible = (): void => {
      const a = sample('a', dist.uniform(0, 1));
      sample('y', dist.uniform(0, a), { obs: 2 });
    };
    for (const engine of ['compiled', 'eager']) {
      await expect(attempt({ engine }, impossible)).rejects.toThrow(/none of the 20 draws could have led to the observations\. In the last, site "y": /);
    }
    const undefinedAt = (): void => {
      const a = sample('a', dist.normal(0, 1));
      sample('y', dist.normal(0, tf.sqrt(tf.sub(a, 10))), { obs: 2 });
    };
    await expect(attempt({}, undefinedAt)).rejects.toThrow(/site "y": normal: scale must be positive, got NaN/);
    const guide = (): void => void sample('a', dist.normal(0, 1));
    await expect(attempt({ guide }, undefinedAt)).rejects.toThrow(/a weight is NaN\. In draw 0, site "y": normal: scale must be positive/);
    await expect(attempt({}, () => void sample('y', dist.normal(0, 1), { obs: 1 }))).rejects.toThrow('the model has no latent site');
  });

  test('aborting', async () => {
    const controller = new AbortController();
    controller.abort(new Error('enough'));
    await expect(attempt({ signal: controller.signal })).rejects.toThrow('enough');
  });
});
